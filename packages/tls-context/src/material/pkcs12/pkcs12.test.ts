import { execFileSync } from 'node:child_process';
import { createHash, createHmac, pbkdf2Sync, randomBytes, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as asn1js from 'asn1js';
import { createAuthority } from '@sock/dev-certs';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { TlsConfigError } from '../../errors.ts';
import { pkcs12 } from '../../pkcs12.ts';
import { loadOwnCertificate } from '../own-certificate.ts';

const folder = mkdtempSync(join(tmpdir(), 'sock-pkcs12-'));
afterAll(() => rmSync(folder, { recursive: true }));

const root = createAuthority({ name: 'Root' });
const upper = root.issueIntermediate({ name: 'Upper' });
const good = upper.issueIntermediate({ name: 'Lower' }).issue({ names: ['localhost'] });
const certs = good.chain.split(/(?<=-----END CERTIFICATE-----\n)/).filter((pem) => pem.includes('BEGIN'));
const [leaf, lower, above] = certs as [string, string, string];
const path = (name: string): string => join(folder, name);
writeFileSync(path('leaf.pem'), leaf);
writeFileSync(path('key.pem'), good.key);
// The wrong way round: the reader puts them in order.
writeFileSync(path('chain.pem'), `${above}${lower}`);

function openssl(args: readonly string[], password = 'secret', sources: readonly string[] = ['-in', path('leaf.pem'), '-inkey', path('key.pem'), '-certfile', path('chain.pem')]): Buffer {
  return execFileSync('openssl', ['pkcs12', '-export', ...sources, '-passout', `pass:${password}`, ...args], { stdio: 'pipe' });
}
function refusal(bytes: Uint8Array, passphrase?: string, option?: string): TlsConfigError {
  try {
    pkcs12(bytes, passphrase).load(option);
  } catch (error) {
    if (error instanceof TlsConfigError) return error;
    throw error;
  }
  throw new Error('it was read');
}
const prints = (list: readonly (string | Uint8Array)[]): string[] => list.map((one) => new X509Certificate(one).fingerprint256);

function expectWhole(bytes: Uint8Array, passphrase?: string): void {
  const { certs: found, key } = pkcs12(bytes, passphrase).load();
  expect(prints(found)).toEqual(prints(certs));
  expect(key.export({ type: 'pkcs8', format: 'pem' })).toBe(good.key);
}

test('a file of dev-certs is read: the leaf first, then the chain', () => {
  expectWhole(good.pkcs12({ passphrase: 's3cret' }), 's3cret');
  expectWhole(good.pkcs12({ passphrase: 'größe ✓ 𝄞', name: 'entry' }), 'größe ✓ 𝄞');
  const withRoot = pkcs12(good.pkcs12({ passphrase: 'x', root: true }), 'x').load();
  expect(prints(withRoot.certs)).toEqual(prints([...certs, root.ca]));
});

test.each([
  ['as it is by default', []],
  ['with 3DES', ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1']],
  ['with 3DES of PBES2', ['-keypbe', 'des-ede3-cbc', '-certpbe', 'des-ede3-cbc']],
  ['with AES-128', ['-keypbe', 'aes-128-cbc', '-certpbe', 'aes-192-cbc']],
  ['with certificates in clear', ['-certpbe', 'NONE']],
  ['with a key in clear', ['-keypbe', 'NONE']],
  ['with a MAC by SHA-224', ['-macalg', 'sha224']],
  ['with a MAC by SHA-384', ['-macalg', 'sha384']],
  ['with a MAC by SHA-512', ['-macalg', 'sha512']],
  ['with many rounds', ['-iter', '50000']],
  ['with one round for the MAC', ['-nomaciter']],
])('a file of openssl is read %s', (_name, args) => {
  expectWhole(openssl(args), 'secret');
});

test('no passphrase opens what has an empty one, in both ways in which programs write that', () => {
  expectWhole(openssl([], ''));
  expectWhole(openssl([], ''), '');
  expectWhole(openssl(['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES'], ''));
});

test('a file is read anew each time, is known for watching, and makes a certificate of this side', () => {
  const file = path('good.p12');
  writeFileSync(file, openssl([]));
  const source = pkcs12({ file }, 'secret');
  expect(source.files).toEqual([file]);
  expect(JSON.stringify(source)).not.toContain('secret');
  const own = loadOwnCertificate({ pfx: source });
  expect(own).toMatchObject({ keyType: 'ec-p256', names: ['localhost'] });
  expect(own.chain.map(({ source: stood }) => stood)).toEqual([1, 2, 3].map((place) => `${file}, certificate ${place}`));
  writeFileSync(file, good.pkcs12({ passphrase: 'other' }));
  expect(() => source.load('certificates[1].pfx')).toThrow(expect.objectContaining({ code: 'ERR_SOCK_TLS_PASSPHRASE', option: 'certificates[1].pfx', message: expect.stringContaining(file) }));
  rmSync(file);
  expect(() => source.load()).toThrow(expect.objectContaining({ code: 'ERR_SOCK_TLS_MATERIAL', message: expect.stringContaining('ENOENT') }));
});

test('strangers in the file stand behind the chain, where a context refuses them', () => {
  writeFileSync(path('more.pem'), `${createAuthority({ name: 'Stranger' }).ca}${above}${lower}`);
  const bytes = openssl([], 'x', ['-in', path('leaf.pem'), '-inkey', path('key.pem'), '-certfile', path('more.pem')]);
  expect(() => loadOwnCertificate({ pfx: pkcs12(bytes, 'x') })).toThrow(expect.objectContaining({ code: 'ERR_SOCK_TLS_CHAIN_ORDER', option: 'pfx', message: expect.stringContaining('Stranger') }));
});

test('a passphrase that is wrong or missing is told as such, and never shown', () => {
  const bytes = openssl([]);
  const wrong = refusal(bytes, 'guess');
  expect(wrong).toMatchObject({ code: 'ERR_SOCK_TLS_PASSPHRASE', option: 'pfx', message: expect.stringContaining('does not open it') });
  expect(wrong.message).not.toContain('guess');
  expect(refusal(bytes)).toMatchObject({ code: 'ERR_SOCK_TLS_PASSPHRASE', message: expect.stringContaining('give its passphrase') });
  expect(refusal(openssl([], ''), 'guess').code).toBe('ERR_SOCK_TLS_PASSPHRASE');
});

test('what is outdated, unguarded or too costly is refused with a cure', () => {
  expect(refusal(openssl(['-nomac']), 'secret')).toMatchObject({ code: 'ERR_SOCK_TLS_MATERIAL', message: expect.stringContaining('no integrity check') });
  // The default of openssl 1.1 and of Windows for many years.
  const rc2 = openssl(['-legacy', '-certpbe', 'PBE-SHA1-RC2-40', '-macalg', 'sha1']);
  expect(refusal(rc2, 'secret')).toMatchObject({ code: 'ERR_SOCK_TLS_MATERIAL', message: expect.stringContaining('-legacy -nodes | openssl pkcs12 -export') });
  const costly = withMac(openssl([]), (_, mac) => {
    (mac.valueBlock.value as unknown[])[2] = new asn1js.Integer({ value: 2_000_001 });
  });
  expect(refusal(costly, 'secret')).toMatchObject({ code: 'ERR_SOCK_TLS_MATERIAL', message: expect.stringContaining('2000001 rounds') });
});

test('a file without a key, with two, or without a certificate is refused', () => {
  const only = openssl(['-nokeys'], 'x', ['-in', path('leaf.pem')]);
  expect(refusal(only, 'x')).toMatchObject({ code: 'ERR_SOCK_TLS_KEY', message: expect.stringContaining('no private key') });
  const keyOnly = openssl(['-nocerts'], 'x', ['-inkey', path('key.pem'), '-in', path('key.pem')]);
  expect(refusal(keyOnly, 'x')).toMatchObject({ code: 'ERR_SOCK_TLS_MATERIAL', message: expect.stringContaining('no certificate') });
  const two = withMac(openssl(['-keypbe', 'NONE'], 'x'), (content) => {
    const safes = asn1js.fromBER(content).result as asn1js.Sequence;
    safes.valueBlock.value.push(safes.valueBlock.value.at(-1) as asn1js.Sequence);
    return new Uint8Array(safes.toBER());
  }, 'x');
  expect(refusal(two, 'x')).toMatchObject({ code: 'ERR_SOCK_TLS_KEY', message: expect.stringContaining('2 private keys') });
});

test('a MAC by PBMAC1 is checked, and a short key for it is refused', () => {
  const pbmac1 = (bytes: Buffer, length: number, password: string): Buffer => withMac(bytes, (content, mac) => {
    const salt = randomBytes(16);
    const prf = new asn1js.Sequence({ value: [new asn1js.ObjectIdentifier({ value: '1.2.840.113549.2.9' }), new asn1js.Null()] });
    const parameters = new asn1js.Sequence({ value: [new asn1js.OctetString({ valueHex: salt }), new asn1js.Integer({ value: 2048 }), new asn1js.Integer({ value: length }), prf] });
    const derivation = new asn1js.Sequence({ value: [new asn1js.ObjectIdentifier({ value: '1.2.840.113549.1.5.12' }), parameters] });
    const algorithm = new asn1js.Sequence({ value: [new asn1js.ObjectIdentifier({ value: '1.2.840.113549.1.5.14' }), new asn1js.Sequence({ value: [derivation, prf] })] });
    const digest = createHmac('sha256', pbkdf2Sync(password, salt, 2048, length, 'sha256')).update(content).digest();
    mac.valueBlock.value = [new asn1js.Sequence({ value: [algorithm, new asn1js.OctetString({ valueHex: digest })] }), new asn1js.OctetString({ valueHex: Buffer.from('NOT USED') }), new asn1js.Integer({ value: 1 })];
  });
  expectWhole(pbmac1(openssl([]), 32, 'secret'), 'secret');
  expect(refusal(pbmac1(openssl([]), 32, 'other'), 'secret').code).toBe('ERR_SOCK_TLS_PASSPHRASE');
  expect(refusal(pbmac1(openssl([]), 16, 'secret'), 'secret')).toMatchObject({ code: 'ERR_SOCK_TLS_MATERIAL', message: expect.stringContaining('16 bytes') });
});

test('what is no PKCS#12 file is refused', () => {
  expect(refusal(Buffer.from(good.chain)).message).toContain('give it as cert and key');
  expect(refusal(good.der)).toMatchObject({ code: 'ERR_SOCK_TLS_MATERIAL', message: expect.stringContaining('no PKCS#12 file, or a damaged one') });
  expect(refusal(new Uint8Array()).code).toBe('ERR_SOCK_TLS_MATERIAL');
  expect(refusal(Buffer.concat([openssl([]), Buffer.alloc(1)]), 'secret').message).toContain('1 bytes too many');
  expect(refusal(Buffer.alloc(1024 * 1024 + 1, 0x30)).message).toContain('at most');
  expect(() => pkcs12('text' as never)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_TLS_MATERIAL', option: 'pfx' }));
  expect(() => pkcs12(good.der, 7 as never)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_TLS_PASSPHRASE' }));
});

test('any change of the bytes gives the same result or a typed error', () => {
  const files = [good.pkcs12({ passphrase: 'x' }), openssl(['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-nomaciter'], 'x')];
  const change = fc.record({ file: fc.constantFrom(...files), at: fc.nat(), byte: fc.nat(255), cut: fc.boolean(), end: fc.boolean() });
  fc.assert(
    fc.property(change, ({ file, at, byte, cut, end }) => {
      const bytes = Buffer.from(file);
      // The MAC and its rounds stand in the last bytes, the structure in the first: half of the changes fall there.
      const place = end ? bytes.length - 1 - (at % 120) : at % bytes.length;
      bytes[place] = byte;
      expectTyped(cut ? bytes.subarray(0, place) : bytes);
    }),
    { numRuns: 250 },
  );
});

test('any change of what the MAC guards gives a typed error or a key, even under a right MAC', () => {
  const file = openssl(['-keypbe', 'NONE', '-certpbe', 'NONE', '-nomaciter'], 'x');
  const sealed = openssl(['-nomaciter'], 'x');
  fc.assert(
    fc.property(fc.constantFrom(file, sealed), fc.nat(), fc.nat(255), (bytes, at, byte) => {
      expectTyped(withMac(bytes, (content) => {
        const changed = Buffer.from(content);
        changed[at % changed.length] = byte;
        return changed;
      }, 'x'));
    }),
    { numRuns: 250 },
  );
});

function expectTyped(bytes: Uint8Array): void {
  try {
    expect(pkcs12(bytes, 'x').load().certs.length).toBeGreaterThan(0);
  } catch (error) {
    expect(error).toBeInstanceOf(TlsConfigError);
  }
}

/** The file with other content and a MAC that is right for it again, or with another MAC. */
function withMac(bytes: Uint8Array, change: (content: Uint8Array, mac: asn1js.Sequence) => Uint8Array | void, password?: string): Buffer {
  const file = asn1js.fromBER(bytes).result as asn1js.Sequence;
  const [, safe, mac] = file.valueBlock.value as [unknown, asn1js.Sequence, asn1js.Sequence];
  const holder = (safe.valueBlock.value[1] as asn1js.Constructed).valueBlock;
  const content = new Uint8Array((holder.value[0] as asn1js.OctetString).getValue());
  const changed = change(content, mac) ?? content;
  holder.value = [new asn1js.OctetString({ valueHex: changed })];
  if (password !== undefined) {
    const salt = randomBytes(8);
    const digest = createHmac('sha256', oneRound(password, salt)).update(changed).digest();
    const sha256 = new asn1js.Sequence({ value: [new asn1js.ObjectIdentifier({ value: '2.16.840.1.101.3.4.2.1' }), new asn1js.Null()] });
    mac.valueBlock.value = [new asn1js.Sequence({ value: [sha256, new asn1js.OctetString({ valueHex: digest })] }), new asn1js.OctetString({ valueHex: salt })];
  }
  return Buffer.from(file.toBER());
}

/** RFC 7292, appendix B.2, written a second time: for one block of SHA-256 and one round it is a single hash. */
function oneRound(password: string, salt: Buffer): Buffer {
  const bmp = Buffer.concat([Buffer.from(password, 'utf16le').swap16(), Buffer.alloc(2)]);
  return createHash('sha256').update(Buffer.alloc(64, 3)).update(Buffer.alloc(64, salt)).update(Buffer.alloc(64, bmp)).digest();
}
