import type { Socket } from '@sock/core';
import { lengthPrefixed, lines } from '@sock/core/framing';
import { ACK, RunCount } from './run-count.ts';
import type { Service } from './work.ts';
import { LAST_MESSAGE } from './work.ts';

/** What a server of this repository's packages does with a connection. */
export const SOCK_SERVICES: Readonly<Record<Exclude<Service, 'handshakes'>, (socket: Socket) => Promise<void>>> = {
  async sink(socket) {
    const run = new RunCount();
    for await (const chunk of socket) if (run.isOver(chunk)) await socket.send(ACK);
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
    for await (const line of lines(socket)) if (line.length === LAST_MESSAGE.length) await socket.send(ACK);
    await socket.close();
  },
  async frames(socket) {
    for await (const frame of FRAMES.frames(socket)) if (frame.length === LAST_MESSAGE.length) await socket.send(ACK);
    await socket.close();
  },
  async greet(socket) {
    await socket.send(ACK);
    await socket.close();
  },
};

const FRAMES = /*#__PURE__*/ lengthPrefixed({ lengthBytes: 4, limit: '64KiB' });
