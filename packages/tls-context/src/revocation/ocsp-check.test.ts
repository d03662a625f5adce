import { X509Certificate } from 'node:crypto';
import { createAuthority } from '@sock/dev-certs';
import { leakGuard, rejection } from '@sock/testkit';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { CheckResult, Peer } from '../verify/peer.ts';
import type { OcspCheckOptions } from './ocsp-check.ts';
import { ocspCheck } from './ocsp-check.ts';

leakGuard();
afterEach(() => void vi.useRealTimers());

const root = createAuthority({ name: 'Root' });
const middle = root.issueIntermediate({ name: 'Middle' });
const leaf = middle.issue({ names: ['a.test'] });
const strict = middle.issue({ names: ['a.test'], mustStaple: true });
const responder = middle.issue({ usage: 'ocsp' });
const pathOf = (issued: { cert: string }): X509Certificate[] => [issued.cert, middle.certificate.pem, root.ca].map((pem) => new X509Certificate(pem));
const PATH = pathOf(leaf);

function peer(staple: Uint8Array | undefined, more: Partial<Peer> & { of?: readonly X509Certificate[] } = {}): Peer {
  const { of: path = PATH, ...rest } = more;
  return { role: 'client', endpoint: { host: '127.0.0.1', port: 443 }, expected: 'a.test', certificate: path[0] as X509Certificate, chain: path, resumed: false, staple, path: () => path, ...rest };
}

const check = (staple: Uint8Array | undefined, options: OcspCheckOptions = {}): Promise<CheckResult> => ocspCheck(options).check(peer(staple));
const good = middle.ocspResponse({ certificate: leaf });

describe('a staple that is good', () => {
  test.each([
    ['signed by the authority, by name', good],
    ['by key', middle.ocspResponse({ certificate: leaf, responderId: 'key' })],
    ['with SHA-256 in the CertID', middle.ocspResponse({ certificate: leaf, hash: 'sha256' })],
    ['signed by a delegate, by name', middle.ocspResponse({ certificate: leaf, responder })],
    ['signed by a delegate, by key', middle.ocspResponse({ certificate: leaf, responder, responderId: 'key' })],
    ['with a nonce, which is not looked at', middle.ocspResponse({ certificate: leaf, nonce: Buffer.alloc(16, 7) })],
    ['among answers about others', middle.ocspResponse({ certificate: strict, status: 'revoked', others: [{ certificate: leaf }] })],
  ])('%s', async (_, staple) => {
    const result = await check(staple);
    expect(result).toMatchObject({ outcome: 'ok', detail: expect.stringMatching(/^good until .*, says the (authority "CN=Middle" itself|responder)/) });
    expect(result.validUntil).toBeGreaterThan(Date.now() + 6 * 86_400_000);
  });

  test('holds until nextUpdate, and no longer than the delegate\'s certificate', async () => {
    const notAfter = new Date(Math.floor(Date.now() / 1000) * 1000 + 3_600_000);
    const short = middle.issue({ usage: 'ocsp', notAfter });
    expect(await check(middle.ocspResponse({ certificate: leaf, responder: short }))).toMatchObject({ validUntil: notAfter.getTime() });
  });

  test('without an end it holds for maxAge', async () => {
    const thisUpdate = new Date(Math.floor(Date.now() / 1000) * 1000 - 86_400_000);
    const staple = middle.ocspResponse({ certificate: leaf, thisUpdate, nextUpdate: null });
    expect(await check(staple)).toMatchObject({ outcome: 'ok', validUntil: thisUpdate.getTime() + 10 * 86_400_000 });
    expect(await rejection(check(staple, { maxAge: '23h' }))).toMatchObject({ code: 'ERR_SOCK_TLS_STAPLE_STALE', message: expect.stringContaining('longer ago than maxAge allows') });
  });

  test('may begin as far ahead as the skew, not more', async () => {
    const staple = middle.ocspResponse({ certificate: leaf, thisUpdate: new Date(Date.now() + 200_000) });
    expect(await check(staple)).toMatchObject({ outcome: 'ok' });
    expect(await rejection(check(staple, { skew: '1m' }))).toMatchObject({ code: 'ERR_SOCK_TLS_STAPLE_STALE', message: expect.stringContaining('is not valid before') });
  });
});

describe('a staple that refuses', () => {
  test('revoked: when, why, and who says so', async () => {
    const staple = middle.ocspResponse({ certificate: leaf, status: 'revoked', revokedAt: new Date('2026-02-03T04:05:06Z'), reason: 'keyCompromise' });
    const error = await rejection(check(staple));
    expect(error).toMatchObject({ name: 'TlsError', code: 'ERR_SOCK_TLS_REVOKED', kind: 'verify', category: 'trust' });
    expect(error.message).toBe(`the server's certificate "CN=a.test" at 127.0.0.1:443 was revoked on 2026-02-03T04:05:06Z (key compromise; serial number ${leaf.serialNumber}), says the authority "CN=Middle" itself; its owner must get a new one, with a new key`);
    const stale = middle.ocspResponse({ certificate: leaf, status: 'revoked', validity: 'expired' });
    expect(await rejection(check(stale, { policy: 'soft' }))).toMatchObject({ code: 'ERR_SOCK_TLS_REVOKED', message: expect.stringContaining('no reason given') });
  });

  const stranger = createAuthority({ name: 'Middle' });
  const plain = middle.issue({ names: ['plain.test'] });
  const below = middle.issueIntermediate({ name: 'Below' });
  test.each<[string, Uint8Array, string, RegExp]>([
    ['a spoilt signature', middle.ocspResponse({ certificate: leaf, corruptSignature: true }), 'FORGED', /forged, .*names the authority "CN=Middle" as its responder, but its signature is wrong/],
    ['another key that signed', middle.ocspResponse({ certificate: leaf, signer: stranger }), 'FORGED', /signature is wrong/],
    ['a delegate\'s name with another key', middle.ocspResponse({ certificate: leaf, responder, signer: stranger }), 'FORGED', /names the responder .*but its signature is wrong/],
    ['a delegate whose certificate did not come along', middle.ocspResponse({ certificate: leaf, responder, includeCertificates: false }), 'FORGED', /neither the authority .* nor one of those/],
    ['a server certificate as the responder', middle.ocspResponse({ certificate: leaf, responder: plain }), 'FORGED', /not for OCSP signing/],
    ['a responder of another authority', middle.ocspResponse({ certificate: leaf, responder: createAuthority({ name: 'Other' }).issue({ usage: 'ocsp' }) }), 'FORGED', /was not issued by "CN=Middle" itself/],
    ['a responder of another authority of the same name', middle.ocspResponse({ certificate: leaf, responder: stranger.issue({ usage: 'ocsp' }) }), 'FORGED', /was not signed by "CN=Middle" \(it names another key\)/],
    ['a responder of the authority above', middle.ocspResponse({ certificate: leaf, responder: root.issue({ usage: 'ocsp' }) }), 'FORGED', /was not issued by "CN=Middle" itself/],
    ['a responder two steps below', middle.ocspResponse({ certificate: leaf, responder: below.issue({ usage: 'ocsp' }) }), 'FORGED', /was not issued by "CN=Middle" itself/],
    ['a responder that has expired', middle.ocspResponse({ certificate: leaf, responder: middle.issue({ usage: 'ocsp', validity: 'expired' }) }), 'FORGED', /not entitled: the certificate of the responder .* is valid from/],
    ['the authority above', root.ocspResponse({ certificate: leaf }), 'FORGED', /neither the authority/],
    ['another certificate', middle.ocspResponse({ certificate: strict }), 'INVALID', /about another certificate: none of its 1 answers/],
    ['a serial number that is another one', middle.ocspResponse({ certificate: leaf, serialNumber: '05' }), 'INVALID', /about another certificate/],
    ['status unknown', middle.ocspResponse({ certificate: leaf, status: 'unknown' }), 'INVALID', /does not know the certificate/],
    ['tryLater', middle.ocspResponse({ responseStatus: 'tryLater' }), 'INVALID', /no answer: the responder said "tryLater"/],
    ['unauthorized', middle.ocspResponse({ responseStatus: 'unauthorized' }), 'INVALID', /"unauthorized"/],
    ['a critical extension that nobody knows', middle.ocspResponse({ certificate: leaf, unknownCriticalExtension: true }), 'INVALID', /critical extension/],
    ['one in the answer', middle.ocspResponse({ certificate: leaf, unknownCriticalExtension: 'single' }), 'INVALID', /critical extension/],
    ['an answer that ran out', middle.ocspResponse({ certificate: leaf, validity: 'expired' }), 'STALE', /ran out on/],
    ['an answer of tomorrow', middle.ocspResponse({ certificate: leaf, validity: 'not-yet-valid' }), 'STALE', /not valid before/],
    ['rubbish', Buffer.from('rubbish'), 'INVALID', /malformed/],
    ['more than 64 KiB', Buffer.alloc(65_537, 0x30), 'INVALID', /at most 65536/],
    ['bytes behind it', Buffer.concat([good, Buffer.of(0)]), 'INVALID', /bytes follow/],
  ])('%s', async (_, staple, code, why) => {
    for (const policy of ['soft', 'must-staple', 'hard'] as const) {
      const error = await rejection(check(staple, { policy }));
      expect(error).toMatchObject({ code: `ERR_SOCK_TLS_STAPLE_${code}`, kind: 'verify' });
      expect(error.message).toMatch(why);
      expect(error.message).toContain('"CN=a.test" at 127.0.0.1:443');
    }
  });
});

describe('no staple', () => {
  const none = new Uint8Array(0);

  test('must-staple asks the certificate', async () => {
    for (const staple of [undefined, none]) {
      expect(await check(staple)).toMatchObject({ outcome: 'unknown', detail: expect.stringContaining('none had to') });
      const error = await rejection(ocspCheck().check(peer(staple, { of: pathOf(strict) })));
      expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_STAPLE_MISSING', message: expect.stringContaining('says that it staples (RFC 7633)') });
    }
    expect(await ocspCheck().check(peer(middle.ocspResponse({ certificate: strict }), { of: pathOf(strict) }))).toMatchObject({ outcome: 'ok' });
  });

  test('hard always refuses, soft never', async () => {
    expect(await rejection(check(undefined, { policy: 'hard' }))).toMatchObject({ code: 'ERR_SOCK_TLS_STAPLE_MISSING', message: expect.stringContaining('the policy "hard" demands one') });
    expect(await ocspCheck({ policy: 'soft' }).check(peer(undefined, { of: pathOf(strict) }))).toMatchObject({ outcome: 'unknown' });
  });

  test('a server has nothing to look at', async () => {
    expect(await ocspCheck({ policy: 'hard' }).check(peer(undefined, { role: 'server' }))).toMatchObject({ outcome: 'skipped', detail: expect.stringContaining('clients staple nothing') });
  });

  test('without a path nobody can verify one', async () => {
    const lost = { path: () => undefined };
    expect(await rejection(ocspCheck({ policy: 'hard' }).check(peer(good, lost)))).toMatchObject({ code: 'ERR_SOCK_TLS_STAPLE_INVALID', message: expect.stringContaining('no path to a trusted authority') });
    expect(await ocspCheck().check(peer(good, lost))).toMatchObject({ outcome: 'unknown' });
  });
});

test('the same bytes again cost no signature, but their dates are checked each time', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const step = ocspCheck();
  const staple = middle.ocspResponse({ certificate: leaf, nextUpdate: new Date(Date.now() + 60_000) });
  expect(await step.check(peer(staple))).toMatchObject({ outcome: 'ok' });
  const issuer = PATH[1] as X509Certificate;
  const key = vi.spyOn(issuer, 'publicKey', 'get');
  const resumed = peer(Buffer.from(staple), { resumed: true });
  expect(await step.check(resumed)).toMatchObject({ outcome: 'ok' });
  expect(key).not.toHaveBeenCalled();
  // Nothing is remembered for another certificate with the same bytes.
  expect(await rejection(step.check(peer(staple, { of: pathOf(strict) })))).toMatchObject({ code: 'ERR_SOCK_TLS_STAPLE_INVALID' });
  vi.advanceTimersByTime(61_000);
  expect(await rejection(step.check(resumed))).toMatchObject({ code: 'ERR_SOCK_TLS_STAPLE_STALE' });
  key.mockRestore();
});

test('options: a wrong one is refused, each is in the digest, and clients ask for a staple', () => {
  expect(() => ocspCheck({ polcy: 'hard' } as OcspCheckOptions)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_TLS_OPTION', message: expect.stringContaining('did you mean policy') }));
  for (const bad of [{ policy: 'none' }, { maxAge: '1s' }, { maxAge: '25d' }, { skew: '2d' }]) {
    expect(() => ocspCheck(bad as unknown as OcspCheckOptions)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_CONFIG' }));
  }
  const digests = [{}, { policy: 'hard' }, { policy: 'soft' }, { maxAge: '1d' }, { skew: '1m' }].map((options) => ocspCheck(options as OcspCheckOptions).digest);
  expect(new Set(digests).size).toBe(5);
  expect(ocspCheck()).toMatchObject({ step: 'ocsp', asksForStaple: true, digest: ocspCheck({ policy: 'must-staple' }).digest });
});
