import type { ByteSize, Duration } from './units.ts';

/**
 * One option as data: its default, what it allows, what it means. Made by `int`, `bytes`, `duration`, `boolean`, `oneOf`,
 * `string` and `list`.
 *
 * `Value` is what a program reads, `Input` what a user may write in code.
 */
export interface Field<Value, Input = Value> {
  /** Which function made it. */
  readonly kind: 'int' | 'bytes' | 'duration' | 'boolean' | 'oneOf' | 'string' | 'list';
  /** The default as declared; `undefined` when there is none. */
  readonly default: Input | undefined;
  /** What it means, in one sentence. */
  readonly doc: string;
  /** Why the default is what it is. */
  readonly reason: string;
  /** What is counted: `ms`, `bytes`, `characters`, `items`; empty when nothing is. */
  readonly unit: string;
  /** Whether the value is never shown. */
  readonly secret: boolean;
  /** What a value looks like, in words. */
  readonly form: string;
  /** The smallest and largest value, in words; empty when `form` says it all. */
  readonly range: string;
  /** Reads a value or its text form; `undefined` means that it is not allowed. Never throws. */
  parse(input: Input): Value | undefined;
  /** Writes a value so that `parse` reads it back. */
  format(value: NonNullable<Value>): string;
}

/** What every kind of field takes. */
export interface FieldOptions<Input> {
  /** The value of whoever gives none. Without it the value is `undefined`. */
  readonly default?: Input;
  /** What the option means, in one sentence. */
  readonly doc: string;
  /** Why the default is what it is. **None** */
  readonly reason?: string;
}

/** Makes an optional default a required one. */
export interface Defaulted<Input> {
  readonly default: Input;
}

/** A field of any kind. */
// `parse` and `format` are methods, so this accepts fields of every value and input.
export type AnyField = Field<unknown, unknown>;

/** A field made by `int`. */
export type IntField = Field<number>;
/** A field made by `bytes`; the value is in bytes. */
export type BytesField = Field<number, ByteSize>;
/** A field made by `duration`; the value is in milliseconds. */
export type DurationField = Field<number, Duration>;
/** A field made by `boolean`. */
export type BooleanField = Field<boolean>;
/** A field made by `oneOf`. */
export type OneOfField<Choice extends string> = Field<Choice>;
/** A field made by `string`. */
export type StringField = Field<string>;
/** A field made by `list`. */
export type ListField<Value, Input = Value> = Field<readonly Value[], readonly Input[]>;
/** A field without a default: its value may be `undefined`. */
export type Optional<F extends AnyField> = F extends Field<infer Value, infer Input> ? Field<Value | undefined, Input> : never;

/** What is allowed in a field, in words. */
export function allowed(field: AnyField): string {
  return field.range === '' ? field.form : `${field.form}, ${field.range}`;
}
