import type { Duration } from '@sock/config';
import { formatDuration, nearestName, parseDuration } from '@sock/config';
import { optionFault } from '../material/option-fault.ts';

/** @throws `ERR_SOCK_TLS_OPTION`, always */
export function refuseOption(name: string, message: string, cause?: unknown): never {
  throw optionFault(`sessions.${name}`, message, cause);
}

/**
 * Checks that `sessions` is an object with no other names than the known ones.
 *
 * @throws `ERR_SOCK_TLS_OPTION`
 */
export function requireKnownNames(options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw optionFault('sessions', 'expected an object with options, or false for no sessions');
  }
  for (const name of Object.keys(options)) {
    if (name !== 'store' && (options as Readonly<Record<string, unknown>>)[name] === null) refuseOption(name, 'it is null; leave it out for the default');
    if (known.includes(name)) continue;
    const nearest = nearestName(name, known);
    refuseOption(name, `there is no such option${nearest === undefined ? '' : `; did you mean ${nearest}?`}`);
  }
}

/**
 * A whole number within a range, in the unit that the name says.
 *
 * @throws `ERR_SOCK_TLS_OPTION`
 */
export function countValue(name: string, value: number, min: number, max: number): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  refuseOption(name, `expected a whole number from ${min} to ${max}, found ${shown(value)}`);
}

/**
 * A length of time within a range, in milliseconds.
 *
 * @throws `ERR_SOCK_TLS_OPTION`
 */
export function durationValue(name: string, value: Duration, minMs: number, maxMs: number): number {
  const range = `${formatDuration(minMs)} to ${formatDuration(maxMs)}`;
  let milliseconds: number;
  try {
    milliseconds = parseDuration(value);
  } catch (error) {
    refuseOption(name, `expected a duration such as '2h' or 7200000 (ms), ${range}, found ${shown(value)}`, error);
  }
  if (milliseconds >= minMs && milliseconds <= maxMs) return milliseconds;
  refuseOption(name, `expected ${range}, found ${formatDuration(milliseconds)}`);
}

/**
 * A store that the program brings: an object with these methods.
 *
 * @throws `ERR_SOCK_TLS_OPTION`
 */
export function storeValue<S extends object>(name: string, value: S, methods: readonly (keyof S & string)[]): S {
  const missing = typeof value === 'object' && value !== null ? methods.filter((method) => typeof value[method] !== 'function') : methods;
  if (missing.length === 0) return value;
  refuseOption(name, `expected a store with the methods ${methods.join(', ')}; ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing`);
}

/**
 * `true` or `false`.
 *
 * @throws `ERR_SOCK_TLS_OPTION`
 */
export function flagValue(name: string, value: boolean): boolean {
  if (typeof value === 'boolean') return value;
  refuseOption(name, `expected true or false, found ${shown(value)}`);
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  return typeof value === 'number' || typeof value === 'boolean' || value === null ? String(value) : `a value of type ${typeof value}`;
}
