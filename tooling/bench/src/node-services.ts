import type { Socket } from 'node:net';
import { ACK, RunCount } from './run-count.ts';
import type { Service } from './work.ts';
import { LAST_MESSAGE } from './work.ts';

/** What a server of plain Node, written the usual way, does with a connection. */
export const NODE_SERVICES: Readonly<Record<Exclude<Service, 'handshakes'>, (socket: Socket) => void>> = {
  sink(socket) {
    const run = new RunCount();
    socket.on('data', (chunk) => {
      if (run.isOver(chunk)) socket.write(ACK);
    });
  },
  echo(socket) {
    socket.on('data', (chunk) => socket.write(chunk));
  },
  mirror(socket) {
    socket.pipe(socket);
  },
  lines(socket) {
    let rest = '';
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.length === LAST_MESSAGE.length) socket.write(ACK);
    });
  },
  frames(socket) {
    let buffer = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      buffer = Buffer.concat([buffer, chunk]);
      while (buffer.length >= 4) {
        const end = 4 + buffer.readUInt32BE(0);
        if (buffer.length < end) break;
        const frame = buffer.subarray(4, end);
        buffer = buffer.subarray(end);
        if (frame.length === LAST_MESSAGE.length) socket.write(ACK);
      }
    });
  },
  greet(socket) {
    socket.end(ACK);
    socket.resume();
  },
};
