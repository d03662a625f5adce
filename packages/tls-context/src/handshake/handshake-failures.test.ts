import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Socket, UpgradedListener } from '@sock/core';
import { SocketError, upgradeConnector, upgradeListener } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import { connect, listen, tcp } from '@sock/io';
import { bytes, leakGuard, rawPeer, rawServer, rejection, sniffingProxy, text, until } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import type { ClientContextOptions, ServerContextOptions } from '../index.ts';
import { danger } from '../danger.ts';
import { createClientContext, createServerContext, TLS_INFO, TlsError } from '../index.ts';

const lenient = danger({ reason: 'to show certificates that a client must refuse', allow: ['own-certificate'] });
leakGuard();

const authority = createAuthority();
const stranger = createAuthority({ name: 'A stranger' });
const issued = authority.issue({ names: ['localhost'], ips: ['127.0.0.1'] });
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

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

describe.each(VERSIONS)('%s: a client refuses', (version) => {
  const only = { minVersion: version, maxVersion: version };

  async function refused(server: Partial<ServerContextOptions>, client: ClientContextOptions, host = 'localhost'): Promise<TlsError> {
    const served = await serve(server);
    try {
      return await rejection<TlsError>(dial(served.port, { ...only, ...client }, '5s', host));
    } finally {
      await served.listener.close();
    }
  }

  test('nothing, when all is right: the positive twin', async () => {
    const { listener, port } = await serve();
    const [client, server] = await Promise.all([dial(port, only), listener.accept()]);
    expect(client.get(TLS_INFO)).toMatchObject({ role: 'client', protocol: version, state: 'complete', verified: true, resumed: false, serverName: 'localhost' });
    expect(client.get(TLS_INFO)?.verification.map(({ step, outcome }) => [step, outcome])).toEqual([['chain', 'ok'], ['name', 'ok'], ['depth', 'ok'], ['pins', 'skipped'], ['crl', 'skipped'], ['ocsp', 'skipped'], ['custom', 'skipped']]);
    expect(server.get(TLS_INFO)).toMatchObject({ role: 'server', protocol: version, state: 'complete', verified: false, serverName: 'localhost' });
    await client.send(bytes('ping'));
    expect(text(await server.recv())).toBe('ping');
    await Promise.all([client.close(), server.close(), listener.close()]);
  });

  test('an authority that it does not trust', async () => {
    const error = await refused({}, { ca: stranger.ca });
    expect(error).toBeInstanceOf(TlsError);
    expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_UNKNOWN_ISSUER', kind: 'verify', phase: 'verify', category: 'trust' });
    expect(error.message).toContain('Sock development');
    expect(error.cause).toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  });

  test('a certificate for another name, and says for which', async () => {
    const error = await refused({}, { serverName: 'other.test' });
    expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_NAME_MISMATCH', kind: 'verify' });
    expect(error.message).toContain('"other.test": its certificate is for DNS:localhost');
  });

  test('an expired certificate', async () => {
    const old = authority.issue({ names: ['localhost'], validity: 'expired' });
    const error = await refused({ cert: old.chain, key: old.key, danger: lenient }, {});
    expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_EXPIRED', kind: 'verify' });
    expect(error.message).toMatch(/valid to .* GMT/);
  });

  test('a certificate that is not valid yet', async () => {
    const early = authority.issue({ names: ['localhost'], validity: 'not-yet-valid' });
    expect(await refused({ cert: early.chain, key: early.key, danger: lenient }, {})).toMatchObject({ code: 'ERR_SOCK_TLS_NOT_YET_VALID', kind: 'verify' });
  });

  test('a certificate that signed itself', async () => {
    const { createSelfSigned } = await import('@sock/dev-certs');
    const own = createSelfSigned({ names: ['localhost'] });
    expect(await refused({ cert: own.cert, key: own.key }, {})).toMatchObject({ code: 'ERR_SOCK_TLS_SELF_SIGNED', kind: 'verify' });
  });

  test('a certificate that was made for clients', async () => {
    const wrong = authority.issue({ names: ['localhost'], usage: 'client' });
    expect(await refused({ cert: wrong.chain, key: wrong.key }, {})).toMatchObject({ code: 'ERR_SOCK_TLS_PURPOSE', kind: 'verify' });
  });

  test('a chain that breaks the name constraints of its authority', async () => {
    const bounded = authority.issueIntermediate({ nameConstraints: { permitted: { names: ['allowed.test'] } } });
    const outside = bounded.issue({ names: ['localhost'] });
    const error = await refused({ cert: outside.chain, key: outside.key }, {});
    expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_CONSTRAINT', kind: 'verify' });
    expect(error.message).toContain('permitted subtree violation');
  });

  test('a longer chain than maxChainDepth allows', async () => {
    const deep = authority.issueIntermediate().issueIntermediate().issue({ names: ['localhost'] });
    expect(await refused({ cert: deep.chain, key: deep.key }, { maxChainDepth: 1 })).toMatchObject({ code: 'ERR_SOCK_TLS_CHAIN_TOO_LONG', category: 'limit' });
    const served = await serve({ cert: deep.chain, key: deep.key });
    const client = await dial(served.port, { ...only, maxChainDepth: 2 });
    expect(client.get(TLS_INFO)?.peerChain).toHaveLength(3);
    await Promise.all([client.close(), served.listener.close()]);
  });

  test('a server that hides its intermediates', async () => {
    const leaf = authority.issueIntermediate().issue({ names: ['localhost'] });
    expect(await refused({ cert: leaf.cert, key: leaf.key }, {})).toMatchObject({ code: 'ERR_SOCK_TLS_UNKNOWN_ISSUER' });
  });

  test('a server that does not shake hands with its versions', async () => {
    const older = version === 'TLSv1.3' ? 'TLSv1.2' : 'TLSv1.3';
    const served = await serve({ minVersion: older, maxVersion: older });
    const error = await rejection<TlsError>(dial(served.port, only));
    expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_ALERT', alert: 'protocol_version', kind: 'handshake' });
    await served.listener.close();
    expect(served.errors.map(({ code }) => code)).toEqual(['ERR_SOCK_TLS_VERSION']);
  });
});

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

describe('a server that wants client certificates', () => {
  const worker = authority.issue({ usage: 'client', commonName: 'worker' });
  const mutual: Partial<ServerContextOptions> = { ca: authority.ca };

  test.each(VERSIONS)('%s: takes a client that shows a good one', async (version) => {
    const { listener, port } = await serve(mutual);
    const [client, server] = await Promise.all([dial(port, { maxVersion: version, cert: worker.chain, key: worker.key }), listener.accept()]);
    expect(server.get(TLS_INFO)).toMatchObject({ verified: true });
    expect(server.get(TLS_INFO)?.peerCertificate?.subject).toContain('worker');
    await Promise.all([client.close(), server.close(), listener.close()]);
  });

  test('TLSv1.2: refuses one without, in the handshake', async () => {
    const { listener, port, errors } = await serve(mutual);
    expect(await rejection<TlsError>(dial(port, { maxVersion: 'TLSv1.2' }))).toMatchObject({ code: 'ERR_SOCK_TLS_ALERT', alert: 'handshake_failure', kind: 'handshake' });
    await listener.close();
    expect(errors.map(({ code }) => code)).toEqual(['ERR_SOCK_TLS_CERTIFICATE_REQUIRED']);
  });

  test('TLSv1.3: refuses one without, which the client learns at its first receive as the handshake error it is', async () => {
    const { listener, port, errors } = await serve(mutual);
    const client = await dial(port);
    expect(await rejection<TlsError>(client.recv())).toMatchObject({ code: 'ERR_SOCK_TLS_ALERT', alert: 'certificate_required', phase: 'handshake', kind: 'handshake', category: 'trust' });
    expect((await client.closed).how).toBe('error');
    await listener.close();
    expect(errors.map(({ code }) => code)).toEqual(['ERR_SOCK_TLS_CERTIFICATE_REQUIRED']);
  });

  test.each(VERSIONS)('%s: refuses one of a strange authority, and hands no socket to the program', async (version) => {
    const alien = stranger.issue({ usage: 'client', commonName: 'alien' });
    const { listener, port, errors } = await serve(mutual);
    const outcome = await dial(port, { maxVersion: version, cert: alien.chain, key: alien.key })
      .then(async (client) => {
        // Under TLS 1.3 the client has finished its handshake by then. libuv reports a reset right behind bytes as an end.
        const first = await client.recv();
        client.destroy();
        return first;
      })
      .catch((error: TlsError) => error.category);
    expect([null, 'reset']).toContain(outcome);
    await until(() => errors.length > 0, 'the server refuses');
    await listener.close();
    expect(errors.map(({ code }) => code)).toEqual(['ERR_SOCK_TLS_UNKNOWN_ISSUER']);
    expect(listener.failed).toBe(1);
  });

  test('verify "peer" takes a client without a certificate, and refuses a bad one', async () => {
    const { listener, port, errors } = await serve({ ...mutual, verify: 'peer' });
    const [client, server] = await Promise.all([dial(port), listener.accept()]);
    expect(server.get(TLS_INFO)).toMatchObject({ verified: false, peerCertificate: undefined });
    await Promise.all([client.close(), server.close()]);
    const alien = stranger.issue({ usage: 'client', commonName: 'alien' });
    const refused = await dial(port, { cert: alien.chain, key: alien.key });
    await until(() => errors.length > 0, 'the server refuses');
    refused.destroy();
    await listener.close();
    expect(errors.map(({ code }) => code)).toEqual(['ERR_SOCK_TLS_UNKNOWN_ISSUER']);
  });
});

test('the environment cannot switch verification off', async () => {
  const { listener, port } = await serve();
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  try {
    expect(await rejection(dial(port, { ca: stranger.ca }))).toMatchObject({ code: 'ERR_SOCK_TLS_UNKNOWN_ISSUER' });
  } finally {
    if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    await listener.close();
  }
});

test('a client that cannot say whom it expects does not start, and its connection ends', async () => {
  const silent = await rawServer();
  const socket = await connect({ host: '127.0.0.1', port: silent.port });
  const error = await rejection(socket.upgrade(createClientContext({ ca: authority.ca }), { path: '/run/some.sock' }));
  expect(error).toBeInstanceOf(SocketError);
  expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_NO_NAME' });
  await socket.closed;
  const peer = await silent.accept();
  await peer.closed;
  expect(peer.received).toHaveLength(0);
  await silent.close();
});
