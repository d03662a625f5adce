import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Socket, UpgradedListener } from '@sock/core';
import { upgradeConnector, upgradeListener } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import { connect, listen, tcp } from '@sock/io';
import { leakGuard, rawPeer, rawServer, rejection, sniffingProxy, until } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import type { ClientContextOptions, ServerContextOptions, TlsError } from '../index.ts';
import { createClientContext, createServerContext } from '../index.ts';

leakGuard();

const authority = createAuthority();
const issued = authority.issue({ names: ['localhost'], ips: ['127.0.0.1'] });

async function serve(options: Partial<ServerContextOptions> = {}, timeout?: number): Promise<{ listener: UpgradedListener; errors: TlsError[]; port: number }> {
  const context = createServerContext({ cert: issued.chain, key: issued.key, ...options });
  const errors: TlsError[] = [];
  const below = await listen({ host: '127.0.0.1', port: 0 });
  const listener = upgradeListener(below, context, { timeout, onUpgradeError: (error) => errors.push(error as TlsError) });
  return { listener, errors, port: (listener.endpoint as { port: number }).port };
}

function dial(port: number, options: ClientContextOptions = {}, timeout: number | string = '5s', host = 'localhost'): Promise<Socket> {
  const context = createClientContext({ ca: authority.ca, serverName: host, ...options });
  return upgradeConnector(tcp(), context).connect({ host: '127.0.0.1', port }, { timeout: timeout as '5s' });
}

describe('a peer that is no TLS peer', () => {
  test('a server that speaks HTTP is told from a TLS fault', async () => {
    const http = createServer((_, response) => void response.end('hello'));
    await once(http.listen(0, '127.0.0.1'), 'listening');
    const error = await rejection<TlsError>(dial((http.address() as AddressInfo).port));
    expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_NOT_TLS', kind: 'handshake', category: 'protocol' });
    expect(error.message).toContain('is this a TLS port');
    http.closeAllConnections();
    await once(http.close(), 'close');
  });

  test('a client that speaks HTTP is told so, and its connection ends', async () => {
    const { listener, port, errors } = await serve();
    const peer = await rawPeer({ port });
    peer.socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await peer.ended;
    peer.socket.end();
    await listener.close();
    expect(errors[0]).toMatchObject({ code: 'ERR_SOCK_TLS_NOT_TLS' });
    expect(errors[0]?.message).toContain('plain HTTP');
  });

  test.each([
    ['client', 'timeout of the call', 150, '30s'],
    ['client', 'handshakeTimeout', '5s', 150],
  ])('a server that never answers ends the %s by the %s', async (_role, _what, timeout, handshakeTimeout) => {
    const silent = await rawServer();
    const startedAt = performance.now();
    const error = await rejection<TlsError>(dial(silent.port, { handshakeTimeout: handshakeTimeout as '30s' }, timeout));
    const took = performance.now() - startedAt;
    expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_HANDSHAKE_TIMEOUT', kind: 'handshake', category: 'timeout', retryable: true });
    expect(error.message).toContain('"want-read"');
    expect(took).toBeGreaterThan(100);
    expect(took).toBeLessThan(1500);
    await silent.close();
  });

  test('a client that never says hello is dropped in time, and others are served meanwhile', async () => {
    const { listener, port, errors } = await serve({}, 200);
    const silent = await rawPeer({ port });
    const [client, server] = await Promise.all([dial(port), listener.accept()]);
    await silent.ended;
    silent.socket.end();
    expect(errors.map(({ code }) => code)).toEqual(['ERR_SOCK_TLS_HANDSHAKE_TIMEOUT']);
    await Promise.all([client.close(), server.close()]);
    await listener.close();
  });

  test('a server that resets in the middle of the handshake', async () => {
    const { listener, port, errors } = await serve();
    const proxy = await sniffingProxy({ port }, { resetAfter: { down: 100 } });
    const error = await rejection<TlsError>(dial(proxy.port));
    expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_HANDSHAKE_RESET', kind: 'handshake', category: 'reset' });
    await until(() => errors.length > 0, 'the server sees the reset too');
    expect(errors.map(({ code }) => code)).toEqual(['ERR_SOCK_TLS_HANDSHAKE_RESET']);
    await proxy.close();
    await listener.close();
  });

  test('a server that ends in the middle of the handshake', async () => {
    const { listener, port } = await serve();
    const proxy = await sniffingProxy({ port }, { truncateAfter: { down: 100 } });
    expect(await rejection<TlsError>(dial(proxy.port))).toMatchObject({ code: 'ERR_SOCK_TLS_HANDSHAKE_CLOSED', kind: 'handshake' });
    await proxy.close();
    await listener.close();
  });

  test('a client that ends in the middle of the handshake', async () => {
    const { listener, port, errors } = await serve();
    const proxy = await sniffingProxy({ port }, { truncateAfter: { up: 50 } });
    await rejection<TlsError>(dial(proxy.port));
    await until(() => errors.length > 0, 'the server sees the end');
    await proxy.close();
    await listener.close();
    expect(errors[0]).toMatchObject({ code: 'ERR_SOCK_TLS_HANDSHAKE_CLOSED', kind: 'handshake' });
  });

  test('an abort ends the handshake at once', async () => {
    const silent = await rawServer();
    const controller = new AbortController();
    const socket = await connect({ host: '127.0.0.1', port: silent.port });
    const upgrading = socket.upgrade(createClientContext({ ca: authority.ca }), { serverName: 'localhost' }, { signal: controller.signal });
    const reason = new Error('changed my mind');
    controller.abort(reason);
    expect(await rejection(upgrading)).toMatchObject({ code: 'ERR_SOCK_ABORTED', phase: 'handshake', cause: reason });
    expect((await socket.closed).how).toBe('error');
    await silent.close();
  });
});
