import { oid, sequence, set, utf8String, type Asn1 } from './der.ts';
import { DevCertsError } from './errors.ts';
import { describe } from './options.ts';

/**
 * A name that is one common name, or the empty name. UTF8String, at most 64 characters (RFC 5280 §4.1.2.4 and appendix
 * A.1, ub-common-name).
 *
 * @throws DevCertsError `ERR_SOCK_DEV_CERTS_NAME`
 */
export function distinguishedName(option: string, commonName: string | undefined): Asn1 {
  if (commonName === undefined) return sequence();
  const characters = typeof commonName === 'string' ? [...commonName].length : 0;
  if (characters >= 1 && characters <= MAX_COMMON_NAME && !/\p{Cc}/u.test(commonName)) {
    return sequence(set(sequence(oid('2.5.4.3'), utf8String(commonName))));
  }
  const message = `is ${describe(commonName)}; allowed are 1 to ${MAX_COMMON_NAME} characters without control characters`;
  throw new DevCertsError('ERR_SOCK_DEV_CERTS_NAME', option, message);
}

/** The most characters that a common name may have. */
export const MAX_COMMON_NAME = 64;
