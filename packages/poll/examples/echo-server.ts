// Echoes for 10,000 connections in one loop: node echo-server.js [port]
import type { Pollable, Socket } from '@sock/core';
import { listen } from '@sock/io';
import { createPoll, READABLE, WRITABLE } from '@sock/poll';

const LIMIT = 10_000;
const NOTHING = new Uint8Array(0);

/** Of everything that is watched: what to do when it is ready. */
type Handler = () => void;

const listener = await listen({ host: '127.0.0.1', port: Number(process.argv[2] ?? 0) }, { backlog: 4096, maxWaiting: 4096 });
const poll = createPoll<Pollable, Handler, Handler>({ maxRegistered: LIMIT + 1 });
const buffer = new Uint8Array(65_536);
let echoed = 0;

poll.add(listener, READABLE, () => {
  // One that waits is taken at once, so this takes all of them; those that are too many wait, and then the kernel holds them.
  for (let room = LIMIT + 1 - poll.size; listener.ready === READABLE; room -= 1) {
    if (room === 0) return poll.modify(listener, { remove: READABLE });
    void listener.accept().then(welcome);
  }
});

function welcome(socket: Socket): void {
  const idle = poll.after('1m', leave);
  let unsent = NOTHING;

  function serve(): void {
    idle.restart();
    try {
      for (;;) {
        unsent = unsent.subarray(socket.trySend(unsent));
        // It takes no more: read no more either, until it does.
        if (unsent.length > 0) return poll.modify(socket, { interest: WRITABLE });
        const count = socket.tryRecv(buffer);
        if (count === 0) return poll.modify(socket, { interest: READABLE });
        unsent = buffer.slice(0, count);
        echoed += count;
      }
    } catch {
      // The end of the stream, or a failure: for an echo it is the same.
      leave();
    }
  }

  function leave(): void {
    idle.cancel();
    poll.remove(socket);
    void socket.close();
    if (!poll.closed && poll.has(listener)) poll.modify(listener, { add: READABLE });
  }

  poll.add(socket, READABLE, serve);
}

process.once('SIGTERM', () => {
  console.log(`echoed ${echoed} bytes`);
  void listener.close();
  poll.close();
  process.exit();
});

const { port } = listener.endpoint as { port: number };
console.log(`listening on ${port}`);
for await (const batch of poll) for (const { data } of batch) data();
