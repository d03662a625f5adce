import { createSecureContext, getCiphers } from 'node:tls';
import { nearestName } from '@sock/config';
import { TlsConfigError } from '../errors.ts';
import type { TlsVersion } from '../tls-section.ts';
import { isTls13, opensslName, weakness } from './cipher-names.ts';

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
  if (!Array.isArray(ciphers) || ciphers.length === 0) throw fault('ciphers', 'expected a list of one cipher suite or more, such as ["TLS_AES_128_GCM_SHA256"]');
  // Every name at its own place: what OpenSSL calls it, whichever of the two was given.
  const names = ciphers.map((given: unknown, index) => checkSuite(given, `ciphers[${index}]`, allowWeak));
  names.forEach((name, index) => {
    const first = names.indexOf(name);
    if (first < index) throw fault(`ciphers[${index}]`, `${ciphers[index]} stands twice: it is ciphers[${first}] already`);
  });
  if (range !== undefined) checkCoverage(names, range);
  return { list: names.join(':') };
}

function checkSuite(given: unknown, option: string, allowWeak: boolean): string {
  if (typeof given !== 'string' || given === '') throw fault(option, 'expected the name of a cipher suite');
  if (/[!+@:,\s=]|^-|^(?:ALL|COMPLEMENTOFALL|COMPLEMENTOFDEFAULT|DEFAULT|HIGH|MEDIUM|LOW|[ae]?NULL|kRSA|EECDH|EDH|ECDHE|DHE|AESGCM|CHACHA20)$/.test(given)) {
    throw fault(option, `"${given.slice(0, 80)}" is a rule of OpenSSL's list language, whose meaning changes from version to version: write each suite as an element of its own`);
  }
  const name = opensslName(given);
  const why = weakness(name);
  if (why !== undefined && !allowWeak) throw fault(option, `${given} ${why}: it is to be had only through danger() of @sock/tls-context/danger`);
  if (isOffered(name)) return name;
  if (why !== undefined) throw fault(option, `${given} ${why}, and the OpenSSL of this runtime does not have it`);
  const known = [...DEFAULT_CIPHERS.split(':'), ...getCiphers().map((one) => one.toUpperCase()).filter((one) => weakness(one) === undefined)];
  const nearest = nearestName(name, known);
  throw fault(option, `"${given.slice(0, 80)}" is no cipher suite that this runtime knows${nearest === undefined ? '' : `; did you mean ${nearest}?`}`);
}

/** `getCiphers` leaves some out that OpenSSL has (CCM), so that OpenSSL is asked; alone, a name that it does not know is an error. */
function isOffered(name: string): boolean {
  if (getCiphers().includes(name.toLowerCase())) return true;
  if (!/^[A-Z0-9_-]+$/.test(name) || !/[-_]/.test(name)) return false;
  try {
    createSecureContext({ ciphers: name });
    return true;
  } catch {
    // OpenSSL's answer to the question is this error, and nothing else.
    return false;
  }
}

/** OpenSSL would fill TLS 1.3 with all its suites when the list has none, and leave TLS 1.2 without any. */
function checkCoverage(names: readonly string[], { minVersion, maxVersion }: VersionRange): void {
  if (maxVersion === 'TLSv1.3' && !names.some(isTls13)) {
    throw fault('ciphers', 'no suite of TLS 1.3 is among them: add one, such as TLS_AES_128_GCM_SHA256, or set maxVersion to TLSv1.2');
  }
  if (minVersion === 'TLSv1.2' && names.every(isTls13)) {
    throw fault('ciphers', 'no suite of TLS 1.2 is among them: add one, such as TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, or set minVersion to TLSv1.3');
  }
}

function fault(option: string, why: string): TlsConfigError {
  return new TlsConfigError('ERR_SOCK_TLS_OPTION', option, why);
}
