import { SocketError } from '@sock/core';
import { createSelfSigned } from '@sock/dev-certs';
import { connect } from '@sock/io';
import { bytes, leakGuard, rawServer, rejection, text } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { danger } from '../danger.ts';
import type { ClientContextOptions, ServerContextOptions } from '../index.ts';
import { createClientContext, TLS_INFO, TlsError } from '../index.ts';
import { authority, dial, serve, stranger, VERSIONS } from './refusal-world.test-d.ts';

leakGuard();

const lenient = danger({ reason: 'to show certificates that a client must refuse', allow: ['own-certificate'] });

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
