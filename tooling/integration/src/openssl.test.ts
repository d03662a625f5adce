import type { Socket } from '@sock/core';
import { isTcpEndpoint, upgradeConnector, upgradeListener } from '@sock/core';
import { listen, tcp } from '@sock/io';
import { bytes, leakGuard, rejection, spawnPeer, text } from '@sock/testkit';
import { createClientContext, createServerContext, TLS_INFO } from '@sock/tls-context';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Certificates } from './certificates.ts';
import { makeCertificates } from './certificates.ts';

const VERSIONS = [
  ['TLSv1.2', '-tls1_2'],
  ['TLSv1.3', '-tls1_3'],
] as const;

describe.each(['ec', 'rsa'] as const)('with %s keys', (keyType) => {
  let certificates: Certificates;
  beforeAll(async () => {
    certificates = await makeCertificates(keyType);
  });
  afterAll(async () => {
    await certificates[Symbol.asyncDispose]();
  });
  leakGuard();

  /** Our listener, and `openssl s_client` dialling it. */
  async function dialled(flags: readonly string[], ca?: string): Promise<{ peer: ReturnType<typeof spawnPeer>; listener: ReturnType<typeof upgradeListener> }> {
    const context = createServerContext({ cert: { file: certificates.file('server.pem') }, key: { file: certificates.file('server.key') }, ...(ca === undefined ? {} : { ca }) });
    const listener = upgradeListener(await listen({ host: '127.0.0.1', port: 0 }), context);
    const port = isTcpEndpoint(listener.endpoint) ? listener.endpoint.port : 0;
    const peer = spawnPeer('openssl', [
      's_client', '-connect', `127.0.0.1:${port}`, '-servername', 'localhost', '-CAfile', certificates.file('ca.pem'),
      '-verify_return_error', '-verify_hostname', 'localhost', '-brief', ...flags,
    ]);
    return { peer, listener };
  }

  /** `openssl s_server` that sends every line back turned round, and its port. */
  async function served(flags: readonly string[]): Promise<{ peer: ReturnType<typeof spawnPeer>; port: number }> {
    const peer = spawnPeer('openssl', [
      's_server', '-accept', '127.0.0.1:0', '-cert', certificates.file('server.pem'), '-cert_chain', certificates.file('above.pem'),
      '-key', certificates.file('server.key'), '-rev', ...flags,
    ]);
    const [, port] = await peer.line(/^ACCEPT .*:(\d+)$/);
    return { peer, port: Number(port) };
  }

  function dial(port: number, version: 'TLSv1.2' | 'TLSv1.3', own?: 'client'): Promise<Socket> {
    const identity = own === undefined ? {} : { cert: certificates.client.chain, key: certificates.client.key };
    const context = createClientContext({ ca: { file: certificates.file('ca.pem') }, minVersion: version, maxVersion: version, ...identity });
    return upgradeConnector(tcp(), context).connect({ host: 'localhost', port }, { timeout: '10s' });
  }

  test.each(VERSIONS)('%s: openssl s_client and our listener exchange data both ways', async (version, flag) => {
    const { peer, listener } = await dialled([flag]);
    const socket = await listener.accept({ timeout: '10s' });
    expect(socket.get(TLS_INFO)).toMatchObject({ protocol: version, serverName: 'localhost', role: 'server' });
    await peer.line(/^Verification: OK$/);
    await peer.line(/^Verified peername: localhost$/);
    peer.write('from openssl\n');
    expect(text(await socket.recvExactly(13, { timeout: '10s' }))).toBe('from openssl\n');
    await socket.send(bytes('from sock\n'));
    await peer.line(/^from sock$/);
    await socket.close();
    expect(await peer.exit).toBe(0);
    await listener.close();
  });

  test.each(VERSIONS)('%s: our client and openssl s_server exchange data both ways', async (version, flag) => {
    const { peer, port } = await served([flag]);
    const socket = await dial(port, version);
    expect(socket.get(TLS_INFO)).toMatchObject({ protocol: version, verified: true });
    expect(socket.get(TLS_INFO)?.peerChain).toHaveLength(2);
    await socket.send(bytes('abcdef\n'));
    expect(text(await socket.recvExactly(7, { timeout: '10s' }))).toBe('fedcba\n');
    await socket.close();
    await peer.stop();
  });

  test.each(VERSIONS)('%s: client certificates, our listener asking', async (version, flag) => {
    const { peer, listener } = await dialled([flag, '-cert', certificates.file('client.pem'), '-cert_chain', certificates.file('above.pem'), '-key', certificates.file('client.key')], certificates.ca);
    const socket = await listener.accept({ timeout: '10s' });
    expect(socket.get(TLS_INFO)).toMatchObject({ protocol: version, verified: true });
    expect(socket.get(TLS_INFO)?.peerCertificate?.subject).toContain('CN=worker');
    await socket.close();
    await peer.stop();
    await listener.close();
  });

  test.each(VERSIONS)('%s: client certificates, openssl asking', async (version, flag) => {
    const { peer, port } = await served([flag, '-Verify', '2', '-CAfile', certificates.file('ca.pem'), '-verify_return_error']);
    const socket = await dial(port, version, 'client');
    await socket.send(bytes('abc\n'));
    expect(text(await socket.recvExactly(4, { timeout: '10s' }))).toBe('cba\n');
    await socket.close();
    const refused = dial(port, version).then((plain) => plain.recv({ timeout: '10s' }));
    expect(await rejection(refused)).toMatchObject({ code: 'ERR_SOCK_TLS_ALERT', kind: 'handshake', phase: 'handshake' });
    await peer.stop();
  });
});

describe('openssl refuses what it should, so the tests above mean something', () => {
  leakGuard();

  test('s_client does not accept our listener under another name', async () => {
    await using certificates = await makeCertificates('ec');
    const context = createServerContext({ cert: certificates.server.chain, key: certificates.server.key });
    const errors: unknown[] = [];
    const listener = upgradeListener(await listen({ host: '127.0.0.1', port: 0 }), context, { onUpgradeError: (error) => errors.push(error) });
    const port = isTcpEndpoint(listener.endpoint) ? listener.endpoint.port : 0;
    await using peer = spawnPeer('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-CAfile', certificates.file('ca.pem'), '-verify_return_error', '-verify_hostname', 'other.test']);
    await peer.line(/hostname mismatch/i);
    expect(await peer.exit).toBe(1);
    await listener.close();
    expect(errors).toMatchObject([{ code: 'ERR_SOCK_TLS_ALERT', kind: 'handshake' }]);
  });
});
