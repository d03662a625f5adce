import type { AnyField, BytesField, Defaulted, DurationField, Field, FieldOptions, IntField, Optional } from './field.ts';
import { type ByteSize, BYTES_FORM, type Duration, DURATION_FORM, formatBytes, formatDuration, readBytes, readDuration } from './units.ts';

/** Options of `int`. */
export interface IntOptions extends FieldOptions<number>, Range<number> {
  /** What is counted, in the plural: `'connections'`. **None** */
  readonly unit?: string;
}

/** Options of `bytes`. */
export interface BytesOptions extends FieldOptions<ByteSize>, Range<ByteSize> {}

/** Options of `duration`. */
export interface DurationOptions extends FieldOptions<Duration>, Range<Duration> {}

/** The values that a number may have. */
export interface Range<Input> {
  /** The smallest allowed value. **0** */
  readonly min?: Input;
  /** The largest allowed value. **`Number.MAX_SAFE_INTEGER`**; for durations **2147483647 ms** (24.8 days), because a timer that is set for longer fires at once. */
  readonly max?: Input;
}

/**
 * A whole number. The text form is decimal digits, after a `-` where `min` is below zero.
 *
 * @example
 * int({ default: 511, min: 1, max: 65_535, unit: 'connections', doc: 'Connections that wait to be accepted.' })
 */
export function int(options: IntOptions & Defaulted<number>): IntField;
export function int(options: IntOptions): Optional<IntField>;
/* @__NO_SIDE_EFFECTS__ */
export function int(options: IntOptions): AnyField {
  const form = options.unit === undefined ? 'whole number' : `whole number of ${options.unit}`;
  return numeric('int', form, options.unit ?? '', readInt, String, Number.MAX_SAFE_INTEGER, options);
}

/**
 * An amount of bytes. Reads `65536`, `'64KiB'`, `'10kB'`; the value is in bytes.
 *
 * @example
 * bytes({ default: '64KiB', min: '1KiB', max: '1GiB', doc: 'Bytes that may wait to be sent.' })
 */
export function bytes(options: BytesOptions & Defaulted<ByteSize>): BytesField;
export function bytes(options: BytesOptions): Optional<BytesField>;
/* @__NO_SIDE_EFFECTS__ */
export function bytes(options: BytesOptions): AnyField {
  return numeric('bytes', BYTES_FORM, 'bytes', readBytes, formatBytes, Number.MAX_SAFE_INTEGER, options);
}

/**
 * A length of time. Reads `30000`, `'30s'`, `'5m'`; the value is in milliseconds.
 *
 * @example
 * duration({ default: '30s', min: '1ms', max: '1h', doc: 'Longest wait for a connection.' })
 */
export function duration(options: DurationOptions & Defaulted<Duration>): DurationField;
export function duration(options: DurationOptions): Optional<DurationField>;
/* @__NO_SIDE_EFFECTS__ */
export function duration(options: DurationOptions): AnyField {
  return numeric('duration', DURATION_FORM, 'ms', readDuration, formatDuration, 2_147_483_647, options);
}

function numeric<Input>(
  kind: 'int' | 'bytes' | 'duration',
  form: string,
  unit: string,
  read: (input: unknown) => number | undefined,
  format: (value: number) => string,
  top: number,
  options: FieldOptions<Input> & Range<Input>,
): Field<number, Input> {
  // A bound that cannot be read is NaN, which no value is above or below: the default fails, and says so.
  const min = options.min === undefined ? 0 : (read(options.min) ?? NaN);
  const max = options.max === undefined ? top : (read(options.max) ?? NaN);
  return {
    kind,
    default: options.default,
    doc: options.doc,
    reason: options.reason ?? '',
    unit,
    secret: false,
    form,
    range: max === Number.MAX_SAFE_INTEGER ? `at least ${format(min)}` : `${format(min)} to ${format(max)}`,
    parse(input) {
      const value = read(input);
      return value !== undefined && value >= min && value <= max ? value : undefined;
    },
    format,
  };
}

function readInt(input: unknown): number | undefined {
  const value = typeof input === 'string' && /^-?\d{1,16}$/.test(input) ? Number(input) : input;
  // `+ 0` turns -0 into 0.
  return Number.isSafeInteger(value) ? (value as number) + 0 : undefined;
}
