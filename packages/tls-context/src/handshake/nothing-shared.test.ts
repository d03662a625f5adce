import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { upgradeConnector, upgradeListener } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import { listen, tcp } from '@sock/io';
import { leakGuard, rejection, spawnPeer, until } from '@sock/testkit';
import { afterAll, describe, expect, test } from 'vitest';
import type { ClientContextOptions, TlsError, TlsVersion } from '../index.ts';
import { createClientContext, createServerContext, TLS_INFO } from '../index.ts';
import { helloRefused } from '../context/client-hello-choice.ts';
import { noSharedAlpn } from '../hello/alpn.ts';
import { tlsFailure } from './tls-failure.ts';

leakGuard();

const authority = createAuthority();
const { chain, key } = authority.issue({ names: ['localhost'] });
const folder = mkdtempSync(join(tmpdir(), 'sock-nothing-shared-'));
const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
writeFileSync(certFile, chain);
writeFileSync(keyFile, key);
afterAll(() => rmSync(folder, { recursive: true }));

/** What the server insists on. */
interface Terms {
  readonly version: TlsVersion;
  readonly alpn?: string;
  readonly cipher?: string;
}

interface Server extends AsyncDisposable {
  readonly port: number;
  /** The codes of its own errors; only ours has them. */
  readonly errors?: readonly TlsError[];
}

const SERVERS: Readonly<Record<string, (terms: Terms) => Promise<Server>>> = {
  'our server': async ({ version, alpn, cipher }) => {
    const errors: TlsError[] = [];
    const context = createServerContext({ cert: chain, key, minVersion: version, maxVersion: version, alpn: alpn === undefined ? undefined : [alpn], ciphers: cipher === undefined ? undefined : [cipher] });
    const listener = upgradeListener(await listen('127.0.0.1:0'), context, { onUpgradeError: (error) => errors.push(error as TlsError) });
    return { port: (listener.endpoint as { port: number }).port, errors, [Symbol.asyncDispose]: () => listener.close() };
  },
  'node:tls': async ({ version, alpn, cipher }) => {
    const server = createServer({ cert: chain, key, minVersion: version, maxVersion: version, ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }), ...(cipher === undefined ? {} : { ciphers: cipher }) });
    // What one client cannot agree on is no error of the server's.
    server.on('tlsClientError', () => {}).on('secureConnection', (socket) => socket.on('error', () => {}));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: async () => void (await once(server.close(), 'close')) };
  },
  'openssl s_server': async ({ version, alpn, cipher }) => {
    const options = [...(alpn === undefined ? [] : ['-alpn', alpn]), ...(cipher === undefined ? [] : [version === 'TLSv1.3' ? '-ciphersuites' : '-cipher', cipher])];
    const peer = spawnPeer('openssl', ['s_server', '-accept', '127.0.0.1:0', version === 'TLSv1.3' ? '-tls1_3' : '-tls1_2', '-cert_chain', certFile, '-cert', certFile, '-key', keyFile, ...options]);
    const [, port] = await peer.line(/^ACCEPT .*:(\d+)$/);
    return { port: Number(port), [Symbol.asyncDispose]: () => peer.stop() };
  },
};

const CIPHERS: Readonly<Record<TlsVersion, readonly [server: string, client: string]>> = {
  'TLSv1.2': ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  'TLSv1.3': ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384'],
};

const dial = (port: number, options: ClientContextOptions): ReturnType<ReturnType<typeof upgradeConnector>['connect']> =>
  upgradeConnector(tcp(), createClientContext({ ca: authority.ca, serverName: 'localhost', ...options })).connect({ host: '127.0.0.1', port }, { timeout: '10s' });

describe.each(Object.entries(SERVERS))('%s', (_name, serve) => {
  describe.each(['TLSv1.2', 'TLSv1.3'] as const)('%s', (version) => {
    const only = { minVersion: version, maxVersion: version };

    test('no version in common has its own code on both sides, and the alert on ours', async () => {
      await using server = await serve({ version });
      const other = version === 'TLSv1.2' ? 'TLSv1.3' : 'TLSv1.2';
      const error = await rejection<TlsError>(dial(server.port, { minVersion: other, maxVersion: other }));
      expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_VERSION', alert: 'protocol_version', kind: 'handshake', phase: 'handshake', category: 'protocol', endpoint: { port: server.port } });
      expect(error.message).toContain('"protocol_version": it shares no version of TLS with this side; compare minVersion and maxVersion of both');
      await told(server, 'ERR_SOCK_TLS_VERSION', 'compare minVersion and maxVersion of both');
      const client = await dial(server.port, only);
      expect(client.get(TLS_INFO)?.protocol).toBe(version);
      client.destroy();
    });

    test('no application protocol in common', async () => {
      await using server = await serve({ version, alpn: 'imap' });
      const error = await rejection<TlsError>(dial(server.port, { ...only, alpn: ['h2', 'http/1.1'] }));
      expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_NO_ALPN', alert: 'no_application_protocol', kind: 'handshake', phase: 'handshake', category: 'protocol' });
      expect(error.message).toContain('it shares no application protocol (ALPN) with this side; compare alpn of both');
      await told(server, 'ERR_SOCK_TLS_NO_ALPN', 'it offers "h2", "http/1.1", the server has "imap"');
      const client = await dial(server.port, { ...only, alpn: ['h2', 'imap'] });
      expect(client.get(TLS_INFO)?.alpn).toBe('imap');
      client.destroy();
    });

    test('no cipher suite in common', async () => {
      const [theirs, ours] = CIPHERS[version];
      await using server = await serve({ version, cipher: theirs });
      const error = await rejection<TlsError>(dial(server.port, { ...only, ciphers: [ours] }));
      expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_NO_SHARED_CIPHER', alert: 'handshake_failure', kind: 'handshake', phase: 'handshake', category: 'protocol' });
      expect(error.message).toContain('it shares no cipher suite, group or signature algorithm with this side');
      await told(server, 'ERR_SOCK_TLS_NO_SHARED_CIPHER', 'compare ciphers, groups, signatureAlgorithms');
      const client = await dial(server.port, { ...only, ciphers: [ours, theirs] });
      expect(client.get(TLS_INFO)?.protocol).toBe(version);
      client.destroy();
    });
  });
});

describe('a "handshake_failure"', () => {
  const cause = Object.assign(new Error('sslv3 alert handshake failure'), { code: 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE' });
  const during = { endpoint: undefined, established: false, phase: 'handshake', maxText: 100 } as const;

  test('that answers the ClientHello itself means that nothing is shared: there was no talk of certificates yet', () => {
    const error = tlsFailure(cause, { ...during, helloRefused: true });
    expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_NO_SHARED_CIPHER', alert: 'handshake_failure', kind: 'handshake', cause });
    expect(error.message).toContain('compare ciphers, groups, signatureAlgorithms and the types of keys of both');
  });

  test.each([false, undefined])('that may be about a client certificate (%s) stays the alert, with both cures', (helloRefused) => {
    const error = tlsFailure(cause, { ...during, helloRefused });
    expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_ALERT', alert: 'handshake_failure', kind: 'handshake' });
    expect(error.message).toContain('or wants a client certificate; compare them, or give the context cert and key');
  });

  test('on an established connection, or another alert there, is no matter of the handshake', () => {
    const established = { ...during, established: true, phase: 'recv', helloRefused: true } as const;
    expect(tlsFailure(cause, established)).toMatchObject({ code: 'ERR_SOCK_TLS_ALERT', kind: 'protocol', phase: 'recv' });
    const version = Object.assign(new Error('odd'), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
    expect(tlsFailure(version, established)).toMatchObject({ code: 'ERR_SOCK_TLS_ALERT', alert: 'protocol_version', kind: 'protocol' });
  });
});

test('TLSv1.3: no group in common is told to both sides', async () => {
  const errors: TlsError[] = [];
  const context = createServerContext({ cert: chain, key, groups: ['P-384'] });
  const listener = upgradeListener(await listen('127.0.0.1:0'), context, { onUpgradeError: (error) => errors.push(error as TlsError) });
  const { port } = listener.endpoint as { port: number };
  expect(await rejection<TlsError>(dial(port, { groups: ['P-256'] }))).toMatchObject({ code: 'ERR_SOCK_TLS_NO_SHARED_CIPHER', alert: 'handshake_failure' });
  await until(() => errors.length > 0, 'the server refuses');
  expect(errors[0]).toMatchObject({ code: 'ERR_SOCK_TLS_NO_SHARED_CIPHER', cause: { code: 'ERR_SSL_NO_SUITABLE_KEY_SHARE' } });
  (await dial(port, { groups: ['P-256', 'P-384'] })).destroy();
  await listener.close();
});

describe('a function that chooses the protocol', () => {
  const endpoint = { host: '127.0.0.1', port: 4711 };

  test('and chooses none is named, with what it was offered', () => {
    expect(noSharedAlpn(endpoint, ['h2'], () => undefined, 100).message).toBe(
      'no application protocol (ALPN) was agreed on with the client at 127.0.0.1:4711: it offers "h2", the function in alpn chose none of these; let it choose one of the client\'s, or correct the client',
    );
  });

  test('and chooses one that was not offered is told which', () => {
    const error = noSharedAlpn(endpoint, ['h2'], () => 'imap', 100, 'imap');
    expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_NO_ALPN', kind: 'handshake' });
    expect(error.message).toContain('it offers "h2", the function in alpn chose "imap", which is none of these;');
  });
});

test('a function that fails is told by the option that holds it, with its words', () => {
  const facts = { serverName: 'a.test', alpn: ['h2'], versions: ['TLSv1.3'], remote: undefined };
  const cause = new Error('the table is away');
  expect(helloRefused(facts, 'internal_error', cause, 'alpn')).toMatchObject({ code: 'ERR_SOCK_TLS_HELLO_REFUSED', cause, message: expect.stringContaining('the function in alpn failed (the table is away); it was told "internal_error"') as unknown });
  expect(helloRefused(facts, 'internal_error', cause).message).toContain('the function in onClientHello failed (the table is away)');
});

/** Ours tells its own side, too. */
async function told({ errors }: Server, code: string, words: string): Promise<void> {
  if (errors === undefined) return;
  await until(() => errors.length > 0, 'the server refuses');
  expect(errors.map((error) => error.code)).toEqual([code]);
  expect(errors[0]?.message).toContain(words);
}
