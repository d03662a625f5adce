import { createSecureContext } from 'node:tls';
import { nearestName } from '@sock/config';
import { TlsConfigError } from '../errors.ts';

/**
 * Checks a list of signature schemes by their names in RFC 8446, section 4.2.3 (`ecdsa_secp256r1_sha256`, `rsa_pss_rsae_sha256`,
 * `ed25519` …), the preferred first.
 *
 * @param allowWeak - takes those with SHA-1; only for programs that said `danger()`
 * @returns the list for Node's option `sigalgs`; `undefined` for those of OpenSSL
 * @throws `ERR_SOCK_TLS_OPTION`
 */
export function checkSignatureAlgorithms(list: readonly string[] | undefined, allowWeak: boolean): string | undefined {
  if (list === undefined) return undefined;
  if (!Array.isArray(list) || list.length === 0) throw fault('signatureAlgorithms', 'expected a list of one signature scheme or more, such as ["ed25519"]');
  return list.map((given: unknown, index) => {
    const option = `signatureAlgorithms[${index}]`;
    const first = list.indexOf(given);
    if (first < index) throw fault(option, `${String(given)} stands twice: it is signatureAlgorithms[${first}] already`);
    return checkScheme(given, option, allowWeak);
  }).join(':');
}

function checkScheme(given: unknown, option: string, allowWeak: boolean): string {
  if (typeof given !== 'string') throw fault(option, 'expected the name of a signature scheme');
  const weak = WEAK_SCHEMES.get(given);
  if (weak !== undefined && !allowWeak) throw fault(option, `${given} signs a hash by SHA-1, which can be forged: it is to be had only through danger() of @sock/tls-context/danger`);
  if (weak === undefined && !SCHEMES.includes(given)) {
    const nearest = nearestName(given, SCHEMES);
    throw fault(option, `"${given.slice(0, 80)}" is no signature scheme of TLS 1.3${nearest === undefined ? `; there are ${SCHEMES.join(', ')}` : `; did you mean ${nearest}?`}`);
  }
  const name = weak ?? given;
  try {
    // Node's own error for a scheme that OpenSSL lacks has no words at all.
    createSecureContext({ sigalgs: name });
    return name;
  } catch (error) {
    throw new TlsConfigError('ERR_SOCK_TLS_OPTION', option, `the OpenSSL of this runtime does not have ${given}`, error);
  }
}

/** OpenSSL knows these by the same names. */
const SCHEMES: readonly string[] = [
  'ecdsa_secp256r1_sha256', 'ecdsa_secp384r1_sha384', 'ecdsa_secp521r1_sha512', 'ed25519', 'ed448',
  'rsa_pss_rsae_sha256', 'rsa_pss_rsae_sha384', 'rsa_pss_rsae_sha512', 'rsa_pss_pss_sha256', 'rsa_pss_pss_sha384', 'rsa_pss_pss_sha512',
  'rsa_pkcs1_sha256', 'rsa_pkcs1_sha384', 'rsa_pkcs1_sha512',
];

/** These two it knows by other names, or not in every version. */
const WEAK_SCHEMES: ReadonlyMap<string, string> = /*#__PURE__*/ new Map([
  ['rsa_pkcs1_sha1', 'RSA+SHA1'],
  ['ecdsa_sha1', 'ECDSA+SHA1'],
]);

function fault(option: string, why: string): TlsConfigError {
  return new TlsConfigError('ERR_SOCK_TLS_OPTION', option, why);
}
