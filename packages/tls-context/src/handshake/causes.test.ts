import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TlsOptions } from 'node:tls';
import { connect as tlsConnect, createServer } from 'node:tls';
import type { Socket } from '@sock/core';
import { upgradeConnector, upgradeListener } from '@sock/core';
import { createAuthority, createSelfSigned } from '@sock/dev-certs';
import { listen, tcp } from '@sock/io';
import { leakGuard, rejection, spawnPeer, until } from '@sock/testkit';
import { afterAll, describe, expect, test } from 'vitest';
import type { ClientContextOptions, ServerContext, ServerContextOptions, TlsErrorCode, TlsInfo } from '../index.ts';
import { createClientContext, createServerContext, TLS_INFO, TlsConfigError, TlsError } from '../index.ts';
import { crlCheck, ocspCheck } from '../revocation.ts';

// Each cause has one code, and a message that says what to do to the side that can do it. The details of each are tested with what finds it.

leakGuard();

const authority = createAuthority({ name: 'The authority' });
const good = authority.issue({ names: ['localhost'] });
const promising = authority.issue({ names: ['localhost'], mustStaple: true });
const worker = authority.issue({ usage: 'client', commonName: 'worker' });
const stranger = createAuthority({ name: 'A stranger' });
const revokedAt = new Date('2026-02-03T04:05:06Z');
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

const folder = mkdtempSync(join(tmpdir(), 'sock-causes-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Shown {
  readonly chain: string;
  readonly key: string;
}

interface ClientRow {
  readonly cause: string;
  readonly code: TlsErrorCode;
  readonly says: RegExp;
  readonly shows?: Shown;
  /** The OCSP response that comes with it. */
  readonly staple?: Uint8Array;
  readonly client?: ClientContextOptions;
}

const CLIENT_REFUSES: readonly ClientRow[] = [
  { cause: 'expired', code: 'ERR_SOCK_TLS_EXPIRED', says: /has expired.* valid to .* GMT\); renew it, or set the clock right/, shows: authority.issue({ names: ['localhost'], validity: 'expired' }) },
  { cause: 'not yet valid', code: 'ERR_SOCK_TLS_NOT_YET_VALID', says: /is not valid yet.* begins .* GMT\); is the clock right\?/, shows: authority.issue({ names: ['localhost'], validity: 'not-yet-valid' }) },
  { cause: 'of an unknown issuer', code: 'ERR_SOCK_TLS_UNKNOWN_ISSUER', says: /issued by "CN=A stranger", which is not trusted here; give its authority as ca, or let the peer send its intermediates/, shows: stranger.issue({ names: ['localhost'] }) },
  { cause: 'signed by itself', code: 'ERR_SOCK_TLS_SELF_SIGNED', says: /signed by itself and not trusted here; give it as ca/, shows: selfSigned() },
  { cause: 'for other names', code: 'ERR_SOCK_TLS_NAME_MISMATCH', says: /is not "localhost": its certificate is for DNS:a\.test, DNS:\*\.b\.test/, shows: authority.issue({ names: ['a.test', '*.b.test'] }) },
  { cause: 'made for clients', code: 'ERR_SOCK_TLS_PURPOSE', says: /not made for this side of TLS \(extended key usage\)/, shows: authority.issue({ names: ['localhost'], usage: 'client' }) },
  { cause: 'with a signature that is wrong', code: 'ERR_SOCK_TLS_UNTRUSTED', says: /is not trusted: certificate signature failure/, shows: { chain: spoilt(good.cert), key: good.key } },
  {
    cause: 'revoked by a list', code: 'ERR_SOCK_TLS_REVOKED', says: /revoked.*2026-02-03T04:05:06.*key compromise/,
    client: { crl: crlCheck({ lists: [authority.crl({ revoked: [{ serialNumber: good.serialNumber, at: revokedAt, reason: 'keyCompromise' }] }).pem] }) },
  },
  { cause: 'of an issuer without a list', code: 'ERR_SOCK_TLS_CRL_MISSING', says: /no list of it is there; give it in lists, or choose the policy "soft"/, client: { crl: crlCheck({ lists: [stranger.crl().pem] }) } },
  { cause: 'of an issuer whose list is old', code: 'ERR_SOCK_TLS_CRL_STALE', says: /ran out on .*; fetch a newer one, or set the clock right/, client: { crl: crlCheck({ lists: [authority.crl({ validity: 'expired' }).pem] }) } },
  {
    cause: 'revoked by its staple', code: 'ERR_SOCK_TLS_REVOKED', says: /revoked.*2026-02-03T04:05:06.*key compromise/,
    staple: authority.ocspResponse({ certificate: good, status: 'revoked', revokedAt, reason: 'keyCompromise' }), client: { ocsp: ocspCheck({ policy: 'hard' }) },
  },
  { cause: 'without its staple', code: 'ERR_SOCK_TLS_STAPLE_MISSING', says: /says that it staples \(RFC 7633\); switch stapling on at the server/, shows: promising, client: { ocsp: ocspCheck() } },
  { cause: 'with a stale staple', code: 'ERR_SOCK_TLS_STAPLE_STALE', says: /ran out on .*; the server must fetch a newer one/, staple: authority.ocspResponse({ certificate: good, validity: 'expired' }), client: { ocsp: ocspCheck({ policy: 'hard' }) } },
  { cause: 'with a forged staple', code: 'ERR_SOCK_TLS_STAPLE_FORGED', says: /is forged, .* its signature is wrong/, staple: authority.ocspResponse({ certificate: good, corruptSignature: true }), client: { ocsp: ocspCheck({ policy: 'hard' }) } },
  { cause: 'with the staple of another', code: 'ERR_SOCK_TLS_STAPLE_INVALID', says: /is about another certificate/, staple: authority.ocspResponse({ certificate: promising }), client: { ocsp: ocspCheck({ policy: 'hard' }) } },
];

describe.each(VERSIONS)('%s: a client refuses a certificate', (version) => {
  test.each(CLIENT_REFUSES)('$cause: $code', async ({ code, says, shows = good, staple, client }) => {
    await using server = await serve({ cert: shows.chain, key: shows.key, maxVersion: version }, staple);
    const error = await rejection<TlsError>(dial(server.port, { minVersion: version, maxVersion: version, ...client }));
    expect(error).toBeInstanceOf(TlsError);
    expect(error).toMatchObject({ code, kind: 'verify', phase: 'verify', category: 'trust', alert: undefined, endpoint: { port: server.port } });
    expect(error.message).toMatch(says);
  });

  test('but not the twin that has all of it right', async () => {
    await using server = await serve({ cert: promising.chain, key: promising.key, maxVersion: version }, authority.ocspResponse({ certificate: promising }));
    const socket = await dial(server.port, { minVersion: version, ocsp: ocspCheck({ policy: 'hard' }), crl: crlCheck({ lists: [authority.crl().pem] }), maxVersion: version });
    expect(socket.get(TLS_INFO)?.verification.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual(['chain ok', 'name ok', 'depth ok', 'pins skipped', 'crl ok', 'ocsp ok', 'custom skipped']);
    socket.destroy();
  });
});

interface ServerRow {
  readonly cause: string;
  readonly code: TlsErrorCode;
  readonly says: RegExp;
  readonly shows: Shown;
  readonly server?: Partial<ServerContextOptions>;
}

const SERVER_REFUSES: readonly ServerRow[] = [
  { cause: 'that has expired', code: 'ERR_SOCK_TLS_EXPIRED', says: /the client's certificate "CN=late".*has expired.*renew it, or set the clock right/, shows: authority.issue({ usage: 'client', commonName: 'late', validity: 'expired' }) },
  { cause: 'that is not valid yet', code: 'ERR_SOCK_TLS_NOT_YET_VALID', says: /the client's certificate "CN=early".*is the clock right\?/, shows: authority.issue({ usage: 'client', commonName: 'early', validity: 'not-yet-valid' }) },
  { cause: 'of an unknown issuer', code: 'ERR_SOCK_TLS_UNKNOWN_ISSUER', says: /the client's certificate.*give its authority as ca/, shows: stranger.issue({ usage: 'client', commonName: 'alien' }) },
  { cause: 'made for servers', code: 'ERR_SOCK_TLS_PURPOSE', says: /the client's certificate.*extended key usage/, shows: good },
  {
    cause: 'that was revoked', code: 'ERR_SOCK_TLS_REVOKED', says: /revoked.*2026-02-03T04:05:06.*superseded/, shows: worker,
    server: { crl: crlCheck({ lists: [authority.crl({ revoked: [{ serialNumber: worker.serialNumber, at: revokedAt, reason: 'superseded' }] }).pem] }) },
  },
];

describe.each(VERSIONS)('%s: a server refuses a client certificate', (version) => {
  test.each(SERVER_REFUSES)('$cause, and tells its own side: $code', async ({ code, says, shows, server }) => {
    const errors: TlsError[] = [];
    const context = createServerContext({ cert: good.chain, key: good.key, ca: authority.ca, maxVersion: version, ...server });
    const listener = upgradeListener(await listen('127.0.0.1:0'), context, { onUpgradeError: (error) => errors.push(error as TlsError) });
    const { port } = listener.endpoint as { port: number };
    const client = tlsConnect({ host: '127.0.0.1', port, servername: 'localhost', ca: authority.ca, cert: shows.chain, key: shows.key });
    client.on('error', () => {});
    await until(() => errors.length > 0, 'the server refuses');
    client.destroy();
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ code, kind: 'verify', phase: 'verify', category: 'trust' });
    expect(errors[0]?.message).toMatch(says);
    await listener.close();
  });
});

describe('a context is not made of', () => {
  const file = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const encrypted = good.encryptedKey('right');
  const cutOff = good.cert.split('\n').slice(0, 4).join('\n');

  test.each<[cause: string, code: TlsErrorCode, option: string, says: RegExp, options: Partial<ServerContextOptions>]>([
    ['a PEM file that is cut off, with file and line', 'ERR_SOCK_TLS_PEM', 'cert', /cut\.pem, line 3: .* has no END line: the text is cut off/, { cert: { file: file('cut.pem', `\n\n${cutOff}`) } }],
    ['a wrong pass phrase', 'ERR_SOCK_TLS_PASSPHRASE', 'key', /line 1: the passphrase does not open the key, or the key is damaged/, { key: encrypted, passphrase: 'wrong' }],
    ['no pass phrase', 'ERR_SOCK_TLS_PASSPHRASE', 'key', /the key is encrypted: give its passphrase/, { key: encrypted }],
    ['the key of another certificate', 'ERR_SOCK_TLS_KEY_MISMATCH', 'key', /does not match the certificate "CN=localhost".*: it belongs to another certificate/, { key: worker.key }],
  ])('%s', (_cause, code, option, says, options) => {
    const make = (): unknown => createServerContext({ cert: good.chain, key: good.key, ...options });
    expect(make).toThrow(TlsConfigError);
    expect(make).toThrow(expect.objectContaining({ code, option, message: expect.stringMatching(says) as unknown }));
    expect(() => createServerContext({ cert: good.chain, key: encrypted, passphrase: 'right' })).not.toThrow();
  });
});

test('a certificate signed with SHA-1 is too weak', async () => {
  const [caKey, caCert, key, request, cert] = ['ca.key', 'ca.pem', 'weak.key', 'weak.csr', 'weak.pem'].map((name) => join(folder, name)) as [string, string, string, string, string];
  const names = join(folder, 'names');
  writeFileSync(names, 'subjectAltName=DNS:localhost\n');
  for (const args of [
    ['req', '-x509', '-newkey', 'rsa:2048', '-noenc', '-keyout', caKey, '-out', caCert, '-subj', '/CN=Old', '-sha256'],
    ['req', '-new', '-newkey', 'rsa:2048', '-noenc', '-keyout', key, '-out', request, '-subj', '/CN=localhost'],
  ]) await openssl(args);
  for (const [digest, code] of [['-sha1', 'ERR_SOCK_TLS_WEAK'], ['-sha256', 'none']] as const) {
    await openssl(['x509', '-req', '-in', request, '-CA', caCert, '-CAkey', caKey, '-CAcreateserial', '-days', '1', '-extfile', names, digest, '-out', cert]);
    await using server = await serve({ cert: readFileSync(cert), key: readFileSync(key), ciphers: 'DEFAULT:@SECLEVEL=0' });
    const outcome = await dial(server.port, { ca: readFileSync(caCert) }).then((socket) => {
      socket.destroy();
      return { code: 'none', message: '' };
    }, (error: TlsError) => error);
    expect(outcome.code).toBe(code);
    if (code !== 'none') expect(outcome).toMatchObject({ kind: 'verify', message: expect.stringContaining('has a key or a signature that is too weak to be trusted') as unknown });
  }
});

test.each(VERSIONS)('%s: a session of a server that knows the intermediates is refused by one that does not, and says what to do', async (version) => {
  const middle = authority.issueIntermediate();
  const client = middle.issue({ usage: 'client', commonName: 'worker' });
  const context = (): ServerContext => createServerContext({ cert: good.chain, key: good.key, ca: authority.ca, sessions: { ticketSecret: 'x'.repeat(32) }, maxVersion: version });
  const [first, second] = [context(), context()];
  const listener = await listen('127.0.0.1:0');
  const connector = upgradeConnector(tcp(), createClientContext({ ca: authority.ca, serverName: 'localhost', cert: client.chain, key: client.key }));
  const meet = async (server: ServerContext): Promise<TlsInfo | undefined> => {
    const accepting = listener.accept().then((socket) => socket.upgrade(server));
    const dialling = connector.connect(listener.endpoint);
    // Under TLS 1.3 it is through before the server has looked; what matters here is what the server finds.
    void dialling.then(async (socket) => await socket.recv().finally(() => socket.destroy())).catch(() => {});
    const socket = await accepting;
    await socket.send(Buffer.from('x'));
    await socket.recv().catch(() => {});
    socket.destroy();
    return socket.get(TLS_INFO);
  };
  expect(await meet(first)).toMatchObject({ resumed: false, verified: true });
  expect(await meet(first)).toMatchObject({ resumed: true, verified: true });
  const error = await rejection<TlsError>(meet(second));
  expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_SESSION', kind: 'verify', retryable: true });
  expect(error.message).toContain('give them as ca, too, or set once to false');
  await listener.close();
});

/** A server that is not ours: it shows what ours would refuse to load. */
async function serve(options: TlsOptions, staple?: Uint8Array): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer(options);
  server.on('tlsClientError', () => {}).on('secureConnection', (socket) => socket.on('error', () => {}));
  if (staple !== undefined) server.on('OCSPRequest', (_certificate, _issuer, answer: (error: null, response: Buffer) => void) => answer(null, Buffer.from(staple)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: async () => void (await once(server.close(), 'close')) };
}

function dial(port: number, options: ClientContextOptions): Promise<Socket> {
  return upgradeConnector(tcp(), createClientContext({ ca: authority.ca, serverName: 'localhost', ...options })).connect({ host: '127.0.0.1', port }, { timeout: '10s' });
}

async function openssl(args: readonly string[]): Promise<void> {
  await using program = spawnPeer('openssl', args);
  expect(await program.exit, program.output).toBe(0);
}

function selfSigned(): Shown {
  const { cert, key } = createSelfSigned({ names: ['localhost'] });
  return { chain: cert, key };
}

/** The certificate with the last byte of its signature changed. */
function spoilt(pem: string): string {
  const der = Buffer.from(pem.replace(/-----.*-----/g, ''), 'base64');
  der.writeUInt8(der.readUInt8(der.length - 1) ^ 1, der.length - 1);
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}
