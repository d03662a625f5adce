import { X509Certificate } from 'node:crypto';
import { createAuthority } from '@sock/dev-certs';
import { isSocketError } from '@sock/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Peer } from '../verify/peer.ts';
import { crlCheck } from './crl-check.ts';
import { parseCrl } from './crl-parser.ts';

const authority = createAuthority();
const leaf = authority.issue({ names: ['a.test'] });
const path = [new X509Certificate(leaf.cert), new X509Certificate(authority.ca)];
const peer: Peer = { role: 'client', endpoint: undefined, expected: 'a.test', certificate: path[0] as X509Certificate, chain: path, resumed: false, staple: undefined, path: () => path };

test.each([
  ['an indirect list', authority.crl({ indirect: true }), /indirect list/],
  ['an entry of another issuer', authority.crl({ revoked: [{ serialNumber: '05', certificateIssuer: 'Other' }] }), /entry 1 is of another issuer/],
  ['a delta list', authority.crl({ delta: 1 }), /delta list.*complete one/],
  ['a list for some reasons', authority.crl({ onlySomeReasons: ['keyCompromise'] }), /onlySomeReasons/],
  ['a list of a distribution point', authority.crl({ distributionPoint: 'http://example.com/1.crl' }), /distribution point/],
  ['a list for nobody', authority.crl({ onlyUserCerts: true, onlyCaCerts: true }), /for nobody/],
  ['an unknown critical extension', authority.crl({ unknownCriticalExtension: true }), /critical extension that is not known/],
])('%s is refused when it is loaded, with the reason', (_, list, why) => {
  expect(() => crlCheck({ lists: list.pem })).toThrow(expect.objectContaining({ name: 'TlsConfigError', code: 'ERR_SOCK_TLS_CRL_INVALID', message: expect.stringMatching(why) }));
});

test('the facts of a list', () => {
  const list = parseCrl(authority.crl({ number: 300, revoked: [{ certificate: leaf, reason: 'superseded' }, { serialNumber: '7F' }] }).der, 'here');
  expect(list).toMatchObject({ number: 300n, covers: 'all', source: 'here', entries: { count: 2 } });
  expect(list.entries.find(Uint8Array.of(0x7f))).toMatchObject({ reason: undefined });
  expect(list.entries.find(Uint8Array.of(0x7e))).toBeUndefined();
});

test('every serial number on a list is found, and no other', () => {
  const serial = fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('hex')).filter((text) => BigInt(`0x${text}`) > 0n);
  const contentOf = (text: string): Buffer => {
    const digits = BigInt(`0x${text}`).toString(16);
    const bytes = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
    return (bytes[0] as number) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
  };
  fc.assert(
    fc.property(fc.array(serial, { minLength: 1, maxLength: 60 }), fc.array(serial, { maxLength: 20 }), (on, asked) => {
      const { entries } = parseCrl(authority.crl({ revoked: on.map((serialNumber) => ({ serialNumber })) }).der, 'here');
      const listed = new Set(on.map((text) => BigInt(`0x${text}`)));
      for (const text of [...on, ...asked]) expect(entries.find(contentOf(text)) !== undefined).toBe(listed.has(BigInt(`0x${text}`)));
    }),
    { numRuns: 50 },
  );
});

test('a spoilt list raises nothing untyped, and never turns a refusal into ok', async () => {
  const { der } = authority.crl({ revoked: [{ certificate: leaf, reason: 'keyCompromise' }, { serialNumber: '05' }] });
  const edit = fc.record({ at: fc.nat(der.length - 1), byte: fc.nat(255), cut: fc.option(fc.nat(der.length), { freq: 6, nil: der.length }) });
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
      const spoilt = Buffer.from(der);
      let length = der.length;
      for (const { at, byte, cut } of edits) {
        spoilt[at] = byte;
        length = Math.min(length, cut);
      }
      const error: unknown = await Promise.resolve()
        .then(() => crlCheck({ lists: spoilt.subarray(0, length) }).check(peer))
        .then((result) => result.outcome, (reason: unknown) => reason);
      expect(error).not.toBe('ok');
      expect(isSocketError(error)).toBe(true);
    }),
    { numRuns: 400 },
  );
  expect(await crlCheck({ lists: authority.crl().der }).check(peer)).toMatchObject({ outcome: 'ok' });
});
