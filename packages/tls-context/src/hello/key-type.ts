import type { ClientHello } from './client-hello.ts';

/** The kind of key that a certificate is for. */
export type KeyType = 'rsa' | 'rsa-pss' | 'ec-p256' | 'ec-p384' | 'ec-p521' | 'ed25519' | 'ed448';

/**
 * Which of a server's certificates, each with another type of key, this client can use: an EC one when it clearly can, since it costs
 * the server a fraction of an RSA one; else Ed25519 or Ed448; else RSA. When nothing fits, or the hello could not be read, the first
 * of `have`: the engine then tells the client what is wrong.
 *
 * @param have - never empty; the order matters only when nothing fits
 * @param maxVersion - the highest version that the server speaks: the rules of TLS 1.3 are stricter about curves, those of TLS 1.2 about suites
 */
export function chooseKeyType(hello: ClientHello | undefined, have: readonly KeyType[], maxVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3'): KeyType {
  const first = have[0] as KeyType;
  if (hello === undefined || have.length === 1) return first;
  const usable = maxVersion === 'TLSv1.3' && hello.versions.includes('TLSv1.3') ? usableIn13 : usableIn12;
  for (const type of PREFERENCE) if (have.includes(type) && usable(hello, type)) return type;
  return first;
}

const PREFERENCE: readonly KeyType[] = ['ec-p256', 'ec-p384', 'ec-p521', 'ed25519', 'ed448', 'rsa', 'rsa-pss'];

/**
 * Signature schemes that a key makes in TLS 1.3 (RFC 8446, section 4.2.3), where each names its curve. An ordinary RSA key signs with
 * rsa_pss_rsae_*, one that is for PSS alone with rsa_pss_pss_*.
 */
const SCHEMES: Readonly<Record<KeyType, readonly number[]>> = {
  'ec-p256': [0x0403],
  'ec-p384': [0x0503],
  'ec-p521': [0x0603],
  ed25519: [0x0807],
  ed448: [0x0808],
  rsa: [0x0804, 0x0805, 0x0806],
  'rsa-pss': [0x0809, 0x080a, 0x080b],
};

/** In TLS 1.2 the scheme is a hash and a kind of key: no word about the curve, and RSA may sign in the older way too. */
const ECDSA_SCHEMES: readonly number[] = [0x0403, 0x0503, 0x0603];
const RSA_SCHEMES: readonly number[] = [0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601];

/** ECDHE_ECDSA with AES-GCM, ChaCha20-Poly1305 or AES-CCM. Whoever has only older ones cannot clearly use it: no default server takes them. */
const ECDHE_ECDSA: readonly number[] = [0xc02b, 0xc02c, 0xcca9, 0xc0ac, 0xc0ad, 0xc0ae, 0xc0af];

/** `supported_groups` (RFC 8446, section 4.2.7). */
const CURVES: Readonly<Partial<Record<KeyType, number>>> = { 'ec-p256': 23, 'ec-p384': 24, 'ec-p521': 25 };

function usableIn13(hello: ClientHello, type: KeyType): boolean {
  return shares(hello.signatureSchemes, SCHEMES[type]);
}

function usableIn12({ cipherSuites, groups, signatureSchemes }: ClientHello, type: KeyType): boolean {
  // A client from before signature_algorithms takes RSA, whatever else it takes.
  if (type === 'rsa') return signatureSchemes.length === 0 || shares(signatureSchemes, RSA_SCHEMES);
  if (type === 'rsa-pss') return shares(signatureSchemes, SCHEMES[type]);
  // EdDSA keys go with the same suites (RFC 8422, section 5.10).
  if (!shares(cipherSuites, ECDHE_ECDSA)) return false;
  const curve = CURVES[type];
  return curve === undefined ? shares(signatureSchemes, SCHEMES[type]) : groups.includes(curve) && shares(signatureSchemes, ECDSA_SCHEMES);
}

function shares(offered: readonly number[], wanted: readonly number[]): boolean {
  return wanted.some((one) => offered.includes(one));
}
