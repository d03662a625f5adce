import { Duplex } from 'node:stream';
import type { SecureContext } from 'node:tls';
import { connect, createSecureContext } from 'node:tls';
import { createAuthority } from '@sock/dev-certs';
import { leakGuard, until } from '@sock/testkit';
import { expect, test } from 'vitest';
import { loadClient } from '../context/client-engine.ts';
import { parseClientHello } from '../hello/client-hello.ts';
import { checkGroups, defaultGroups } from './groups.ts';
import { openssl } from './name-list.ts';
import { checkSignatureAlgorithms } from './signature-algorithms.ts';

leakGuard();

const refused = (option: string, words: string): unknown => expect.objectContaining({ code: 'ERR_SOCK_TLS_OPTION', option, message: expect.stringContaining(words) });

test('groups keep their order, and each has one name however it is written', () => {
  const list = checkGroups(['x448', 'secp256r1', 'P-384', 'secp521r1', 'ffdhe2048', 'X25519']);
  expect(list).toBe('X448:P-256:P-384:P-521:ffdhe2048:X25519');
  expect(createSecureContext({ ecdhCurve: list })).toBeDefined();
});

const HYBRID = 0x11ec;
const [X25519, P256, P384, FFDHE2048, FFDHE8192] = [0x1d, 0x17, 0x18, 0x100, 0x104];

/** The groups that a client of this context offers, and those whose key shares it sends (RFC 8446, section 4.2.8). */
async function offered(secureContext: SecureContext): Promise<{ groups: readonly number[]; shares: readonly number[] }> {
  const written: Buffer[] = [];
  const wire = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => {
      written.push(chunk);
      done();
    },
  });
  const client = connect({ socket: wire, secureContext });
  client.on('error', () => {});
  const read = (): ReturnType<typeof parseClientHello> => parseClientHello(Buffer.concat(written));
  await until(() => read().kind !== 'more', 'the hello is written');
  client.destroy();
  const result = read();
  if (result.kind !== 'hello') throw new Error(result.kind);
  return { groups: result.hello.groups, shares: keyShares(Buffer.concat(written)) };
}

/** Behind the record's header, the message's, version, random and the three lists of the hello. */
function keyShares(hello: Buffer): number[] {
  let at = 5 + 4 + 2 + 32;
  at += 1 + hello.readUInt8(at);
  at += 2 + hello.readUInt16BE(at);
  at += 1 + hello.readUInt8(at) + 2;
  while (hello.readUInt16BE(at) !== 51) at += 4 + hello.readUInt16BE(at + 2);
  const end = at + 4 + hello.readUInt16BE(at + 2);
  const shares: number[] = [];
  for (at += 6; at < end; at += 4 + hello.readUInt16BE(at + 2)) shares.push(hello.readUInt16BE(at));
  return shares;
}

test('a client offers X25519 with its key share, P-256 and P-384, and the hybrid before them where the runtime has it', async () => {
  const { secureContext } = loadClient({ ca: createAuthority().ca }, undefined);
  const hybrid = openssl({ ecdhCurve: 'X25519MLKEM768' }) === undefined ? [HYBRID] : [];
  expect(await offered(secureContext)).toEqual({ groups: [...hybrid, X25519, P256, P384], shares: [...hybrid, X25519] });
});

test('no default has a group that is costly for whoever answers, though the runtime would have it', async () => {
  expect((await offered(createSecureContext({ ecdhCurve: 'auto' }))).groups).toContain(FFDHE2048);
  const { groups } = await offered(createSecureContext({ ecdhCurve: defaultGroups() }));
  expect(groups.filter((group) => group >= FFDHE2048 && group <= FFDHE8192)).toEqual([]);
});

test('groups that are given are offered, and no others', async () => {
  const { secureContext } = loadClient({ ca: createAuthority().ca, groups: ['P-384', 'X25519'] }, undefined);
  expect(await offered(secureContext)).toEqual({ groups: [P384, X25519], shares: [P384] });
});

test('a group that this OpenSSL does not have is refused when the context is made', () => {
  expect(() => loadClient({ ca: createAuthority().ca, groups: ['X25519', 'brainpoolP256r1'] }, undefined)).toThrow(refused('groups[1]', 'is no group for a key exchange'));
  const lacking = ['SecP384r1MLKEM1024', 'X448'].filter((name) => openssl({ ecdhCurve: name }) !== undefined);
  for (const name of lacking) expect(() => checkGroups([name])).toThrow(refused('groups[0]', `the OpenSSL of this runtime does not have ${name}`));
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
