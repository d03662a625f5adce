import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority, createSelfSigned } from '@sock/dev-certs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TlsConfigError } from '../errors.ts';
import type { CertificateOptions, OwnCertificateChecks } from './own-certificate.ts';
import { loadOwnCertificate } from './own-certificate.ts';

const root = createAuthority({ name: 'Root' });
const upper = root.issueIntermediate({ name: 'Upper' });
const lower = upper.issueIntermediate({ name: 'Lower' });
const good = lower.issue({ names: ['Shop.example.test', '*.api.example.test'], ips: ['127.0.0.1'] });
const [leafPem, lowerPem, upperPem] = good.chain.split(/(?<=-----END CERTIFICATE-----\n)/) as [string, string, string];
const stranger = createAuthority({ name: 'Stranger' });
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sock-own-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

function refusal(options: CertificateOptions, where = '', checks: OwnCertificateChecks = {}): TlsConfigError {
  try {
    loadOwnCertificate(options, where, checks);
  } catch (error) {
    if (error instanceof TlsConfigError) return error;
    throw error;
  }
  throw new Error('it was loaded');
}
const load = (options: CertificateOptions, checks: OwnCertificateChecks = {}): ReturnType<typeof loadOwnCertificate> => loadOwnCertificate(options, '', checks);

test('a chain in order is loaded with its names, or those that are asked for, and the kind of its key', () => {
  const own = load({ cert: good.chain, key: good.key });
  expect(own.chain.slice(1).map(({ x509 }) => x509.subject)).toEqual(['CN=Lower', 'CN=Upper']);
  expect(own.leaf).toBe(own.chain[0]);
  expect(own.names).toEqual(['shop.example.test', '*.api.example.test']);
  expect(own.keyType).toBe('ec-p256');
  expect(own.chainPem.match(/BEGIN CERTIFICATE/g)).toHaveLength(3);
  expect(own.keyPem).toContain('BEGIN PRIVATE KEY');
  expect(load({ cert: good.chain, key: good.key, names: ['a.api.example.test'] }).names).toEqual(['a.api.example.test']);
});

test('the root may stand at the end, and a certificate without any authority alone', () => {
  expect(load({ cert: `${good.chain}${root.certificate.pem}`, key: good.key }).chain).toHaveLength(4);
  const alone = createSelfSigned({ names: ['localhost'] });
  expect(load({ cert: alone.cert, key: alone.key }).names).toEqual(['localhost']);
});

test('a chain out of order is refused with the right order', () => {
  const error = refusal({ cert: `${leafPem}${upperPem}${lowerPem}`, key: good.key }, 'certificates[1].');
  expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_CHAIN_ORDER', option: 'certificates[1].cert' });
  expect(error.message).toMatch(/Shop\.example\.test" \(the text given, line 1\) was not issued by the certificate behind it, "CN=Upper"/i);
  expect(error.message).toMatch(/the right order is ".*", then "CN=Lower", then "CN=Upper"/);
});

test('a gap in the chain is refused with the certificate that is missing', () => {
  const error = refusal({ cert: `${leafPem}${upperPem}`, key: good.key });
  expect(error.code).toBe('ERR_SOCK_TLS_CHAIN_ORDER');
  expect(error.message).toContain('put the certificate "CN=Lower" behind');
});

test('a foreign certificate, one that stands twice, and one that bears the issuer\'s name alone are refused', () => {
  const foreign = refusal({ cert: `${good.chain}${stranger.certificate.pem}`, key: good.key });
  expect(foreign).toMatchObject({ code: 'ERR_SOCK_TLS_CHAIN_ORDER', message: expect.stringContaining('leave out what is not in its chain: "CN=Stranger"') });
  const twice = refusal({ cert: `${leafPem}${lowerPem}${lowerPem}`, key: good.key });
  expect(twice).toMatchObject({ code: 'ERR_SOCK_TLS_CHAIN_ORDER', message: expect.stringContaining('stands twice') });
  const namesake = createAuthority({ name: 'Root' });
  const short = root.issue({ names: ['localhost'] });
  expect(refusal({ cert: `${short.cert}${namesake.certificate.pem}`, key: short.key }).code).toBe('ERR_SOCK_TLS_CHAIN_ORDER');
  expect(load({ cert: `${short.cert}${root.certificate.pem}`, key: short.key }).chain).toHaveLength(2);
});

test('a certificate above the first that is no authority is refused', () => {
  // The same name and the same key as the authority that signed it, but in a certificate that is no authority's.
  const posing = stranger.issue({ commonName: 'Root', key: root.key, names: ['root.example.test'] });
  const leaf = root.issue({ names: ['localhost'] });
  expect(refusal({ cert: `${leaf.cert}${posing.cert}`, key: leaf.key })).toMatchObject({
    code: 'ERR_SOCK_TLS_CHAIN_ORDER', message: expect.stringMatching(/was not issued by the certificate behind it, "CN=Root"|is no authority/),
  });
});

test('a certificate outside its dates is refused with the dates and a word about the clock', () => {
  const late = root.issue({ names: ['localhost'], validity: 'expired' });
  const expired = refusal({ cert: late.chain, key: late.key });
  expect(expired).toMatchObject({ code: 'ERR_SOCK_TLS_EXPIRED', option: 'cert' });
  expect(expired.message).toMatch(/valid from \d{4}-.*Z to \d{4}-.*Z, and it is \d{4}-.*Z now.*is the clock right\?/);
  const early = root.issue({ names: ['localhost'], validity: 'not-yet-valid' });
  expect(refusal({ cert: early.chain, key: early.key })).toMatchObject({ code: 'ERR_SOCK_TLS_NOT_YET_VALID', message: expect.stringContaining('clock') });
  const ended = root.issueIntermediate({ validity: 'expired' }).issue({ names: ['localhost'], allow: ['outlive-issuer'] });
  expect(refusal({ cert: ended.chain, key: ended.key })).toMatchObject({ code: 'ERR_SOCK_TLS_EXPIRED', message: expect.stringContaining('intermediate') });
  const within = new Date((late.notBefore.getTime() + late.notAfter.getTime()) / 2);
  expect(load({ cert: late.chain, key: late.key }, { now: within }).names).toEqual(['localhost']);
});

test('names that are given must be covered, and a pattern must stand in the certificate as it is', () => {
  const own = (names: readonly string[]): CertificateOptions => ({ cert: good.chain, key: good.key, names });
  expect(load(own(['SHOP.example.test', '*.API.example.test', 'v1.api.example.test'])).names).toEqual(['shop.example.test', '*.api.example.test', 'v1.api.example.test']);
  for (const name of ['other.example.test', '*.example.test', 'a.b.api.example.test', 'api.example.test', '*.shop.example.test']) {
    expect(refusal(own(['shop.example.test', name]))).toMatchObject({
      code: 'ERR_SOCK_TLS_NAME_MISMATCH', option: 'names[1]', message: expect.stringContaining('it is for shop.example.test, *.api.example.test'),
    });
  }
  for (const name of ['', '192.0.2.1', 'a b', '*', '*.', 'a.*.test', 'https://shop.example.test']) expect(refusal(own([name]))).toMatchObject({ code: 'ERR_SOCK_TLS_OPTION', option: 'names[0]' });
  expect(refusal(own([])).message).toContain('one name or more');
  const nameless = root.issue({ commonName: 'shop.example.test', allow: ['no-names'] });
  expect(refusal({ cert: nameless.cert, key: nameless.key, names: ['shop.example.test'] }).message).toContain('no DNS name at all');
});

test('leniency passes over dates, order and names, and never over a key that does not match', () => {
  const late = root.issue({ names: ['localhost'], validity: 'expired' });
  const lenient = { lenient: true };
  expect(load({ cert: `${late.cert}${stranger.certificate.pem}`, key: late.key, names: ['other.test'] }, lenient).names).toEqual(['other.test']);
  expect(refusal({ cert: late.cert, key: good.key }, '', lenient).code).toBe('ERR_SOCK_TLS_KEY_MISMATCH');
});

test('a key of another certificate is refused, and one of a later certificate is told its place', () => {
  const other = root.issue({ names: ['localhost'] });
  expect(refusal({ cert: good.chain, key: other.key })).toMatchObject({
    code: 'ERR_SOCK_TLS_KEY_MISMATCH', option: 'key', message: expect.stringContaining('it belongs to another certificate'),
  });
  expect(refusal({ cert: `${lowerPem}${leafPem}`, key: good.key }).message).toContain('stands at place 2 of the chain');
});

test('an encrypted key needs its passphrase, which is in no message; one too many does no harm', async () => {
  const file = join(folder, 'key.pem');
  await writeFile(file, good.encryptedKey('s3cret'));
  const options = { cert: good.chain, key: { file } };
  expect(load({ ...options, passphrase: 's3cret' }).keyType).toBe('ec-p256');
  expect(refusal(options)).toMatchObject({ code: 'ERR_SOCK_TLS_PASSPHRASE', option: 'key', message: expect.stringContaining(`${file}, line 1: the key is encrypted: give its passphrase`) });
  const wrong = refusal({ ...options, passphrase: 'guess' });
  expect(wrong).toMatchObject({ code: 'ERR_SOCK_TLS_PASSPHRASE', message: expect.stringContaining('does not open') });
  expect(`${wrong.message} ${String(wrong.cause)}`).not.toContain('guess');
  expect(load({ cert: good.chain, key: good.key, passphrase: 'unused' }).keyType).toBe('ec-p256');
});

test('keys are read in every form, as text and as DER', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const rsa = root.issue({ names: ['localhost'], key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string });
  const cert = rsa.chain;
  for (const type of ['pkcs1', 'pkcs8'] as const) {
    expect(load({ cert, key: privateKey.export({ type, format: 'pem' }) }).keyType).toBe('rsa');
    expect(load({ cert, key: privateKey.export({ type, format: 'der' }) }).keyType).toBe('rsa');
  }
  const sealed = privateKey.export({ type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase: 'x' });
  expect(load({ cert, key: sealed, passphrase: 'x' }).keyType).toBe('rsa');
  expect(refusal({ cert, key: sealed, passphrase: 'y' }).code).toBe('ERR_SOCK_TLS_PASSPHRASE');
  expect(refusal({ cert, key: sealed }).code).toBe('ERR_SOCK_TLS_PASSPHRASE');
  expect(refusal({ cert, key: sealed.subarray(0, 4) }).code).toMatch(/PASSPHRASE|KEY/);
  expect(refusal({ cert, key: Buffer.from([0x30, 3, 2, 1, 0]) })).toMatchObject({ code: 'ERR_SOCK_TLS_KEY', message: expect.stringContaining('cannot be read') });
});

test.each([
  ['DSA', () => generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 }).privateKey, 'type dsa'],
  ['an odd curve', () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey, 'secp256k1'],
])('a key of %s is refused with the kinds that are taken', (_name, make, words) => {
  const key = make().export({ type: 'pkcs8', format: 'pem' }) as string;
  const error = refusal({ cert: good.chain, key });
  expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_KEY', message: expect.stringContaining(words) });
  expect(error.message).toContain('P-256, P-384 or P-521');
});

test('halves, and two sources at once, are refused by name', () => {
  expect(refusal({ cert: good.chain }, 'certificates[0].')).toMatchObject({ code: 'ERR_SOCK_TLS_OPTION', option: 'certificates[0].key' });
  expect(refusal({ key: good.key })).toMatchObject({ code: 'ERR_SOCK_TLS_OPTION', option: 'cert' });
  expect(refusal({})).toMatchObject({ code: 'ERR_SOCK_TLS_OPTION', message: expect.stringContaining('give cert and key, or pfx') });
  const pfx = { files: [], load: (): never => expect.fail('it was read') };
  expect(refusal({ pfx, cert: good.chain }).message).toContain('cert cannot be given beside it');
  expect(refusal({ pfx, passphrase: 'x' })).toMatchObject({ code: 'ERR_SOCK_TLS_OPTION', option: 'passphrase' });
  expect(refusal({ pfx: {} as never }).message).toContain('pkcs12()');
});
