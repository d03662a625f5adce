import { createDecipheriv } from 'node:crypto';
import type { Asn1 } from './asn1.ts';
import { octets, oid, sequence } from './asn1.ts';
import { damaged, Pkcs12Fault, unsupported } from './pkcs12-fault.ts';
import { HASHES, MAX_PKCS12_ROUNDS, pbkdf2Key, pkcs12Key, PURPOSE, roundsOf, saltOf } from './key-derivation.ts';
import type { Passphrase } from './passphrase.ts';

/**
 * Decrypts by an AlgorithmIdentifier: PBES2 with PBKDF2 and AES or 3DES in CBC (RFC 8018, section 6.2), or
 * pbeWithSHAAnd3-KeyTripleDES-CBC (RFC 7292, appendix C). Keys are decrypted here too and not by Node, because Node would run as many
 * rounds as the file asks for.
 *
 * @throws Pkcs12Fault
 */
export function decrypt(algorithm: Asn1 | undefined, bytes: Uint8Array, passphrase: Passphrase): Uint8Array {
  const [id, parameters] = sequence(algorithm, 'the encryption');
  const name = oid(id, 'the encryption');
  if (name === '1.2.840.113549.1.5.13') return pbes2(parameters, bytes, passphrase);
  if (name === '1.2.840.113549.1.12.1.3') return tripleDes(parameters, bytes, passphrase);
  if (/^1\.2\.840\.113549\.1\.12\.1\.[1256]$/.test(name)) {
    throw new Pkcs12Fault(
      'ERR_SOCK_TLS_MATERIAL',
      'it is encrypted by RC2 or RC4, as programs did before 2020, and that protects nothing: make it again with "openssl pkcs12 -in old.p12 -legacy -nodes | openssl pkcs12 -export -out new.p12"',
    );
  }
  throw unsupported(`the encryption ${name}`);
}

const CIPHERS: ReadonlyMap<string, readonly [string, number, number]> = /*#__PURE__*/ new Map<string, readonly [string, number, number]>([
  ['2.16.840.1.101.3.4.1.2', ['aes-128-cbc', 16, 16]],
  ['2.16.840.1.101.3.4.1.22', ['aes-192-cbc', 24, 16]],
  ['2.16.840.1.101.3.4.1.42', ['aes-256-cbc', 32, 16]],
  ['1.2.840.113549.3.7', ['des-ede3-cbc', 24, 8]],
]);

function pbes2(parameters: Asn1 | undefined, bytes: Uint8Array, passphrase: Passphrase): Uint8Array {
  const [derivation, scheme] = sequence(parameters, 'PBES2');
  const [id, ivValue] = sequence(scheme, 'the cipher');
  const name = oid(id, 'the cipher');
  const cipher = CIPHERS.get(name);
  if (cipher === undefined) throw unsupported(`the cipher ${name}`);
  const [algorithm, keyLength, ivLength] = cipher;
  const iv = octets(ivValue, 'the initialisation vector');
  if (iv.length !== ivLength) throw damaged(`an initialisation vector of ${iv.length} bytes`);
  return open(algorithm, pbkdf2Key(derivation, passphrase, keyLength), iv, bytes);
}

function tripleDes(parameters: Asn1 | undefined, bytes: Uint8Array, { bmp }: Passphrase): Uint8Array {
  const [saltValue, roundsValue] = sequence(parameters, 'the encryption');
  const hash = HASHES.get('1.3.14.3.2.26') as NonNullable<ReturnType<typeof HASHES.get>>;
  const salt = saltOf(saltValue);
  const rounds = roundsOf(roundsValue, MAX_PKCS12_ROUNDS);
  const derive = (purpose: 1 | 2, length: number): Buffer => pkcs12Key(hash, bmp, salt, rounds, purpose, length);
  return open('des-ede3-cbc', derive(PURPOSE.key, 24), derive(PURPOSE.iv, 8), bytes);
}

function open(algorithm: string, key: Buffer, iv: Uint8Array, bytes: Uint8Array): Uint8Array {
  try {
    const decipher = createDecipheriv(algorithm, key, iv);
    return Buffer.concat([decipher.update(bytes), decipher.final()]);
  } catch (error) {
    // The MAC was right under this passphrase, so nothing is damaged.
    throw new Pkcs12Fault('ERR_SOCK_TLS_PASSPHRASE', 'a part of it has another passphrase than the whole: make it again with one for both', error);
  }
}
