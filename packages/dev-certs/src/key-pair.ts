import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { embed, nothing, oid, sequence, type Asn1 } from './der.ts';
import { DevCertsError } from './errors.ts';
import { allowed } from './options.ts';

/**
 * The kind of a key: `ec` is P-256, `ec-p384` is P-384, `rsa` has 2048 bits, the others what their names say.
 * An EC key is made in less than a millisecond, an RSA key in 0.2 to several seconds, during which the event loop stands.
 */
export type KeyType = 'ec' | 'ec-p384' | 'rsa' | 'rsa-3072' | 'rsa-4096';

/** Whose key it is. */
export interface KeyOptions {
  /** Kind of the key to make. Default: **`'ec'`**, because it is made at once. Not together with `key`. */
  readonly keyType?: KeyType;
  /**
   * A private key to use again, as PKCS#8 PEM, for example `earlier.key`: the renewed certificate then has the same
   * SPKI pin. RSA of 2048 bits or more, P-256 or P-384. Default: **a new key**.
   */
  readonly key?: string;
}

/** Somebody with a private key: another authority, or what one issued. */
export interface Signer {
  /** Private key, PKCS#8 PEM. */
  readonly key: string;
}

/** A key and what a certificate needs to know about it. */
export interface KeyPair {
  readonly family: 'ec' | 'rsa';
  readonly privateKey: KeyObject;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Buffer;
  /** AlgorithmIdentifier of the signatures that this key makes. */
  readonly signatureAlgorithm: Asn1;
  sign(bytes: Buffer): Buffer;
}

/**
 * Makes the key that `options` ask for, or takes the one that they bring.
 *
 * @throws DevCertsError `ERR_SOCK_DEV_CERTS_OPTION`: unknown `keyType`, a `key` that cannot be used, or both at once.
 */
export function keyPairFor(options: KeyOptions): KeyPair {
  if (options.key === undefined) return keyPair(generate(allowed('keyType', options.keyType ?? 'ec', KEY_TYPES)));
  if (options.keyType !== undefined) {
    throw fault('keyType', 'stands beside `key`, which has a type already; give one');
  }
  return keyPairFrom('key', options.key);
}

/**
 * The key that an option brings as PEM.
 *
 * @throws DevCertsError `ERR_SOCK_DEV_CERTS_OPTION`: it cannot be used.
 */
export function keyPairFrom(option: string, pem: string): KeyPair {
  return keyPair(load(option, pem));
}

/** The bits of a public key, without its algorithm: what key identifiers and OCSP hash. */
export function publicKeyBits(spki: Buffer): Buffer {
  const [, bits] = embed(spki).value as Asn1[];
  return Buffer.from(bits?.value as string, 'latin1').subarray(1);
}

const KEY_TYPES: readonly KeyType[] = ['ec', 'ec-p384', 'rsa', 'rsa-3072', 'rsa-4096'];

function generate(type: KeyType): KeyObject {
  switch (type) {
    case 'ec':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    case 'ec-p384':
      return generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
    case 'rsa':
      return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    case 'rsa-3072':
      return generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey;
    case 'rsa-4096':
      return generateKeyPairSync('rsa', { modulusLength: 4096 }).privateKey;
  }
}

function load(option: string, pem: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw fault(option, 'is no private key; allowed is PKCS#8 as PEM without a passphrase', cause);
  }
  const details = key.asymmetricKeyDetails ?? {};
  const found = `${key.asymmetricKeyType} ${details.namedCurve ?? details.modulusLength ?? ''}`.trim();
  if (/^(rsa (2048|3072|4096)|ec (prime256v1|secp384r1))$/.test(found)) return key;
  throw fault(option, `is ${found}; allowed are RSA 2048, 3072 and 4096, P-256 and P-384`);
}

function keyPair(privateKey: KeyObject): KeyPair {
  const { family, hash, signatureAlgorithm } = signatureOf(privateKey);
  return {
    family,
    privateKey,
    spki: createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
    signatureAlgorithm,
    sign: (bytes) => sign(hash, bytes, privateKey),
  };
}

function signatureOf(key: KeyObject): { family: 'ec' | 'rsa'; hash: string; signatureAlgorithm: Asn1 } {
  // RSA keeps its NULL parameters (RFC 4055 §5), ECDSA has none (RFC 5758 §3.2).
  if (key.asymmetricKeyType === 'rsa') {
    return { family: 'rsa', hash: 'sha256', signatureAlgorithm: sequence(oid('1.2.840.113549.1.1.11'), nothing()) };
  }
  // P-384 goes with SHA-384: TLS 1.3 has no signature scheme for it with another hash (RFC 8446 §4.2.3).
  return key.asymmetricKeyDetails?.namedCurve === 'secp384r1'
    ? { family: 'ec', hash: 'sha384', signatureAlgorithm: sequence(oid('1.2.840.10045.4.3.3')) }
    : { family: 'ec', hash: 'sha256', signatureAlgorithm: sequence(oid('1.2.840.10045.4.3.2')) };
}

function fault(option: string, message: string, cause?: unknown): DevCertsError {
  return new DevCertsError('ERR_SOCK_DEV_CERTS_OPTION', option, message, cause);
}
