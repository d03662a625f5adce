import { getCiphers } from 'node:tls';
import { nearestName } from '@sock/config';
import type { TlsVersion } from '../tls-section.ts';
import { isTls13, opensslName, weakness } from './cipher-names.ts';
import { checkNameList, openssl, requireHeeded, unknownName } from './name-list.ts';
import { optionFault } from './option-fault.ts';

/**
 * The cipher suites that a context offers and accepts, the preferred first: only forward secret, authenticated ones (RFC 9325,
 * section 4.2). AES-128 stands before AES-256: it is as safe against every known attack and a fifth faster.
 */
export const DEFAULT_CIPHERS: string = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** The versions that a context speaks, as its options have them. */
export interface VersionRange {
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
}

/** A list of cipher suites that was checked. */
export interface CheckedCiphers {
  /** For Node's option `ciphers`: OpenSSL's names, in the order given. */
  readonly list: string;
}

/**
 * Checks a list of cipher suites, each by its IANA name (`TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`) or by OpenSSL's
 * (`ECDHE-RSA-AES128-GCM-SHA256`); the preferred first. OpenSSL itself passes over names that it does not know.
 *
 * @param ciphers - `undefined`: {@link DEFAULT_CIPHERS}
 * @param allowWeak - only for programs that said `danger()`
 * @param range - when it is given, every version of it must have a suite
 * @throws `ERR_SOCK_TLS_OPTION`
 */
export function checkCiphers(ciphers: readonly string[] | undefined, allowWeak: boolean, range?: VersionRange): CheckedCiphers {
  if (ciphers === undefined) return { list: DEFAULT_CIPHERS };
  const check = (given: string, place: string): string => checkSuite(given, place, allowWeak);
  const names = checkNameList(ciphers, { option: 'ciphers', noun: 'cipher suite', example: 'TLS_AES_128_GCM_SHA256', check });
  if (range !== undefined) checkCoverage(names, range);
  if (names.some(isTls13)) requireHeeded('ciphers', 'ciphers');
  return { list: names.join(':') };
}

function checkSuite(given: string, place: string, allowWeak: boolean): string {
  if (/[!+@:,\s=]|^-|^(?:ALL|COMPLEMENTOFALL|COMPLEMENTOFDEFAULT|DEFAULT|HIGH|MEDIUM|LOW|[ae]?NULL|kRSA|EECDH|EDH|ECDHE|DHE|AESGCM|CHACHA20)$/.test(given)) {
    throw optionFault(place, `"${given.slice(0, 80)}" is a rule of OpenSSL's list language, whose meaning changes from version to version: write each suite as an element of its own`);
  }
  const name = opensslName(given);
  const why = weakness(name);
  if (why !== undefined && !allowWeak) throw optionFault(place, `${given} ${why}: it is to be had only through danger() of @sock/tls-context/danger`);
  if (isOffered(name)) return name;
  if (why !== undefined) throw optionFault(place, `${given} ${why}, and the OpenSSL of this runtime does not have it`);
  const known = [...DEFAULT_CIPHERS.split(':'), ...getCiphers().map((one) => one.toUpperCase()).filter((one) => weakness(one) === undefined)];
  throw unknownName(given, place, 'cipher suite that this runtime knows', nearestName(name, known));
}

/** `getCiphers` leaves some out that OpenSSL has (CCM), so that OpenSSL is asked; alone, a name that it does not know is an error. */
function isOffered(name: string): boolean {
  if (getCiphers().includes(name.toLowerCase())) return true;
  if (!/^[A-Z0-9_-]+$/.test(name) || !/[-_]/.test(name)) return false;
  return openssl({ ciphers: name }) === undefined;
}

/** OpenSSL would fill TLS 1.3 with all its suites when the list has none, and leave TLS 1.2 without any. */
function checkCoverage(names: readonly string[], { minVersion, maxVersion }: VersionRange): void {
  if (maxVersion === 'TLSv1.3' && !names.some(isTls13)) {
    throw optionFault('ciphers', 'no suite of TLS 1.3 is among them: add one, such as TLS_AES_128_GCM_SHA256, or set maxVersion to TLSv1.2');
  }
  if (minVersion === 'TLSv1.2' && names.every(isTls13)) {
    throw optionFault('ciphers', 'no suite of TLS 1.2 is among them: add one, such as TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, or set minVersion to TLSv1.3');
  }
}
