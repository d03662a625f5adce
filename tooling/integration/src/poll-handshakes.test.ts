import type { Pollable, Socket } from '@sock/core';
import { upgradeListener } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import { connect, listen } from '@sock/io';
import { createPoll, ERROR, HANGUP, READABLE, WRITABLE } from '@sock/poll';
import { leakGuard, sniffingProxy } from '@sock/testkit';
import type { Handshake } from '@sock/tls-context';
import { createClientContext, createServerContext, TLS_INFO } from '@sock/tls-context';
import { expect, onTestFinished, test } from 'vitest';

leakGuard();

const authority = createAuthority();
const leaf = authority.issue({ names: ['poll.test'] });
const clientContext = createClientContext({ ca: authority.ca });
const serverContext = createServerContext({ cert: leaf.chain, key: leaf.key });
const target = new Uint8Array(1024);

type Role = 'client' | 'server';

test('200 sockets shake hands in one loop, half of them with a peer that drips one byte at a time', async () => {
  const pairs = 100;
  const listener = await listen('127.0.0.1:0', { maxWaiting: 1024 });
  const proxy = await sniffingProxy(listener.endpoint as { host: string; port: number }, { drip: true });
  using poll = createPoll<Pollable, Role>();
  const secure: Record<Role, Socket[]> = { client: [], server: [] };
  onTestFinished(() => {
    for (const socket of [...secure.client, ...secure.server]) socket.destroy();
  });

  poll.add(listener, READABLE, 'server');
  const begin = (handshake: Handshake, role: Role): void => poll.add(handshake, READABLE, role);
  const dialling = Promise.all(Array.from({ length: pairs }, async (_, index) => {
    const plain = await connect(index % 2 === 0 ? listener.endpoint : { host: proxy.host, port: proxy.port });
    begin(clientContext.handshake(plain, { serverName: 'poll.test' }), 'client');
  }));
  let told = 0;
  while (secure.client.length + secure.server.length < 2 * pairs) {
    for (const { socket, events, data } of await poll.wait({ timeout: '30s' })) {
      if (socket === listener) {
        while (listener.ready === READABLE) begin(serverContext.handshake(await listener.accept()), 'server');
        continue;
      }
      // Nothing is told before it is over, however many bytes come, one by one.
      told += 1;
      expect(events).toBe(READABLE);
      const done = (socket as Handshake).step();
      poll.remove(socket);
      if (done !== undefined) secure[data].push(done);
    }
  }
  await dialling;
  expect([told, secure.client.length, secure.server.length]).toEqual([200, 100, 100]);
  expect(secure.client.every((socket) => socket.get(TLS_INFO)?.protocol === 'TLSv1.3')).toBe(true);

  // The interest that was given before the first byte holds behind the handshakes: on the sockets above them.
  poll.remove(listener);
  for (const socket of secure.server) poll.add(socket, READABLE, 'server');
  for (const socket of secure.client) poll.add(socket, WRITABLE, 'client');
  let received = 0;
  while (received < pairs) {
    for (const { socket, events, data } of await poll.wait({ timeout: '30s' })) {
      expect(events).toBe(data === 'client' ? WRITABLE : READABLE);
      if (data === 'server') received += (socket as Socket).tryRecv(target);
      else if ((socket as Socket).trySend(new Uint8Array(1)) === 1) poll.remove(socket);
    }
  }
  expect(received).toBe(pairs);
  for (const socket of [...secure.client, ...secure.server]) socket.destroy();
  await Promise.all([proxy.close(), listener.close()]);
}, 60_000);

test('the interest in a socket is the same before, during and after an upgrade above it that takes its time', async () => {
  const listener = await listen('127.0.0.1:0');
  const proxy = await sniffingProxy(listener.endpoint as { host: string; port: number }, { drip: true });
  using poll = createPoll<Pollable, string>();
  const dial = connect({ host: proxy.host, port: proxy.port });
  const [plain, accepted] = await Promise.all([dial, listener.accept()]);
  const handshake = clientContext.handshake(plain, { serverName: 'poll.test' });
  poll.add(handshake, WRITABLE, 'handshake');
  poll.add(plain, WRITABLE, 'plain');
  // The socket below is taken over: that is its end, for a poll too.
  expect((await poll.wait({ timeout: '5s' })).map(({ data, events }) => [data, events & HANGUP])).toEqual([['plain', HANGUP]]);
  const serving = accepted.upgrade(serverContext);
  // Many small arrivals later, all of them of the handshake alone, comes what was asked for, and nothing else.
  const batch = await poll.wait({ timeout: '10s' });
  expect(batch.map(({ data, events }) => [data, events])).toEqual([['handshake', WRITABLE]]);
  const secure = handshake.step() as Socket;
  (await serving).destroy();
  secure.destroy();
  await Promise.all([proxy.close(), listener.close()]);
}, 30_000);

test('a handshake that fails is told as an error, beside others that do not', async () => {
  const listener = await listen('127.0.0.1:0');
  using poll = createPoll<Handshake, string>();
  const [first, second] = await Promise.all([connect(listener.endpoint), connect(listener.endpoint)]);
  poll.add(clientContext.handshake(first, { serverName: 'wrong.test' }), READABLE, 'wrong name');
  poll.add(clientContext.handshake(second, { serverName: 'poll.test' }), READABLE, 'right name');
  const served = [await listener.accept(), await listener.accept()].map((socket) => serverContext.handshake(socket));
  const ends = new Map<string, unknown>();
  while (ends.size < 2) {
    for (const { socket, events, data } of await poll.wait({ timeout: '10s' })) {
      poll.remove(socket);
      try {
        const secure = socket.step();
        ends.set(data, [events, secure?.get(TLS_INFO)?.protocol]);
        secure?.destroy();
      } catch (error) {
        ends.set(data, [events, (error as { code: string }).code]);
      }
    }
  }
  expect(Object.fromEntries(ends)).toEqual({ 'wrong name': [READABLE | ERROR, 'ERR_SOCK_TLS_NAME_MISMATCH'], 'right name': [READABLE, 'TLSv1.3'] });
  for (const handshake of served) handshake.done.then((socket) => socket.destroy(), () => {});
  await listener.close();
});

test('a listener of TLS is readable when a connection waits whose handshake is done', async () => {
  const listener = upgradeListener(await listen('127.0.0.1:0'), serverContext);
  using poll = createPoll();
  poll.add(listener, READABLE);
  const plain = await connect(listener.endpoint);
  expect(await poll.wait({ timeout: 50 })).toEqual([]);
  const client = await plain.upgrade(clientContext, { serverName: 'poll.test' });
  expect((await poll.wait({ timeout: '5s' })).map(({ events }) => events)).toEqual([READABLE]);
  const served = await listener.accept();
  expect(await poll.wait({ timeout: 0 })).toEqual([]);
  for (const socket of [client, served]) socket.destroy();
  await listener.close();
  expect((await poll.wait()).map(({ events }) => events)).toEqual([READABLE | HANGUP]);
});
