import { DIALLED, ENDED, HANGUP, upgradeConnector, upgradeListener } from '@sock/core';
import { memoryPair } from '@sock/core/memory';
import { createAuthority } from '@sock/dev-certs';
import { connect, listen, tcp } from '@sock/io';
import { bytes, leakGuard, rawPeer, rejection, sniffingProxy, text, until } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import type { TlsError } from '../index.ts';
import { createClientContext, createServerContext, TLS_INFO } from '../index.ts';

leakGuard();

const authority = createAuthority();
const issued = authority.issue({ names: ['localhost'], ips: ['127.0.0.1', '::1'] });
const clientContext = createClientContext({ ca: authority.ca });
const serverContext = createServerContext({ cert: issued.chain, key: issued.key });

async function tlsListener(options: Parameters<typeof upgradeListener>[2] = {}): Promise<{ listener: ReturnType<typeof upgradeListener>; port: number }> {
  const listener = upgradeListener(await listen({ host: '127.0.0.1', port: 0 }), serverContext, options);
  return { listener, port: (listener.endpoint as { port: number }).port };
}

describe('whom a client expects', () => {
  test.each([
    ['the name that was dialled', undefined, 'localhost'],
    ['a name alone', 'localhost', 'localhost'],
    ['a name and port', 'localhost:443', 'localhost'],
    ['an endpoint', { host: 'localhost', port: 443 }, 'localhost'],
    ['an address, which is not sent as a server name', '127.0.0.1', undefined],
  ] as const)('%s', async (_what, target, serverName) => {
    const { listener, port } = await tlsListener();
    const plain = await connect({ host: 'localhost', port });
    const client = await (target === undefined ? plain.upgrade(clientContext) : plain.upgrade(clientContext, target));
    const server = await listener.accept();
    expect(server.get(TLS_INFO)?.serverName).toBe(serverName);
    await Promise.all([client.close(), server.close(), listener.close()]);
  });

  test('an address with a zone is checked without it, as certificates have none', async () => {
    const [left, right] = memoryPair();
    const server = rejection(right.upgrade(serverContext).then((secure) => secure.recv()));
    const error = await rejection<TlsError>(left.upgrade(clientContext, { serverName: 'fe80::1%lo' }));
    expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_NAME_MISMATCH' });
    expect(error.message).toContain('"fe80::1"');
    await server;
  });
});

describe('a peer that has ended before the upgrade fails it at once', () => {
  test('on the side of the server, with and without a byte unread', async () => {
    for (const first of [bytes(''), bytes('\x16\x03')]) {
      const listener = await listen({ host: '127.0.0.1', port: 0 });
      const raw = await rawPeer(listener.endpoint as { port: number });
      const server = await listener.accept();
      raw.socket.end(first);
      await until(() => (server.ready & ENDED) !== 0, 'the end arrives');
      const startedAt = performance.now();
      expect(await rejection(server.upgrade(serverContext))).toMatchObject({ code: 'ERR_SOCK_TLS_HANDSHAKE_CLOSED', category: 'reset' });
      expect(performance.now() - startedAt).toBeLessThan(500);
      await server.closed;
      await listener.close();
    }
  });

  test('on the side of the client', async () => {
    const listener = await listen({ host: '127.0.0.1', port: 0 });
    const [client, server] = await Promise.all([connect(listener.endpoint), listener.accept()]);
    await server.shutdown();
    await until(() => (client.ready & ENDED) !== 0, 'the end arrives');
    expect(await rejection(client.upgrade(clientContext, 'localhost'))).toMatchObject({ code: 'ERR_SOCK_TLS_HANDSHAKE_CLOSED' });
    server.destroy();
    await listener.close();
  });
});

test('silent peers that take every place lose them to one who speaks', async () => {
  const errors: TlsError[] = [];
  const { listener, port } = await tlsListener({ maxPending: 4, patience: '100ms', onUpgradeError: (error) => errors.push(error as TlsError) });
  const silent = await Promise.all(Array.from({ length: 4 }, () => rawPeer({ port })));
  await until(() => listener.pending === 4, 'all places are taken');
  const [client, server] = await Promise.all([upgradeConnector(tcp(), clientContext).connect({ host: 'localhost', port }, { timeout: '5s' }), listener.accept({ timeout: '5s' })]);
  expect(errors[0]).toMatchObject({ code: 'ERR_SOCK_LIMIT', category: 'limit', phase: 'upgrade' });
  expect(errors[0]?.message).toContain('maxPending 4');
  for (const peer of silent) peer.socket.destroy();
  await Promise.all([client.close(), server.close(), listener.close()]);
});

test.each(['destroy', 'close'] as const)('%s on the plain socket ends a handshake that is under way', async (how) => {
  const listener = await listen({ host: '127.0.0.1', port: 0 });
  const client = await connect(listener.endpoint);
  const upgrading = rejection(client.upgrade(clientContext, 'localhost'));
  await until(() => client.ready === HANGUP, 'the upgrade has begun');
  if (how === 'close') await client.close();
  else client.destroy();
  expect(await upgrading).toMatchObject({ kind: 'handshake' });
  await client.closed;
  await listener.close();
});

describe('the old socket of an upgrade tells how the secure one ended', () => {
  test.each(['reset', 'end'] as const)('%s', async (how) => {
    const { listener, port } = await tlsListener();
    const plain = await connect({ host: 'localhost', port });
    const [client, server] = await Promise.all([plain.upgrade(clientContext), listener.accept()]);
    // The tickets of TLS 1.3 are read with the first byte: nothing may be on its way when the connection is reset.
    await server.send(bytes('.'));
    await client.recvExactly(1);
    if (how === 'reset') server.destroy();
    else await Promise.all([server.shutdown(), client.recv().then(() => client.close())]);
    expect((await plain.closed).how).toBe(how);
    expect((await client.closed).how).toBe(how);
    server.destroy();
    await listener.close();
  });
});

test('a handshake in memory that is reset is told as one on a network is', async () => {
  const [left, right] = memoryPair();
  const upgrading = rejection(left.upgrade(clientContext, 'localhost'));
  await right.recv();
  right.destroy();
  expect(await upgrading).toMatchObject({ code: 'ERR_SOCK_TLS_HANDSHAKE_RESET', kind: 'handshake', cause: { code: 'ERR_SOCK_RESET' } });
});

test('a server that refuses a client in memory ends its handshake, with a cause on both sides', async () => {
  const [left, right] = memoryPair();
  const mutual = createServerContext({ cert: issued.chain, key: issued.key, ca: authority.ca });
  const refused = rejection(right.upgrade(mutual));
  // Over a stream that is no socket, Node's engine may be gone before its alert is written: then there is the reset alone.
  const error = await rejection<TlsError>(left.upgrade(createClientContext({ ca: authority.ca, maxVersion: 'TLSv1.2' }), 'localhost'));
  expect(['ERR_SOCK_TLS_ALERT', 'ERR_SOCK_TLS_HANDSHAKE_RESET']).toContain(error.code);
  expect(error.kind).toBe('handshake');
  expect(await refused).toMatchObject({ code: 'ERR_SOCK_TLS_CERTIFICATE_REQUIRED' });
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)('%s: a handshake that comes one byte at a time completes, and data is read after it', async (version) => {
  const { listener, port } = await tlsListener();
  const proxy = await sniffingProxy({ port }, { drip: true });
  const dial = upgradeConnector(tcp(), createClientContext({ ca: authority.ca, serverName: 'localhost', maxVersion: version }));
  const [client, server] = await Promise.all([dial.connect({ host: '127.0.0.1', port: proxy.port }), listener.accept()]);
  for (const word of ['one', 'two', 'six']) {
    await client.send(bytes(word));
    expect(text(await server.recvExactly(3))).toBe(word);
    await server.send(bytes(word));
    expect(text(await client.recvExactly(3))).toBe(word);
    // Each record wanted many reads; none of them led back into the handshake.
    expect([client.get(TLS_INFO)?.state, server.get(TLS_INFO)?.state]).toEqual(['complete', 'complete']);
  }
  await Promise.all([client.close(), server.close()]);
  await proxy.close();
  await listener.close();
});

test('TLS inside TLS carries bytes both ways and verifies both layers', async () => {
  const { listener, port } = await tlsListener();
  const outer = await upgradeConnector(tcp(), clientContext).connect({ host: 'localhost', port });
  const below = await listener.accept();
  const [client, server] = await Promise.all([outer.upgrade(clientContext, 'localhost'), below.upgrade(serverContext)]);
  await client.send(bytes('ping'));
  expect(text(await server.recvExactly(4))).toBe('ping');
  await server.send(bytes('pong'));
  expect(text(await client.recvExactly(4))).toBe('pong');
  expect(client.get(TLS_INFO)?.verified).toBe(true);
  await Promise.all([client.close(), server.close()]);
  await listener.close();
});

test('what tells of the connection is told above TLS too', async () => {
  const { listener, port } = await tlsListener();
  const plain = await connect({ host: 'localhost', port });
  const client = await plain.upgrade(clientContext);
  expect(client.get(DIALLED)).toEqual({ host: 'localhost', port });
  const server = await listener.accept();
  await Promise.all([client.close(), server.close(), listener.close()]);
});
