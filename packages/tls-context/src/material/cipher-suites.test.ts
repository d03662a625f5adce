import { execFileSync } from 'node:child_process';
import { createSecureContext, getCiphers } from 'node:tls';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TlsConfigError } from '../errors.ts';
import { opensslName, weakness } from './cipher-names.ts';
import type { VersionRange } from './cipher-suites.ts';
import { checkCiphers, DEFAULT_CIPHERS } from './cipher-suites.ts';

function refusal(ciphers: unknown, allowWeak = false, range?: VersionRange): TlsConfigError {
  try {
    checkCiphers(ciphers as string[], allowWeak, range);
  } catch (error) {
    if (error instanceof TlsConfigError) return error;
    throw error;
  }
  throw new Error('the list was taken');
}
const BOTH: VersionRange = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' };

test('no list is the default list, every suite of which is good and offered', () => {
  expect(checkCiphers(undefined, false, BOTH).list).toBe(DEFAULT_CIPHERS);
  expect(checkCiphers(DEFAULT_CIPHERS.split(':'), false, BOTH).list).toBe(DEFAULT_CIPHERS);
});

test('the order is kept, and both kinds of name are taken', () => {
  const { list } = checkCiphers(['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'TLS_AES_256_GCM_SHA384', 'ECDHE-RSA-AES128-GCM-SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_CCM'], false, BOTH);
  expect(list).toBe('ECDHE-RSA-CHACHA20-POLY1305:TLS_AES_256_GCM_SHA384:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-CCM');
  expect(createSecureContext({ ciphers: list })).toBeDefined();
});

test('every suite of OpenSSL has the name that OpenSSL itself gives it', () => {
  const lines = execFileSync('openssl', ['ciphers', '-stdname', 'ALL:eNULL:@SECLEVEL=0'], { encoding: 'utf8' }).trim().split('\n');
  const pairs = lines.map((line) => line.trim().split(/\s+-\s+/)).map(([iana, rest]) => [iana, rest?.split(' ')[0]]);
  expect(pairs.length).toBeGreaterThan(60);
  for (const [iana, own] of pairs) {
    // Camellia and ARIA are in no build of Node, and have names of their own making.
    if (!/CAMELLIA|ARIA/.test(iana as string)) expect(opensslName(iana as string), iana).toBe(own);
  }
});

test('of all that the runtime offers, only forward secret suites with an AEAD are good', () => {
  const good = getCiphers().map((name) => name.toUpperCase()).filter((name) => weakness(name) === undefined);
  expect(good.toSorted()).toEqual([
    'DHE-RSA-AES128-GCM-SHA256', 'DHE-RSA-AES256-GCM-SHA384', 'DHE-RSA-CHACHA20-POLY1305',
    'ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES256-GCM-SHA384', 'ECDHE-RSA-CHACHA20-POLY1305',
    'TLS_AES_128_CCM_SHA256', 'TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256',
  ]);
});

test.each([
  ['AES128-GCM-SHA256', 'no forward secrecy'],
  ['TLS_RSA_WITH_AES_128_GCM_SHA256', 'no forward secrecy'],
  ['TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256', 'no forward secrecy'],
  ['ECDHE-RSA-AES128-SHA256', 'CBC'],
  ['TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384', 'CBC'],
  ['ECDHE-RSA-AES128-SHA', 'SHA-1'],
  ['TLS_ECDHE_RSA_WITH_RC4_128_SHA', 'RC4'],
  ['ECDHE-RSA-DES-CBC3-SHA', 'DES'],
  ['DES-CBC3-SHA', 'DES'],
  ['TLS_RSA_WITH_NULL_SHA256', 'does not encrypt'],
  ['ADH-AES128-GCM-SHA256', 'anonymous'],
  ['TLS_DH_anon_WITH_AES_128_GCM_SHA256', 'anonymous'],
  ['TLS_RSA_EXPORT_WITH_RC4_40_MD5', 'export'],
  ['PSK-AES128-GCM-SHA256', 'shared key'],
  ['SRP-RSA-AES-128-CBC-SHA', 'password'],
  ['TLS_AES_128_CCM_8_SHA256', '8 bytes'],
])('%s is refused with its reason', (name, reason) => {
  const error = refusal(['TLS_AES_128_GCM_SHA256', name]);
  expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_OPTION', option: 'ciphers[1]', message: expect.stringContaining(reason) });
  expect(error.message).toContain('only through danger() of @sock/tls-context/danger');
});

test('a weak suite is taken when that is allowed and the runtime has it', () => {
  expect(checkCiphers(['TLS_RSA_WITH_AES_128_CBC_SHA', 'TLS_AES_128_CCM_8_SHA256'], true, BOTH).list).toBe('AES128-SHA:TLS_AES_128_CCM_8_SHA256');
  expect(refusal(['TLS_RSA_WITH_RC4_128_SHA'], true).message).toContain('the OpenSSL of this runtime does not have it');
});

test.each([
  ['HIGH', 'list language'], ['!aNULL', 'list language'], ['@SECLEVEL=0', 'list language'], ['-RC4', 'list language'], ['ECDHE+AESGCM', 'list language'],
  ['TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384', 'list language'], ['', 'expected the name'], [7, 'expected the name'],
])('%j is no suite', (name, words) => {
  expect(refusal([name])).toMatchObject({ code: 'ERR_SOCK_TLS_OPTION', option: 'ciphers[0]', message: expect.stringContaining(words) });
});

test('a mistyped name is refused with the nearest one, which OpenSSL alone would pass over', () => {
  expect(refusal(['TLS_AES_128_GCM_SHA265'])).toMatchObject({ code: 'ERR_SOCK_TLS_OPTION', message: expect.stringContaining('did you mean TLS_AES_128_GCM_SHA256?') });
  expect(refusal(['ECDHE-RSA-AES128-GCM-SHA25']).message).toContain('did you mean ECDHE-RSA-AES128-GCM-SHA256?');
  expect(refusal(['bogus']).message).toContain('is no cipher suite that this runtime knows');
});

test('a suite stands once, by whichever name, and the list is not empty', () => {
  expect(refusal(['ECDHE-RSA-AES128-GCM-SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'])).toMatchObject({ option: 'ciphers[1]', message: expect.stringContaining('stands twice') });
  expect(refusal([]).message).toContain('one cipher suite or more');
  expect(refusal('TLS_AES_128_GCM_SHA256').message).toContain('expected a list');
});

test('every version that is spoken has a suite', () => {
  expect(refusal(['TLS_AES_128_GCM_SHA256'], false, BOTH).message).toContain('no suite of TLS 1.2 is among them');
  expect(refusal(['ECDHE-RSA-AES128-GCM-SHA256'], false, BOTH).message).toContain('no suite of TLS 1.3 is among them');
  expect(checkCiphers(['TLS_AES_128_GCM_SHA256'], false, { ...BOTH, minVersion: 'TLSv1.3' }).list).toBe('TLS_AES_128_GCM_SHA256');
  expect(checkCiphers(['ECDHE-RSA-AES128-GCM-SHA256'], false, { ...BOTH, maxVersion: 'TLSv1.2' }).list).toBe('ECDHE-RSA-AES128-GCM-SHA256');
});

test('any text is either a suite or a typed refusal', () => {
  const words = fc.oneof(fc.string(), fc.constantFrom(...getCiphers(), 'TLS_', 'ECDHE-', 'A_WITH_B', 'TLS_A_WITH_B'));
  fc.assert(
    fc.property(fc.array(words, { maxLength: 3 }), fc.boolean(), (names, allowWeak) => {
      try {
        expect(checkCiphers(names, allowWeak).list.split(':')).toHaveLength(names.length);
      } catch (error) {
        expect(error).toBeInstanceOf(TlsConfigError);
      }
    }),
  );
});
