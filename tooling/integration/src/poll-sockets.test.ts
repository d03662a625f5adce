import type { Pollable, Socket } from '@sock/core';
import { connect, listen } from '@sock/io';
import type { NodeListener } from '@sock/io';
import type { Poll } from '@sock/poll';
import { createPoll, HANGUP, READABLE, WRITABLE } from '@sock/poll';
import { leakGuard } from '@sock/testkit';
import { expect, onTestFinished, test } from 'vitest';

leakGuard();

const byte = new Uint8Array(1);
const target = new Uint8Array(65_536);

/** Accepts, by the poll, until there are so many. */
async function acceptBy(poll: Poll<Pollable, string>, listener: NodeListener, count: number): Promise<Socket[]> {
  const accepted: Socket[] = [];
  poll.add(listener, READABLE, 'listener');
  while (accepted.length < count) {
    for (const { data } of await poll.wait({ timeout: '10s' })) {
      expect(data).toBe('listener');
      while (listener.ready === READABLE) accepted.push(await listener.accept());
    }
  }
  poll.remove(listener);
  return accepted;
}

test('5,000 sockets on loopback in one poll: all connect, are told, answer and leave', async () => {
  const count = 2500;
  const listener = await listen('127.0.0.1:0', { backlog: 4096, maxWaiting: 4096 });
  using poll = createPoll<Pollable, string>();
  const dialling = (async () => {
    const clients: Socket[] = [];
    while (clients.length < count) clients.push(...(await Promise.all(Array.from({ length: 250 }, () => connect(listener.endpoint)))));
    return clients;
  })();
  const [clients, served] = await Promise.all([dialling, acceptBy(poll, listener, count)]);
  onTestFinished(() => {
    for (const socket of [...clients, ...served]) socket.destroy();
  });
  for (const socket of clients) poll.add(socket, READABLE, 'client');
  for (const socket of served) poll.add(socket, READABLE, 'served');
  expect(poll.size).toBe(5000);

  for (const socket of clients) socket.trySend(byte);
  const counts = { client: 0, served: 0 };
  while (counts.client < count) {
    for (const { socket, data } of await poll.wait({ timeout: '10s' })) {
      const moved = (socket as Socket).tryRecv(target);
      counts[data as 'client' | 'served'] += moved;
      if (data === 'served') (socket as Socket).trySend(byte);
    }
  }
  expect(counts).toEqual({ client: count, served: count });

  for (const socket of clients) socket.destroy();
  let closed = 0;
  while (poll.size > 0) for (const { events } of await poll.wait({ timeout: '10s' })) closed += (events & HANGUP) === 0 ? 0 : 1;
  expect(closed).toBe(5000);
  await listener.close();
}, 60_000);

test('room is told once the peer reads again, and not before', async () => {
  await using listener = await listen('127.0.0.1:0');
  using poll = createPoll<Socket>();
  const [client, served] = await Promise.all([connect(listener.endpoint), listener.accept()]);
  poll.add(client, WRITABLE);
  // Until the kernel takes no more either: then nothing is told.
  do {
    while (client.trySend(target) > 0);
  } while ((await poll.wait({ timeout: 200 })).length > 0);
  const waiting = poll.wait({ timeout: '10s' });
  const reading = (async () => {
    let sum = 0;
    for await (const chunk of served) sum += chunk.length;
    return sum;
  })();
  expect((await waiting).map(({ events }) => events)).toEqual([WRITABLE]);
  expect(client.trySend(byte)).toBe(1);
  await client.close();
  expect(await reading).toBe(client.stats.bytesSent);
  served.destroy();
});

test('a listener is readable while a connection waits, silent while it is paused, and leaves with its close', async () => {
  const listener = await listen('127.0.0.1:0');
  using poll = createPoll();
  poll.add(listener, READABLE);
  expect(await poll.wait({ timeout: 10 })).toEqual([]);
  const client = await connect(listener.endpoint);
  expect((await poll.wait({ timeout: '5s' })).map(({ events }) => events)).toEqual([READABLE]);
  listener.pause();
  expect(await poll.wait({ timeout: 10 })).toEqual([]);
  listener.resume();
  expect((await poll.wait({ timeout: '5s' })).length).toBe(1);
  const served = await listener.accept();
  expect(await poll.wait({ timeout: 0 })).toEqual([]);
  await listener.close();
  expect((await poll.wait()).map(({ events }) => events)).toEqual([READABLE | HANGUP]);
  expect(poll.size).toBe(0);
  for (const socket of [client, served]) socket.destroy();
});
