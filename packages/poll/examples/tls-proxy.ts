// TLS in front of a plain server, all in one loop: node tls-proxy.js CERT KEY HOST:PORT [port]
import type { Pollable, Socket } from '@sock/core';
import { isSocketError } from '@sock/core';
import { connect, listen } from '@sock/io';
import { createPoll, READABLE, WRITABLE } from '@sock/poll';
import { createServerContext } from '@sock/tls-context';

const [, , cert = 'cert.pem', key = 'key.pem', backend = '127.0.0.1:8080', port = '0'] = process.argv;
const context = createServerContext({ cert: { file: cert }, key: { file: key } });
const listener = await listen({ host: '127.0.0.1', port: Number(port) });
const poll = createPoll<Pollable, () => void>();
const buffer = new Uint8Array(65_536);

poll.add(listener, READABLE, () => {
  while (listener.ready === READABLE) void listener.accept().then(secure);
});

/** Watches the handshake; nobody waits for it, however slow the peer is. */
function secure(plain: Socket): void {
  const handshake = context.handshake(plain, { timeout: '10s' });
  poll.add(handshake, READABLE, () => {
    poll.remove(handshake);
    try {
      const client = handshake.step();
      if (client !== undefined) void connect(backend, { timeout: '5s' }).then((server) => relay(client, server), (error: unknown) => client.destroy(error));
    } catch (error) {
      console.error(`no handshake: ${(error as Error).message}`);
    }
  });
}

function relay(client: Socket, server: Socket): void {
  const [up, down] = [way(client, server), way(server, client)];
  const serve = (): void => {
    try {
      const [sending, answering] = [up(), down()];
      // Each socket is watched once, for both ways: as the source of one and the target of the other.
      if (poll.has(client)) poll.modify(client, { interest: sending.source | answering.target });
      if (poll.has(server)) poll.modify(server, { interest: answering.source | sending.target });
    } catch (error) {
      // One side failed: the other must not take that for an end.
      for (const socket of [client, server]) socket.destroy(error);
    }
  };
  for (const socket of [client, server]) poll.add(socket, READABLE, serve);
}

/** Moves what can be moved from one to the other; answers what to wait for at each of them. */
function way(from: Socket, to: Socket): () => { source: number; target: number } {
  let unsent = new Uint8Array(0);
  let ended = false;
  return () => {
    while (!ended) {
      unsent = unsent.subarray(to.trySend(unsent));
      if (unsent.length > 0) return { source: 0, target: WRITABLE };
      const count = received(from);
      if (count === 0) return { source: READABLE, target: 0 };
      if (count > 0) unsent = buffer.slice(0, count);
      if (count >= 0) continue;
      ended = true;
      // The end is passed on behind all bytes; when it cannot be, the other way tells.
      void to.shutdown().catch(() => {});
    }
    return { source: 0, target: 0 };
  };
}

/** -1 = a clean end; a failure is thrown. */
function received(from: Socket): number {
  try {
    return from.tryRecv(buffer);
  } catch (error) {
    if (isSocketError(error, 'ERR_SOCK_CLOSED')) return -1;
    throw error;
  }
}

console.log(`listening on ${(listener.endpoint as { port: number }).port}`);
for await (const batch of poll) for (const { data } of batch) data();
