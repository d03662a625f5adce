import type { KeyObject } from 'node:crypto';
import { constants, verify } from 'node:crypto';
import { RSASSAPSSParams } from 'pkijs';
import { checkDer, DerError, DerReader, TAG } from './der.ts';
import { readOid, sameBytes } from './der-values.ts';

/** A certificate, list or response: what was signed, how, and the signature. */
export interface Signed {
  /** The bytes that were signed. */
  readonly tbs: Uint8Array;
  /** AlgorithmIdentifier as DER. */
  readonly algorithm: Uint8Array;
  /** The algorithm as it stands within what was signed; responses have none there. */
  readonly innerAlgorithm: Uint8Array | undefined;
  readonly signature: Uint8Array;
}

/**
 * Says why a signature does not hold, or `undefined` when it does. RSA (PKCS #1 v1.5 and PSS) and ECDSA with SHA-2, Ed25519 and Ed448; SHA-1
 * and older are refused, since two texts with one hash can be made.
 */
export function signatureFault(signed: Signed, key: KeyObject): string | undefined {
  if (signed.innerAlgorithm !== undefined && !sameBytes(signed.algorithm, signed.innerAlgorithm)) return 'it names two different signature algorithms';
  try {
    const scheme = schemeOf(signed.algorithm);
    if (typeof scheme === 'string') return scheme;
    const { keys, hash, ...how } = scheme;
    if (!keys.includes(key.asymmetricKeyType ?? '')) return `its signature algorithm does not go with the signer's key (${key.asymmetricKeyType})`;
    return verify(hash, signed.tbs, { key, ...how }, signed.signature) ? undefined : 'its signature is wrong';
  } catch (error) {
    return `its signature cannot be checked (${error instanceof Error ? error.message : String(error)})`;
  }
}

interface Scheme {
  readonly keys: readonly string[];
  readonly hash: string | null;
  readonly padding?: number;
  readonly saltLength?: number;
}

const RSA_PSS = '1.2.840.113549.1.1.10';

const SCHEMES: Readonly<Record<string, Scheme>> = {
  '1.2.840.113549.1.1.11': { keys: ['rsa'], hash: 'sha256', padding: constants.RSA_PKCS1_PADDING },
  '1.2.840.113549.1.1.12': { keys: ['rsa'], hash: 'sha384', padding: constants.RSA_PKCS1_PADDING },
  '1.2.840.113549.1.1.13': { keys: ['rsa'], hash: 'sha512', padding: constants.RSA_PKCS1_PADDING },
  '1.2.840.10045.4.3.2': { keys: ['ec'], hash: 'sha256' },
  '1.2.840.10045.4.3.3': { keys: ['ec'], hash: 'sha384' },
  '1.2.840.10045.4.3.4': { keys: ['ec'], hash: 'sha512' },
  '1.3.101.112': { keys: ['ed25519'], hash: null },
  '1.3.101.113': { keys: ['ed448'], hash: null },
};

/** Names of hashes by their identifiers, SHA-2 alone. */
export const SHA2: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

function schemeOf(algorithm: Uint8Array): Scheme | string {
  const parts = new DerReader(algorithm).enter(TAG.sequence, 'the signature algorithm');
  const id = readOid(parts, 'the signature algorithm');
  if (id !== RSA_PSS) return SCHEMES[id] ?? `its signature algorithm ${id} is not accepted`;
  if (parts.tag === -1) return 'its RSASSA-PSS signature says no hash, which stands for SHA-1: that is not accepted';
  return pssScheme(parts.read(TAG.sequence, 'the parameters of RSASSA-PSS').element);
}

function pssScheme(parameters: Uint8Array): Scheme | string {
  checkDer(parameters, 'the parameters of RSASSA-PSS');
  const { hashAlgorithm, maskGenAlgorithm, saltLength, trailerField } = RSASSAPSSParams.fromBER(parameters);
  const hash = SHA2[hashAlgorithm.algorithmId];
  if (hash === undefined) return `the hash ${hashAlgorithm.algorithmId} of its RSASSA-PSS signature is not accepted`;
  const mask: unknown = maskGenAlgorithm.algorithmParams?.valueBlock?.value?.[0]?.valueBlock?.toString();
  // Node verifies with one hash for both, as RFC 4055 recommends and everybody does.
  if (maskGenAlgorithm.algorithmId !== '1.2.840.113549.1.1.8' || mask !== hashAlgorithm.algorithmId || trailerField !== 1) {
    return 'its RSASSA-PSS signature uses another hash for the mask, which is not accepted';
  }
  if (!Number.isInteger(saltLength) || saltLength < 0 || saltLength > 512) throw new DerError('the salt of RSASSA-PSS has no length');
  return { keys: ['rsa', 'rsa-pss'], hash, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
}
