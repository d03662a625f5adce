import type { Socket } from '@sock/core';
import { lengthPrefixed, lines } from '@sock/core/framing';
import { ACK, MessageCount, RunCount } from './run-count.ts';
import type { Service } from './work.ts';

/** What a server of this repository's packages does with a connection. */
export const SOCK_SERVICES: Readonly<Record<Exclude<Service, 'handshakes'>, (socket: Socket) => Promise<void>>> = {
  /** Into one buffer, as the program in C. */
  async sink(socket) {
    const run = new RunCount();
    const buffer = new Uint8Array(READ_BYTES);
    for (let count: number | null; (count = await socket.recvInto(buffer)) !== null; ) {
      if (run.isOver(buffer.subarray(0, count))) await socket.send(ACK);
    }
    await socket.close();
  },
  async echo(socket) {
    for await (const chunk of socket) await socket.send(chunk, { owned: true });
    await socket.close();
  },
  async mirror(socket) {
    await socket.sendAll(socket);
    await socket.close();
  },
  async lines(socket) {
    const run = new MessageCount();
    for await (const line of lines(socket)) {
      const answer = run.take(line.length);
      if (answer !== undefined) await socket.send(answer);
    }
    await socket.close();
  },
  async frames(socket) {
    const run = new MessageCount();
    for await (const frame of FRAMES.frames(socket)) {
      const answer = run.take(frame.length);
      if (answer !== undefined) await socket.send(answer);
    }
    await socket.close();
  },
  async greet(socket) {
    await socket.send(ACK);
    await socket.close();
  },
};

/** A sink that gets each chunk to keep. */
export async function sinkOfChunks(socket: Socket): Promise<void> {
  const run = new RunCount();
  for await (const chunk of socket) if (run.isOver(chunk)) await socket.send(ACK);
  await socket.close();
}

const READ_BYTES = 64 * 1024;

const FRAMES = /*#__PURE__*/ lengthPrefixed({ lengthBytes: 4, limit: '64KiB' });
