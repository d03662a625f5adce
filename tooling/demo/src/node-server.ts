import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import type { Server, TLSSocket } from 'node:tls';
import { createServer } from 'node:tls';
import { decodeJob } from './job.ts';
import type { Receipt } from './receipt.ts';
import { encodeReceipt, Tally } from './receipt.ts';
import type { SourceFile } from './source-file.ts';

/** The counterpart of `node-contestant.ts`, listening on loopback. */
export function createNodeServer(cert: string, key: string, file: SourceFile): Server {
  return createServer({ cert, key, allowHalfOpen: true, noDelay: true }, (socket) => {
    // Whatever breaks a connection is reported by the client.
    socket.on('error', () => {});
    socket.once('readable', () => void serveOne(socket, file).catch((error: unknown) => socket.destroy(error as Error)));
  });
}

async function serveOne(socket: TLSSocket, file: SourceFile): Promise<void> {
  const [byte] = (socket.read(1) ?? []) as Uint8Array;
  const job = decodeJob(byte);
  if (job === 'download') {
    socket.resume();
    createReadStream('', { fd: file.fd, start: 0, autoClose: false }).pipe(socket);
  } else if (job === 'echo') {
    socket.pipe(socket);
  } else {
    socket.end(encodeReceipt(await receive(socket, job === 'uploadAndHash')));
  }
}

/** Takes everything that comes until the end of the stream. */
export async function receive(socket: TLSSocket, hashed: boolean): Promise<Receipt> {
  const tally = new Tally(hashed);
  // Not `for await`: that is slower, and at the end of the stream it destroys the socket, with the answer that is yet to be sent.
  socket.on('data', (chunk: Uint8Array) => tally.add(chunk));
  await once(socket, 'end');
  return tally.receipt();
}
