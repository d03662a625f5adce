import { ConfigError } from './errors.ts';
import { show } from './problem.ts';

/**
 * A length of time: a number of milliseconds, or text with a unit: `'250ms'`, `'30s'`, `'5m'`, `'2h'`, `'1d'`.
 * A fraction is fine while the result is a whole number of milliseconds (`'1.5s'`).
 */
export type Duration = number | `${number}${keyof typeof DURATION_UNITS}`;

/**
 * An amount of bytes: a number, or text with a unit: `'64KiB'` (binary, 1024) or `'10kB'` (decimal, 1000).
 * A fraction is fine while the result is a whole number of bytes (`'1.5KiB'`).
 */
export type ByteSize = number | `${number}${keyof typeof BYTE_UNITS}`;

/**
 * Reads a duration and answers whole milliseconds, 0 to `Number.MAX_SAFE_INTEGER`. Text without a unit is milliseconds, as a number is.
 * One space may stand before the unit. Signs, exponents and surrounding spaces are refused.
 *
 * @throws {ConfigError} `ERR_SOCK_CONFIG` when the value is no duration
 * @example
 * parseDuration('1.5s') // 1500
 */
export function parseDuration(value: Duration | string): number {
  return readDuration(value) ?? refuse('duration', value, DURATION_FORM);
}

/**
 * Reads an amount of bytes and answers whole bytes, 0 to `Number.MAX_SAFE_INTEGER`. Text without a unit is bytes, as a number is.
 * One space may stand before the unit. Signs, exponents and surrounding spaces are refused, and so is `KB`: it is written `kB` (1000) or `KiB` (1024).
 *
 * @throws {ConfigError} `ERR_SOCK_CONFIG` when the value is no amount of bytes
 * @example
 * parseBytes('64KiB') // 65536
 */
export function parseBytes(value: ByteSize | string): number {
  return readBytes(value) ?? refuse('bytes', value, BYTES_FORM);
}

/**
 * Writes milliseconds in the largest unit that leaves a whole number; `parseDuration` reads it back to the same number.
 *
 * @example
 * formatDuration(90_000) // '90s'
 */
export function formatDuration(milliseconds: number): Extract<Duration, string> {
  return format(milliseconds, DURATION_UNITS, 'ms');
}

/**
 * Writes bytes in the largest unit that leaves a whole number, binary units before decimal ones; `parseBytes` reads it back to the same number.
 *
 * @example
 * formatBytes(65_536) // '64KiB'
 */
export function formatBytes(bytes: number): Extract<ByteSize, string> {
  return format(bytes, BYTE_UNITS, 'B');
}

// Largest first within a family: `format` takes the first unit that fits.
const DURATION_UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
const BYTE_UNITS = {
  TiB: 1_099_511_627_776,
  GiB: 1_073_741_824,
  MiB: 1_048_576,
  KiB: 1024,
  TB: 1_000_000_000_000,
  GB: 1_000_000_000,
  MB: 1_000_000,
  kB: 1000,
  B: 1,
};

/** What a duration looks like, for messages. */
export const DURATION_FORM = 'duration such as "30s" or 30000 (ms)';

/** What an amount of bytes looks like, for messages. */
export const BYTES_FORM = 'bytes such as "64KiB", "10kB" or 65536';

/** `parseDuration` that answers `undefined` instead of throwing. */
export function readDuration(value: unknown): number | undefined {
  return read(value, DURATION_UNITS);
}

/** `parseBytes` that answers `undefined` instead of throwing. */
export function readBytes(value: unknown): number | undefined {
  return read(value, BYTE_UNITS);
}

function read(value: unknown, units: Readonly<Record<string, number>>): number | undefined {
  let amount = value;
  if (typeof value === 'string') {
    const [, whole, fraction = '', unit] = /^(\d{1,16})(?:\.(\d{1,16}))?(?: ?([a-zA-Z]+))?$/.exec(value) ?? [];
    if (whole === undefined || (unit !== undefined && !Object.hasOwn(units, unit))) return undefined;
    // Whole-number arithmetic: in floating point '1.001s' is 1000.9999999999999.
    const scale = 10n ** BigInt(fraction.length);
    const scaled = BigInt(whole + fraction) * BigInt(units[unit ?? ''] ?? 1);
    if (scaled % scale !== 0n) return undefined;
    amount = Number(scaled / scale);
  }
  // `+ 0` turns -0 into 0.
  return Number.isSafeInteger(amount) && (amount as number) >= 0 ? (amount as number) + 0 : undefined;
}

function format<U extends string>(amount: number, units: Readonly<Record<U, number>>, smallest: U): `${number}${U}` {
  for (const unit in units) {
    if (amount !== 0 && amount % units[unit] === 0) return `${amount / units[unit]}${unit}`;
  }
  return `${amount}${smallest}`;
}

function refuse(key: string, value: unknown, allowed: string): never {
  throw new ConfigError([{ key, source: { kind: 'value' }, found: show(value), allowed }]);
}
