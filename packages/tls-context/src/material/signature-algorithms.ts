import { nearestName } from '@sock/config';
import { checkNameList, openssl, requireHeeded, unknownName } from './name-list.ts';
import { optionFault } from './option-fault.ts';

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
  const check = (given: string, place: string): string => checkScheme(given, place, allowWeak);
  const names = checkNameList(list, { option: 'signatureAlgorithms', noun: 'signature scheme', example: 'ed25519', check });
  requireHeeded('sigalgs', 'signatureAlgorithms');
  return names.join(':');
}

function checkScheme(given: string, place: string, allowWeak: boolean): string {
  const weak = WEAK_SCHEMES.get(given);
  if (weak !== undefined && !allowWeak) throw optionFault(place, `${given} signs a hash by SHA-1, which can be forged: it is to be had only through danger() of @sock/tls-context/danger`);
  if (weak === undefined && !SCHEMES.includes(given)) throw unknownName(given, place, 'signature scheme of TLS 1.3', nearestName(given, SCHEMES), `; there are ${SCHEMES.join(', ')}`);
  const name = weak ?? given;
  // Node's own error for a scheme that OpenSSL lacks has no words at all.
  const refused = openssl({ sigalgs: name });
  if (refused !== undefined) throw optionFault(place, `the OpenSSL of this runtime does not have ${given}`, refused.refusal);
  return name;
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
