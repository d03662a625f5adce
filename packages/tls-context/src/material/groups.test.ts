import { createSecureContext } from 'node:tls';
import { expect, test } from 'vitest';
import { checkGroups, DEFAULT_GROUPS } from './groups.ts';
import { checkSignatureAlgorithms } from './signature-algorithms.ts';

const refused = (option: string, words: string): unknown => expect.objectContaining({ code: 'ERR_SOCK_TLS_OPTION', option, message: expect.stringContaining(words) });

test('groups keep their order, and each has one name however it is written', () => {
  expect(checkGroups(undefined)).toBe(DEFAULT_GROUPS);
  const list = checkGroups(['x448', 'secp256r1', 'P-384', 'secp521r1', 'ffdhe2048', 'X25519']);
  expect(list).toBe('X448:P-256:P-384:P-521:ffdhe2048:X25519');
  expect(createSecureContext({ ecdhCurve: list })).toBeDefined();
  expect(createSecureContext({ ecdhCurve: DEFAULT_GROUPS })).toBeDefined();
});

test('groups that are unknown, twice there or no list are refused by name', () => {
  expect(() => checkGroups(['X25519', 'X25591'])).toThrow(refused('groups[1]', 'did you mean X25519?'));
  expect(() => checkGroups(['secp256k1000000000'])).toThrow(refused('groups[0]', 'there are X25519'));
  expect(() => checkGroups(['P-256', 'X25519', 'prime256v1'])).toThrow(refused('groups[2]', 'stands twice'));
  expect(() => checkGroups([])).toThrow(refused('groups', 'one group or more'));
  expect(() => checkGroups('X25519' as never)).toThrow(refused('groups', 'expected a list'));
  expect(() => checkGroups([7 as never])).toThrow(refused('groups[0]', 'expected the name'));
});

test('signature schemes keep their order and their names', () => {
  expect(checkSignatureAlgorithms(undefined, false)).toBeUndefined();
  const all = [
    'ed25519', 'ed448', 'ecdsa_secp256r1_sha256', 'ecdsa_secp384r1_sha384', 'ecdsa_secp521r1_sha512', 'rsa_pss_rsae_sha256', 'rsa_pss_pss_sha512', 'rsa_pkcs1_sha256',
  ];
  const list = checkSignatureAlgorithms(all, false);
  expect(list).toBe(all.join(':'));
  expect(createSecureContext({ sigalgs: list })).toBeDefined();
});

test('signature schemes with SHA-1 are refused unless weak ones are allowed', () => {
  for (const name of ['rsa_pkcs1_sha1', 'ecdsa_sha1']) {
    expect(() => checkSignatureAlgorithms(['ed25519', name], false)).toThrow(refused('signatureAlgorithms[1]', 'SHA-1, which can be forged'));
  }
  const list = checkSignatureAlgorithms(['rsa_pkcs1_sha1', 'ecdsa_sha1'], true);
  expect(list).toBe('RSA+SHA1:ECDSA+SHA1');
  expect(createSecureContext({ sigalgs: list })).toBeDefined();
});

test('signature schemes that are unknown, twice there or no list are refused by name', () => {
  expect(() => checkSignatureAlgorithms(['rsa_pss_rsae_sha265'], false)).toThrow(refused('signatureAlgorithms[0]', 'did you mean rsa_pss_rsae_sha256?'));
  expect(() => checkSignatureAlgorithms(['RSA+SHA256'], true)).toThrow(refused('signatureAlgorithms[0]', 'no signature scheme'));
  expect(() => checkSignatureAlgorithms(['ed25519', 'ed25519'], false)).toThrow(refused('signatureAlgorithms[1]', 'stands twice'));
  expect(() => checkSignatureAlgorithms([], false)).toThrow(refused('signatureAlgorithms', 'one signature scheme or more'));
});
