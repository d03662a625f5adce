import type { Socket } from '@sock/core';
import { memoryPair } from '@sock/core/memory';
import { createAuthority } from '@sock/dev-certs';
import { connect, listen } from '@sock/io';
import { bytes, leakGuard, rawPeer, rawServer, rejection, sniffingProxy, text } from '@sock/testkit';
import type { SniffedConnection } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import type { TlsError } from '../index.ts';
import { createClientContext, createServerContext, TLS_INFO } from '../index.ts';

leakGuard();

const authority = createAuthority();
const issued = authority.issue({ names: ['localhost'] });
const clientContext = createClientContext({ ca: authority.ca });
const serverContext = createServerContext({ cert: issued.chain, key: issued.key });
/** What an application might say; nothing in a handshake or a record looks like it. */
const SECRET = 'the-quick-brown-secret-4711';

/** A client and a server with a wire between them that sees every byte. */
async function wiredPair(): Promise<{ client: Socket; server: Socket; wire: SniffedConnection; cleanup: () => Promise<void> }> {
  const listener = await listen({ host: '127.0.0.1', port: 0 });
  const proxy = await sniffingProxy(listener.endpoint as { port: number });
  const [client, server, wire] = await Promise.all([connect({ host: '127.0.0.1', port: proxy.port }), listener.accept(), proxy.next()]);
  const cleanup = async (): Promise<void> => {
    client.destroy();
    server.destroy();
    await proxy.close();
    await listener.close();
  };
  return { client, server, wire, cleanup };
}

/** Tries every way to send on `socket`; how many of them worked. */
async function sendEveryWay(socket: Socket): Promise<number> {
  const ways: (() => unknown)[] = [
    () => socket.trySend(bytes(SECRET)),
    () => socket.send(bytes(SECRET)),
    () => socket.send(bytes(SECRET), { owned: true }),
    () => socket.send(bytes(SECRET.repeat(2000))),
    () => socket.send(bytes(SECRET), { timeout: '1s' }),
    () => socket.sendAll([bytes(SECRET)]),
  ];
  let worked = 0;
  for (const way of ways) {
    try {
      await way();
      worked += 1;
    } catch (error) {
      expect((error as { code: string }).code).toMatch(/^ERR_SOCK_(?:CLOSED|DETACHED|TLS_|RESET)/);
    }
  }
  return worked;
}

describe('no application byte crosses the wire in clear', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)('%s: while it is open, after shutdown, after close and after destroy', async (version) => {
    const { client, server, wire, cleanup } = await wiredPair();
    const context = createClientContext({ ca: authority.ca, maxVersion: version });
    const [secure, peer] = await Promise.all([client.upgrade(context, { serverName: 'localhost' }), server.upgrade(serverContext)]);
    await secure.send(bytes(SECRET));
    expect(text(await peer.recvExactly(SECRET.length))).toBe(SECRET);
    await peer.send(bytes(SECRET));
    expect(text(await secure.recvExactly(SECRET.length))).toBe(SECRET);
    expect(await sendEveryWay(client)).toBe(0);
    await secure.shutdown();
    expect(await sendEveryWay(secure)).toBe(0);
    expect(await peer.recv()).toBeNull();
    await peer.close();
    expect(await sendEveryWay(peer)).toBe(0);
    secure.destroy();
    expect(await sendEveryWay(secure)).toBe(0);
    expect(await sendEveryWay(server)).toBe(0);
    await wire.closed;
    expect(wire.up.includes(SECRET) || wire.down.includes(SECRET)).toBe(false);
    // The wire really was tapped: both ClientHello and a reply crossed it.
    expect(wire.up[0]).toBe(0x16);
    expect(wire.down.length).toBeGreaterThan(SECRET.length);
    await cleanup();
  });

  test('when the handshake fails, on either socket and either side', async () => {
    const { client, server, wire, cleanup } = await wiredPair();
    const distrustful = createClientContext({ ca: createAuthority().ca });
    const served = server.upgrade(serverContext).then(
      // Under TLS 1.3 the server's handshake may be over before the client has judged its certificate.
      async (peer) => {
        const first = await peer.recv().catch((error: TlsError) => error.category);
        expect([null, 'reset']).toContain(first);
        peer.destroy();
      },
      (error: TlsError) => expect(error.kind).toBe('handshake'),
    );
    expect(await rejection(client.upgrade(distrustful, { serverName: 'localhost' }))).toMatchObject({ code: 'ERR_SOCK_TLS_UNKNOWN_ISSUER' });
    expect(await sendEveryWay(client)).toBe(0);
    await served;
    expect(await sendEveryWay(server)).toBe(0);
    expect((await client.closed).how).toBe('error');
    expect(wire.up.includes(SECRET) || wire.down.includes(SECRET)).toBe(false);
    await cleanup();
  });

  test('while an upgrade is under way', async () => {
    const silent = await rawServer();
    const client = await connect({ host: '127.0.0.1', port: silent.port });
    const upgrading = rejection(client.upgrade(clientContext, { serverName: 'localhost' }, { timeout: 200 }));
    expect(await sendEveryWay(client)).toBe(0);
    await upgrading;
    const peer = await silent.accept();
    expect(peer.received.includes(SECRET)).toBe(false);
    expect(peer.received[0]).toBe(0x16);
    await silent.close();
  });
});

describe('STARTTLS', () => {
  test('the plain part and the secure part stay apart, and what was sent before goes first', async () => {
    const { client, server, wire, cleanup } = await wiredPair();
    void client.send(bytes('STARTTLS\r\n'));
    const upgradeClient = (async () => {
      expect(text(await client.recvExactly(4))).toBe('OK\r\n');
      return await client.upgrade(clientContext, { serverName: 'localhost' });
    })();
    expect(text(await server.recvExactly(10))).toBe('STARTTLS\r\n');
    // Not awaited: the upgrade itself must write it out before the first byte of TLS.
    void server.send(bytes('OK\r\n'));
    const [secure, peer] = await Promise.all([upgradeClient, server.upgrade(serverContext)]);
    await secure.send(bytes('hello'));
    expect(text(await peer.recv())).toBe('hello');
    expect(wire.up.subarray(0, 10).toString()).toBe('STARTTLS\r\n');
    expect(wire.down.subarray(0, 4).toString()).toBe('OK\r\n');
    await Promise.all([secure.close(), peer.close()]);
    await cleanup();
  });

  test('a client refuses plain bytes that came before the upgrade and were not read: they may be injected', async () => {
    const { client, wire, cleanup } = await wiredPair();
    wire.inject('down', bytes('OK\r\nINJECTED'));
    expect(text(await client.recvExactly(4))).toBe('OK\r\n');
    const error = await rejection<TlsError>(client.upgrade(clientContext, { serverName: 'localhost' }));
    expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_PLAINTEXT_PENDING', kind: 'handshake', phase: 'upgrade' });
    expect(error.message).toContain('8 bytes');
    await client.closed;
    await cleanup();
  });

  test.each([
    ['client', (socket: Socket) => socket.upgrade(clientContext, { serverName: 'localhost' })],
    ['server', (socket: Socket) => socket.upgrade(serverContext)],
  ])('a %s on a transport that is no stream refuses them as well: what was read ahead is with the socket alone', async (_role, upgrade) => {
    const [near, far] = memoryPair();
    await far.send(bytes('OK\r\nINJECTED'));
    expect(text(await near.recvExactly(4))).toBe('OK\r\n');
    const error = await rejection<TlsError>(upgrade(near));
    expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_PLAINTEXT_PENDING', kind: 'handshake', phase: 'upgrade' });
    expect(error.message).toContain('8 bytes');
    far.destroy();
  });

  test('plain bytes that arrive during the handshake are no data either', async () => {
    const silent = await rawServer();
    const client = await connect({ host: '127.0.0.1', port: silent.port });
    const upgrading = client.upgrade(clientContext, { serverName: 'localhost' });
    const peer = await silent.accept();
    peer.socket.write('INJECTED PLAIN BYTES');
    expect(await rejection(upgrading)).toMatchObject({ code: 'ERR_SOCK_TLS_NOT_TLS' });
    await silent.close();
  });

  test('a server takes a ClientHello that came before it got round to upgrading', async () => {
    const { client, server, cleanup } = await wiredPair();
    const upgrading = client.upgrade(clientContext, { serverName: 'localhost' });
    // The hello is here, read by nobody.
    while (server.stats.receiveQueueBytes < 100) await new Promise<void>((resolve) => server.onReady(() => resolve()));
    const [secure, peer] = await Promise.all([upgrading, server.upgrade(serverContext)]);
    await peer.send(bytes('welcome'));
    expect(text(await secure.recv())).toBe('welcome');
    expect(secure.get(TLS_INFO)?.protocol).toBe('TLSv1.3');
    await Promise.all([secure.close(), peer.close()]);
    await cleanup();
  });

  test('a server refuses unread bytes that are no TLS record', async () => {
    const { client, server, cleanup } = await wiredPair();
    await client.send(bytes('MAIL FROM:<injected@example.test>\r\n'));
    while (server.stats.receiveQueueBytes === 0) await new Promise<void>((resolve) => server.onReady(() => resolve()));
    expect(await rejection(server.upgrade(serverContext))).toMatchObject({ code: 'ERR_SOCK_TLS_PLAINTEXT_PENDING' });
    await server.closed;
    await cleanup();
  });
});

test('a damaged record ends an established connection with a protocol error, on the side that saw it', async () => {
  const { client, server, wire, cleanup } = await wiredPair();
  const [secure, peer] = await Promise.all([client.upgrade(clientContext, { serverName: 'localhost' }), server.upgrade(serverContext)]);
  const record = Buffer.concat([Buffer.from([0x17, 0x03, 0x03, 0x00, 0x20]), Buffer.alloc(32, 7)]);
  wire.inject('up', record);
  const error = await rejection<TlsError>(peer.recv());
  expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_PROTOCOL', kind: 'protocol', phase: 'recv' });
  expect((await peer.closed).how).toBe('error');
  expect(await rejection(secure.recv())).toMatchObject({ code: 'ERR_SOCK_TLS_ALERT', alert: 'bad_record_mac', kind: 'protocol' });
  await cleanup();
});

test('a half-close sends close_notify and FIN, and the other direction goes on', async () => {
  const { client, server, wire, cleanup } = await wiredPair();
  const [secure, peer] = await Promise.all([client.upgrade(clientContext, { serverName: 'localhost' }), server.upgrade(serverContext)]);
  const before = wire.up.length;
  await secure.shutdown();
  expect(await peer.recv()).toBeNull();
  // An alert record of TLS 1.3: type 23 outside, 19 bytes of content inside.
  expect([...wire.up.subarray(before, before + 5)]).toEqual([0x17, 0x03, 0x03, 0x00, 0x13]);
  await peer.send(bytes('still here'));
  expect(text(await secure.recv())).toBe('still here');
  await peer.close();
  expect(await secure.recv()).toBeNull();
  expect(wire.ended('up') && wire.ended('down')).toBe(true);
  await secure.close();
  await cleanup();
});

test('a peer that never answers close_notify holds nobody up longer than lingerTimeout', async () => {
  const listener = await listen({ host: '127.0.0.1', port: 0 }, { lingerTimeout: '100ms' });
  const port = (listener.endpoint as { port: number }).port;
  const [client, server] = await Promise.all([connect({ host: '127.0.0.1', port }, { lingerTimeout: '100ms' }), listener.accept()]);
  const [secure, peer] = await Promise.all([client.upgrade(clientContext, { serverName: 'localhost' }), server.upgrade(serverContext)]);
  const startedAt = performance.now();
  await secure.close();
  const took = performance.now() - startedAt;
  expect(took).toBeGreaterThan(80);
  expect(took).toBeLessThan(1000);
  peer.destroy();
  await listener.close();
});

test('a port that speaks plain text to a raw client never gets further', async () => {
  const listener = await listen({ host: '127.0.0.1', port: 0 });
  const raw = await rawPeer(listener.endpoint as { port: number });
  const server = await listener.accept();
  const upgrading = rejection(server.upgrade(serverContext));
  raw.socket.write(SECRET);
  expect(await upgrading).toMatchObject({ code: 'ERR_SOCK_TLS_NOT_TLS' });
  raw.socket.destroy();
  await listener.close();
});
