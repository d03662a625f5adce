import type { Socket } from 'node:net';
import { ACK, MessageCount, RunCount } from './run-count.ts';
import type { Service } from './work.ts';

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
    const run = new MessageCount();
    let rest = '';
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const answer = run.take(line.length);
        if (answer !== undefined) socket.write(answer);
      }
    });
  },
  frames(socket) {
    const run = new MessageCount();
    let buffer = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      buffer = Buffer.concat([buffer, chunk]);
      while (buffer.length >= 4) {
        const end = 4 + buffer.readUInt32BE(0);
        if (buffer.length < end) break;
        const frame = buffer.subarray(4, end);
        buffer = buffer.subarray(end);
        const answer = run.take(frame.length);
        if (answer !== undefined) socket.write(answer);
      }
    });
  },
  greet(socket) {
    socket.end(ACK);
    socket.resume();
  },
};
