import { connect as tlsConnect } from 'node:tls';
import { upgradeConnector, upgradeListener } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import { connect, listen, tcp } from '@sock/io';
import { leakGuard, rawPeer, rejection, sniffingProxy, until } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import type { ServerContextOptions, TlsError } from '../index.ts';
import { createClientContext, createServerContext, TLS_INFO } from '../index.ts';
import { tlsFailure } from '../handshake/tls-failure.ts';

leakGuard();

const authority = createAuthority();
const issued = authority.issue({ names: ['localhost'] });

async function serve(options: Partial<ServerContextOptions> = {}): Promise<{ listener: ReturnType<typeof upgradeListener>; port: number; errors: TlsError[] }> {
  const errors: TlsError[] = [];
  const context = createServerContext({ cert: issued.chain, key: issued.key, ...options });
  const listener = upgradeListener(await listen({ host: '127.0.0.1', port: 0 }), context, { onUpgradeError: (error) => errors.push(error as TlsError) });
  return { listener, port: (listener.endpoint as { port: number }).port, errors };
}

describe('every option has its effect', () => {
  test('maxErrorText cuts what a certificate says into a message', async () => {
    const long = createAuthority().issue({ names: Array.from({ length: 60 }, (_, index) => `host-number-${index}.example.test`) });
    const { listener, port } = await serve({ cert: long.chain, key: long.key });
    const messages = await Promise.all([64, 4096].map(async (maxErrorText) => {
      const context = createClientContext({ ca: long.ca, serverName: 'other.test', maxErrorText });
      return (await rejection(upgradeConnector(tcp(), context).connect({ host: '127.0.0.1', port }))).message.length;
    }));
    expect(messages[0]).toBeLessThan(300);
    expect(messages[1]).toBeGreaterThan(1500);
    await listener.close();
  });

  test('minVersion of a server keeps an older client out', async () => {
    const { listener, port, errors } = await serve({ minVersion: 'TLSv1.3' });
    const context = createClientContext({ ca: authority.ca, maxVersion: 'TLSv1.2' });
    expect(await rejection(upgradeConnector(tcp(), context).connect({ host: 'localhost', port }))).toMatchObject({ code: 'ERR_SOCK_TLS_VERSION', alert: 'protocol_version' });
    await listener.close();
    expect(errors[0]).toMatchObject({ code: 'ERR_SOCK_TLS_VERSION' });
  });

  test('alpn: the server\'s order decides', async () => {
    const { listener, port } = await serve({ alpn: ['second', 'first'] });
    const dial = upgradeConnector(tcp(), createClientContext({ ca: authority.ca, alpn: ['first', 'second'] }));
    const [client, server] = await Promise.all([dial.connect({ host: 'localhost', port }), listener.accept()]);
    expect([client.get(TLS_INFO)?.alpn, server.get(TLS_INFO)?.alpn]).toEqual(['second', 'second']);
    await Promise.all([client.close(), server.close(), listener.close()]);
  });

  test('alpn: nothing in common ends the handshake with its own alert', async () => {
    const { listener, port } = await serve({ alpn: ['one'] });
    const dial = upgradeConnector(tcp(), createClientContext({ ca: authority.ca, alpn: ['two'] }));
    const error = await rejection<TlsError>(dial.connect({ host: 'localhost', port }));
    expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_NO_ALPN', alert: 'no_application_protocol' });
    expect(error.message).toContain('no application protocol');
    await listener.close();
  });

  test('secureContext() serves node:tls', async () => {
    const { listener, port } = await serve();
    const secureContext = createClientContext({ ca: authority.ca }).secureContext();
    const client = tlsConnect({ host: '127.0.0.1', port, servername: 'localhost', secureContext });
    const server = await listener.accept();
    expect(client.authorized).toBe(true);
    client.destroy();
    server.destroy();
    await listener.close();
  });
});

describe('errors that only an odd peer raises', () => {
  test('a client without a cipher suite in common', async () => {
    const { listener, port, errors } = await serve();
    const odd = tlsConnect({ host: '127.0.0.1', port, ca: authority.ca, servername: 'localhost', ciphers: 'AES128-SHA', maxVersion: 'TLSv1.2' });
    odd.on('error', () => {});
    await until(() => errors.length > 0, 'the server refuses');
    expect(errors[0]).toMatchObject({ code: 'ERR_SOCK_TLS_NO_SHARED_CIPHER', kind: 'handshake', category: 'protocol' });
    odd.destroy();
    await listener.close();
  });

  test('a ClientHello that is too short to be one', async () => {
    const { listener, port, errors } = await serve();
    const odd = await rawPeer({ port });
    odd.socket.write(Buffer.from([0x16, 0x03, 0x01, 0x00, 0x05, 0x01, 0x00, 0x00, 0x01, 0x00]));
    await until(() => errors.length > 0, 'the server refuses');
    expect(errors[0]).toMatchObject({ code: 'ERR_SOCK_TLS_HANDSHAKE', kind: 'handshake' });
    odd.socket.destroy();
    await listener.close();
  });

  test('an engine that fails to send the secure end', () => {
    const cause = Object.assign(new Error('protocol is shutdown'), { code: 'ERR_SSL_PROTOCOL_IS_SHUTDOWN' });
    const error = tlsFailure(cause, { endpoint: { host: '127.0.0.1', port: 443 }, established: true, phase: 'shutdown', maxText: 512 });
    expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_SHUTDOWN', kind: 'shutdown', phase: 'shutdown', cause });
    expect(error.message).toContain('127.0.0.1:443');
  });

  test('a connection that breaks while the secure end still waits to leave', async () => {
    const { listener, port } = await serve();
    const proxy = await sniffingProxy({ port });
    const plain = await connect({ host: '127.0.0.1', port: proxy.port });
    const [client, server, wire] = await Promise.all([plain.upgrade(createClientContext({ ca: authority.ca }), 'localhost'), listener.accept(), proxy.next()]);
    wire.stall('up');
    // More than the system holds, so that the end stands behind bytes that cannot leave.
    for (let quiet = 0; quiet < 20; ) {
      quiet = client.trySend(new Uint8Array(65_536)) > 0 ? 0 : quiet + 1;
      await new Promise(setImmediate);
    }
    const receiving = rejection<TlsError>(client.recv());
    const ending = rejection(client.shutdown());
    await new Promise(setImmediate);
    wire.inject('down', Buffer.concat([Buffer.from([0x17, 0x03, 0x03, 0x00, 0x20]), Buffer.alloc(32, 7)]));
    const error = await receiving;
    expect(error).toMatchObject({ kind: 'protocol', code: 'ERR_SOCK_TLS_PROTOCOL' });
    expect(await ending).toBe(error);
    server.destroy();
    await proxy.close();
    await listener.close();
  });
});
