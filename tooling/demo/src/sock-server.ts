import type { Listener, Socket } from '@sock/core';
import { decodeJob } from './job.ts';
import type { Receipt } from './receipt.ts';
import { encodeReceipt, Tally } from './receipt.ts';
import type { SourceFile } from './source-file.ts';

/** Serves every connection of a listener, plain or TLS, until the listener is closed. */
export async function serve(listener: Listener, file: SourceFile): Promise<void> {
  for await (const socket of listener) void serveOne(socket, file);
}

/** Does the one job that the client asks for; never rejects. */
async function serveOne(socket: Socket, file: SourceFile): Promise<void> {
  try {
    const [byte] = await socket.recvExactly(1);
    const job = decodeJob(byte);
    if (job === 'download') {
      await socket.sendAll(file.chunks());
    } else if (job === 'echo') {
      for await (const chunk of socket) await socket.send(chunk, { owned: true });
    } else {
      await socket.send(encodeReceipt(await receive(socket, job === 'uploadAndHash')));
    }
    await socket.close();
  } catch (error) {
    // The client sees the reset and reports it; whoever pressed Ctrl-C wants no second report.
    socket.destroy(error);
  }
}

/** Takes everything that comes until the end of the stream. */
export async function receive(socket: Socket, hashed: boolean): Promise<Receipt> {
  const tally = new Tally(hashed);
  for await (const chunk of socket) tally.add(chunk);
  return tally.receipt();
}
