import type { SecureContextOptions } from 'node:tls';
import { createSecureContext } from 'node:tls';
import type { TlsConfigError } from '../errors.ts';
import { optionFault } from './option-fault.ts';

/** An option that is a list of names, the preferred first: groups, cipher suites, signature schemes. */
export interface NameList {
  readonly option: string;
  /** What one of them is, in words. */
  readonly noun: string;
  readonly example: string;
  /** Checks the name at `place`, and gives the one that OpenSSL takes. */
  readonly check: (given: string, place: string) => string;
}

/**
 * Checks a list of names: one or more, each of them known, none twice by whichever spelling.
 *
 * @returns OpenSSL's names in the order given
 * @throws `ERR_SOCK_TLS_OPTION`
 */
export function checkNameList(given: unknown, { option, noun, example, check }: NameList): string[] {
  if (!Array.isArray(given) || given.length === 0) throw optionFault(option, `expected a list of one ${noun} or more, such as ["${example}"]`);
  // Every name at its own place, so that errors tell it by what was written there.
  const names = given.map((one: unknown, index) => {
    const place = `${option}[${index}]`;
    if (typeof one !== 'string' || one === '') throw optionFault(place, `expected the name of a ${noun}`);
    return check(one, place);
  });
  names.forEach((name, index) => {
    const first = names.indexOf(name);
    if (first < index) throw optionFault(`${option}[${index}]`, `${given[index]} stands twice: it is ${option}[${first}] already`);
  });
  return names;
}

/** What is said of a name that nobody knows: the one that was meant, or `otherwise`. */
export function unknownName(given: string, place: string, noun: string, nearest: string | undefined, otherwise = ''): TlsConfigError {
  return optionFault(place, `"${given.slice(0, 80)}" is no ${noun}${nearest === undefined ? otherwise : `; did you mean ${nearest}?`}`);
}

/** What OpenSSL says against a native context of these options; `undefined` when it makes one. Nothing else tells what it has. */
export function openssl(options: SecureContextOptions): { readonly refusal: unknown } | undefined {
  try {
    // Without authorities: those of the runtime would be read for nothing.
    createSecureContext({ ca: [], ...options });
    return undefined;
  } catch (refusal) {
    return { refusal };
  }
}

/**
 * Whether the runtime reads such a list. One that takes a name that nobody has passes over the list, and chooses by itself what the
 * program meant to choose (Deno 2.9: all lists; Bun 1.4: suites of TLS 1.3).
 */
export function heeds(list: 'ciphers' | 'ecdhCurve' | 'sigalgs'): boolean {
  return openssl({ [list]: 'TLS_NO_SUCH_NAME' }) !== undefined;
}

/** @throws `ERR_SOCK_TLS_OPTION` on a runtime that does not heed the list: better no context than another one than was meant */
export function requireHeeded(list: 'ciphers' | 'ecdhCurve' | 'sigalgs', option: string): void {
  if (!heeds(list)) throw optionFault(option, 'this runtime passes over the list and chooses by itself: leave it out, or run on Node');
}
