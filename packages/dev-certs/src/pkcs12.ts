import { createCipheriv, createHash, createHmac, pbkdf2Sync, randomBytes, type KeyObject } from 'node:crypto';
import type { Certificate } from './certificate.ts';
import {
  bmpString,
  embed,
  encode,
  integer,
  nothing,
  octetString,
  oid,
  sequence,
  set,
  tagged,
  taggedBytes,
  type Asn1,
} from './der.ts';
import { DevCertsError } from './errors.ts';
import { describe, flag, onlyKnown, passphrase } from './options.ts';

/** How a PKCS#12 file is made. */
export interface Pkcs12Options {
  /** Encrypts the key and the certificates and guards the file against change. One character or more. */
  readonly passphrase: string;
  /** Name of the entry that programs show (friendlyName). Default: **none**. */
  readonly name?: string;
  /** Put the root in too. Node.js then trusts it when it loads the file. Default: **false**. */
  readonly root?: boolean;
}

/**
 * A PKCS#12 file (RFC 7292) that OpenSSL 3 opens without its legacy provider.
 *
 * @throws DevCertsError `ERR_SOCK_DEV_CERTS_OPTION`
 */
export function pkcs12(options: Pkcs12Options, key: KeyObject, chain: readonly Certificate[], root: Certificate): Buffer {
  onlyKnown('', options, { passphrase: true, name: true, root: true } satisfies Record<keyof Pkcs12Options, true>);
  const secret = passphrase(options.passphrase);
  const attributes = entryAttributes(friendlyName(options.name), chain[0]);
  const shrouded = key.export({ type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase: secret });
  const certificates = flag('root', options.root) && !chain.includes(root) ? [...chain, root] : chain;
  const keyBag = sequence(oid(KEY_BAG), tagged(0, embed(shrouded)), attributes);
  const certBags = certificates.map((certificate, index) => certBag(certificate, index === 0 ? attributes : undefined));
  const contents = encode(sequence(encryptedData(encode(sequence(...certBags)), secret), data(encode(sequence(keyBag)))));
  return encode(sequence(integer(3), data(contents), macData(contents, secret)));
}

const DATA = '1.2.840.113549.1.7.1';
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6';
const KEY_BAG = '1.2.840.113549.1.12.10.1.2';
const CERT_BAG = '1.2.840.113549.1.12.10.1.3';
// What openssl pkcs12 uses. The files guard development keys, so more rounds would only make tests slow.
const ROUNDS = 2048;

function friendlyName(found: string | undefined): string | undefined {
  if (found === undefined || (typeof found === 'string' && found !== '')) return found;
  throw new DevCertsError('ERR_SOCK_DEV_CERTS_OPTION', 'name', `is ${describe(found)}; allowed is text of one character or more`);
}

/** localKeyId ties the key to its certificate (RFC 7292 §4.2, RFC 2985 §5.5.2). */
function entryAttributes(name: string | undefined, leaf: Certificate | undefined): Asn1 {
  const keyId = createHash('sha256').update(leaf?.der ?? '').digest();
  return set(
    ...(name === undefined ? [] : [sequence(oid('1.2.840.113549.1.9.20'), set(bmpString(name)))]),
    sequence(oid('1.2.840.113549.1.9.21'), set(octetString(keyId))),
  );
}

function certBag(certificate: Certificate, attributes: Asn1 | undefined): Asn1 {
  const x509 = sequence(oid('1.2.840.113549.1.9.22.1'), tagged(0, octetString(certificate.der)));
  return sequence(oid(CERT_BAG), tagged(0, x509), ...(attributes ? [attributes] : []));
}

function data(content: Buffer): Asn1 {
  return sequence(oid(DATA), tagged(0, octetString(content)));
}

/** PBES2 with PBKDF2, HMAC-SHA-256 and AES-256-CBC (RFC 8018 §6.2). */
function encryptedData(content: Buffer, secret: string): Asn1 {
  const salt = randomBytes(16);
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', pbkdf2Sync(secret, salt, ROUNDS, 32, 'sha256'), iv);
  const encrypted = Buffer.concat([cipher.update(content), cipher.final()]);
  const prf = sequence(oid('1.2.840.113549.2.9'), nothing());
  const derivation = sequence(oid('1.2.840.113549.1.5.12'), sequence(octetString(salt), integer(ROUNDS), prf));
  const scheme = sequence(oid('2.16.840.1.101.3.4.1.42'), octetString(iv));
  const algorithm = sequence(oid('1.2.840.113549.1.5.13'), sequence(derivation, scheme));
  const info = sequence(oid(DATA), algorithm, taggedBytes(0, encrypted));
  return sequence(oid(ENCRYPTED_DATA), tagged(0, sequence(integer(0), info)));
}

function macData(contents: Buffer, secret: string): Asn1 {
  const salt = randomBytes(16);
  const digest = createHmac('sha256', macKey(secret, salt)).update(contents).digest();
  const sha256 = sequence(oid('2.16.840.1.101.3.4.2.1'), nothing());
  return sequence(sequence(sha256, octetString(digest)), octetString(salt), integer(ROUNDS));
}

/** RFC 7292 appendix B.2 with purpose 3. One block of SHA-256 is all that the MAC key needs, so no block is chained. */
function macKey(secret: string, salt: Buffer): Buffer {
  const block = 64;
  const text = Buffer.from(`${secret}\0`, 'utf16le').swap16();
  const fill = (bytes: Buffer): Buffer => Buffer.alloc(Math.ceil(bytes.length / block) * block, bytes);
  let digest = Buffer.concat([Buffer.alloc(block, 3), fill(salt), fill(text)]);
  for (let round = 0; round < ROUNDS; round++) digest = createHash('sha256').update(digest).digest();
  return digest;
}
