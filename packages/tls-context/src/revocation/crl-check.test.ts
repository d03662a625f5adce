import { X509Certificate } from 'node:crypto';
import { createAuthority } from '@sock/dev-certs';
import { leakGuard, rejection } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import type { Peer } from '../verify/peer.ts';
import type { CrlCheckOptions } from './crl-check.ts';
import { crlCheck } from './crl-check.ts';

leakGuard();

const root = createAuthority({ name: 'Root' });
const middle = root.issueIntermediate({ name: 'Middle' });
const leaf = middle.issue({ names: ['a.test'] });
const other = middle.issue({ names: ['b.test'] });
const x509 = (pem: string): X509Certificate => new X509Certificate(pem);
const PATH = [x509(leaf.cert), x509(middle.certificate.pem), x509(root.ca)];

function peer(path: readonly X509Certificate[] | undefined = PATH, more: Partial<Peer> = {}): Peer {
  const chain = path ?? PATH;
  return { role: 'client', endpoint: { host: '127.0.0.1', port: 443 }, expected: 'a.test', certificate: chain[0] as X509Certificate, chain, resumed: false, staple: undefined, path: () => path, ...more };
}

const check = (lists: CrlCheckOptions['lists'], more: Omit<CrlCheckOptions, 'lists'> = {}): ReturnType<ReturnType<typeof crlCheck>['check']> => crlCheck({ lists, ...more }).check(peer());
const good = [middle.crl().pem, root.crl().pem];

describe('what is on a list', () => {
  test('a certificate that stands on no list is good, until the first list runs out', async () => {
    const soon = new Date(Math.floor(Date.now() / 1000) * 1000 + 60_000);
    const result = await check([middle.crl({ revoked: [{ certificate: other }] }).pem, root.crl({ nextUpdate: soon }).pem]);
    expect(result).toMatchObject({ outcome: 'ok', validUntil: soon.getTime() });
    expect(result.detail).toContain('"CN=a.test" is not on the list of "CN=Middle"');
  });

  test('a revoked certificate is refused: whose it is, when, why and the serial number', async () => {
    const at = new Date('2026-01-02T03:04:05Z');
    const error = await rejection(check([middle.crl({ revoked: [{ certificate: leaf, at, reason: 'keyCompromise' }] }).pem, good[1] as string]));
    expect(error).toMatchObject({ name: 'TlsError', code: 'ERR_SOCK_TLS_REVOKED', kind: 'verify', phase: 'verify', category: 'trust', endpoint: { port: 443 } });
    expect(error.message).toBe(
      `the server's certificate "CN=a.test" at 127.0.0.1:443 was revoked on 2026-01-02T03:04:05Z (key compromise; serial number ${leaf.serialNumber}), ` +
        'says the list of the authority "CN=Middle" in the bytes given, block 1 (line 1); its owner must get a new one, with a new key',
    );
  });

  test('an authority above is looked up too, unless the scope is the leaf', async () => {
    const lists = [good[0] as string, root.crl({ revoked: [{ certificate: middle.certificate, reason: 'cACompromise' }] }).pem];
    expect((await rejection(check(lists))).message).toMatch(/the authority "CN=Middle" above the server's own at .* was revoked .*compromise of the authority/);
    expect(await check(lists, { scope: 'leaf' })).toMatchObject({ outcome: 'ok' });
  });

  test('a server names the client', async () => {
    const error = await rejection(crlCheck({ lists: [middle.crl({ revoked: [{ certificate: leaf }] }).pem, good[1] as string] }).check(peer(PATH, { role: 'server' })));
    expect(error.message).toMatch(/^the client's certificate .*no reason given/);
  });

  test('on hold counts as revoked, taken off the list does not', async () => {
    const lists = (reason: 'certificateHold' | 'removeFromCRL'): string[] => [middle.crl({ revoked: [{ certificate: leaf, reason }] }).pem, good[1] as string];
    expect(await rejection(check(lists('certificateHold')))).toMatchObject({ code: 'ERR_SOCK_TLS_REVOKED', message: expect.stringContaining('on hold') });
    expect(await check(lists('removeFromCRL'))).toMatchObject({ outcome: 'ok' });
  });

  test('of several lists the newest counts, then the one of the higher number', async () => {
    const before = new Date(Date.now() - 3_600_000);
    const hold = middle.crl({ revoked: [{ certificate: leaf, reason: 'certificateHold' }], thisUpdate: before, number: 9 }).pem;
    const released = middle.crl({ number: 3 }).pem;
    expect(await check([hold, released, good[1] as string])).toMatchObject({ outcome: 'ok' });
    const thisUpdate = new Date();
    const [low, high] = [middle.crl({ number: 4, thisUpdate }).pem, middle.crl({ number: 5, thisUpdate, revoked: [{ certificate: leaf }] }).pem];
    expect(await rejection(check([high, low, good[1] as string]))).toMatchObject({ code: 'ERR_SOCK_TLS_REVOKED' });
    const tomorrow = middle.crl({ validity: 'not-yet-valid' }).pem;
    expect(await rejection(check([tomorrow, high, good[1] as string]))).toMatchObject({ code: 'ERR_SOCK_TLS_REVOKED' });
  });

  test('a list of users and one of authorities speak each of its own kind', async () => {
    const users = root.crl({ onlyUserCerts: true }).pem;
    const authorities = root.crl({ onlyCaCerts: true }).pem;
    expect(await check([good[0] as string, users, authorities])).toMatchObject({ outcome: 'ok' });
    expect(await rejection(check([good[0] as string, users]))).toMatchObject({ code: 'ERR_SOCK_TLS_CRL_MISSING', message: expect.stringContaining('its lists are not for authorities') });
  });
});

describe('a list that is not there, or not current', () => {
  test('hard refuses, soft does not know', async () => {
    const lists = [good[0] as string];
    expect(await rejection(check(lists))).toMatchObject({ code: 'ERR_SOCK_TLS_CRL_MISSING', message: expect.stringMatching(/no revocation list for .*"CN=Middle".*issued by the authority "CN=Root".*give it in lists/) });
    expect(await check(lists, { policy: 'soft' })).toMatchObject({ outcome: 'unknown', detail: expect.stringContaining('no list of it is there') });
    expect(await check(good)).toMatchObject({ outcome: 'ok' });
  });

  test('a list that ran out is stale under hard and unknown under soft; revoked stays revoked', async () => {
    const stale = [middle.crl({ validity: 'expired' }).pem, good[1] as string];
    expect(await rejection(check(stale))).toMatchObject({ code: 'ERR_SOCK_TLS_CRL_STALE', message: expect.stringContaining('ran out on') });
    expect(await check(stale, { policy: 'soft' })).toMatchObject({ outcome: 'unknown', detail: expect.stringContaining('ran out on') });
    const against = [middle.crl({ validity: 'expired', revoked: [{ certificate: leaf }] }).pem, good[1] as string];
    expect(await rejection(check(against, { policy: 'soft' }))).toMatchObject({ code: 'ERR_SOCK_TLS_REVOKED' });
  });

  test('a list may begin five minutes ahead of this clock, not more', async () => {
    const from = (ms: number): string[] => [middle.crl({ thisUpdate: new Date(Date.now() + ms) }).pem, good[1] as string];
    expect(await check(from(240_000))).toMatchObject({ outcome: 'ok' });
    expect(await rejection(check(from(400_000)))).toMatchObject({ code: 'ERR_SOCK_TLS_CRL_STALE', message: expect.stringContaining('is not valid before') });
  });

  test('a list without an end counts as current, and says so', async () => {
    const result = await check([middle.crl({ nextUpdate: null }).pem, root.crl({ nextUpdate: null }).pem]);
    expect(result).toMatchObject({ outcome: 'ok', validUntil: undefined, detail: expect.stringContaining('says no end, so counts as current') });
  });

  test('without a path nobody can be asked', async () => {
    const error = await rejection(crlCheck({ lists: good }).check({ ...peer(), path: () => undefined }));
    expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_CRL_MISSING', message: expect.stringContaining('no path from') });
    expect(await crlCheck({ lists: good, policy: 'soft' }).check({ ...peer(), path: () => undefined })).toMatchObject({ outcome: 'unknown' });
  });

  test('a certificate that is itself trusted is on nobody\'s list', async () => {
    expect(await crlCheck({ lists: good }).check(peer(PATH.slice(2)))).toMatchObject({ outcome: 'skipped' });
  });
});

describe('a list that is not from the authority', () => {
  const impostor = createAuthority({ name: 'Middle' });

  test.each(['hard', 'soft'] as const)('one that another key signed in its name is refused (%s)', async (policy) => {
    const forged = middle.crl({ signer: impostor }).pem;
    expect(await rejection(check([forged, good[1] as string], { policy }))).toMatchObject({ code: 'ERR_SOCK_TLS_CRL_INVALID', message: expect.stringContaining('is not from it: its signature is wrong') });
    // A good one beside it is not spoilt.
    expect(await check([forged, ...good], { policy })).toMatchObject({ outcome: 'ok' });
  });

  test('one bit of the signature', async () => {
    expect(await rejection(check([middle.crl({ corruptSignature: true }).pem, good[1] as string]))).toMatchObject({ code: 'ERR_SOCK_TLS_CRL_INVALID', message: expect.stringContaining('signature is wrong') });
  });

  test('one of another authority with the same name is as good as none', async () => {
    expect(await rejection(check([impostor.crl().pem, good[1] as string]))).toMatchObject({ code: 'ERR_SOCK_TLS_CRL_MISSING', message: expect.stringContaining('of another key of that name') });
  });

  test('without a key identifier the signature decides', async () => {
    expect(await check([middle.crl({ authorityKeyIdentifier: false }).pem, good[1] as string])).toMatchObject({ outcome: 'ok' });
    expect(await rejection(check([impostor.crl({ authorityKeyIdentifier: false }).pem, good[1] as string]))).toMatchObject({ code: 'ERR_SOCK_TLS_CRL_INVALID' });
  });

  test('one that a leaf signed, whose key usage does not allow it', async () => {
    const child = { ...leaf, subject: 'CN=a.test' };
    const list = middle.crl({ signer: child, issuerName: 'a.test', authorityKeyIdentifier: false }).pem;
    const path = [x509(other.cert), PATH[0] as X509Certificate, PATH[2] as X509Certificate];
    const error = await rejection(crlCheck({ lists: [list, ...good], scope: 'leaf' }).check(peer(path)));
    expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_CRL_INVALID', message: expect.stringContaining('cRLSign') });
  });

  test('RSA lists too', async () => {
    const rsa = createAuthority({ keyType: 'rsa', name: 'RSA' });
    const issued = rsa.issue({ names: ['a.test'], key: leaf.key });
    const path = [x509(issued.cert), x509(rsa.ca)];
    expect(await crlCheck({ lists: rsa.crl().pem }).check(peer(path))).toMatchObject({ outcome: 'ok' });
    expect(await rejection(crlCheck({ lists: rsa.crl({ corruptSignature: true }).pem }).check(peer(path)))).toMatchObject({ code: 'ERR_SOCK_TLS_CRL_INVALID' });
  });
});

describe('options', () => {
  test.each([
    [{ lists: good, polciy: 'hard' }, 'ERR_SOCK_TLS_OPTION', /did you mean policy/],
    [{ lists: good, policy: 'none' }, 'ERR_SOCK_CONFIG', /policy/],
    [{ lists: good, scope: 'all' }, 'ERR_SOCK_CONFIG', /scope/],
    [{ lists: good, reload: '2d' }, 'ERR_SOCK_CONFIG', /reload/],
    [{ lists: [] }, 'ERR_SOCK_TLS_MATERIAL', /leave the check out/],
    [{}, 'ERR_SOCK_TLS_MATERIAL', /lists: expected PEM text/],
    [{ lists: { file: 'no/such/file' } }, 'ERR_SOCK_TLS_MATERIAL', /no\/such\/file cannot be read/],
    [{ lists: { directory: 'no/such/directory' } }, 'ERR_SOCK_TLS_MATERIAL', /no\/such\/directory cannot be read/],
  ])('%j is refused', (options, code, why) => {
    expect(() => crlCheck(options as unknown as CrlCheckOptions)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(why) }));
  });

  test('the digest is of lists, policy and scope, and asks for no staple', () => {
    const digest = (options: CrlCheckOptions): string => crlCheck(options).digest;
    const base = digest({ lists: good });
    expect(digest({ lists: [...good].toReversed() })).toBe(base);
    expect(new Set([base, digest({ lists: [good[0] as string] }), digest({ lists: good, policy: 'soft' }), digest({ lists: good, scope: 'leaf' })]).size).toBe(4);
    expect(crlCheck({ lists: good })).toMatchObject({ step: 'crl', asksForStaple: false, files: [] });
  });
});
