import { createReadStream } from 'node:fs';
import type { ReadStream } from 'node:fs';
import { finished } from 'node:stream/promises';
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
    streamOf(file, socket).pipe(socket);
  } else if (job === 'echo') {
    socket.pipe(socket);
  } else {
    socket.end(encodeReceipt(await receive(socket, job === 'uploadAndHash')));
  }
}

/** The file as a stream for `socket`, which breaks off when it cannot be read. */
export function streamOf(file: SourceFile, socket: TLSSocket): ReadStream {
  return createReadStream('', { fd: file.fd, start: 0, autoClose: false }).on('error', (error) => socket.destroy(error));
}

/** Takes everything that comes until the end of the stream. */
export async function receive(socket: TLSSocket, hashed: boolean): Promise<Receipt> {
  const tally = new Tally(hashed);
  // Not `for await`: that is slower, and at the end of the stream it destroys the socket, with the answer that is yet to be sent.
  socket.on('data', (chunk: Uint8Array) => tally.add(chunk));
  await finished(socket, { writable: false });
  return tally.receipt();
}
