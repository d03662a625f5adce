import type { AnyField, BooleanField, Defaulted, FieldOptions, OneOfField, Optional, StringField } from './field.ts';

/** Options of `string`. */
export interface StringOptions extends FieldOptions<string> {
  /** The shortest allowed text, in UTF-16 code units. **1**: an empty name or path is nearly always a variable that was never set. */
  readonly minLength?: number;
  /** The longest allowed text, in UTF-16 code units. **4096**, the longest path on Linux. */
  readonly maxLength?: number;
  /** Never show the value: messages, tables and descriptions have `•••` in its place. **false** */
  readonly secret?: boolean;
}

/**
 * Yes or no. The text forms are `true`, `false`, `1` and `0`.
 *
 * @example
 * boolean({ default: true, doc: 'Send small writes at once (TCP_NODELAY).' })
 */
export function boolean(options: FieldOptions<boolean> & Defaulted<boolean>): BooleanField;
export function boolean(options: FieldOptions<boolean>): Optional<BooleanField>;
/* @__NO_SIDE_EFFECTS__ */
export function boolean(options: FieldOptions<boolean>): AnyField {
  return {
    ...described(options),
    kind: 'boolean',
    form: 'true or false',
    parse: (input: unknown) =>
      input === true || input === 'true' || input === '1'
        ? true
        : input === false || input === 'false' || input === '0'
          ? false
          : undefined,
    format: String,
  };
}

/**
 * One of some words, exactly as they are written.
 *
 * @example
 * oneOf(['TLSv1.2', 'TLSv1.3'], { default: 'TLSv1.2', doc: 'The oldest protocol that is accepted.' })
 */
export function oneOf<const Choice extends string>(
  choices: readonly Choice[],
  options: FieldOptions<NoInfer<Choice>> & Defaulted<NoInfer<Choice>>,
): OneOfField<Choice>;
export function oneOf<const Choice extends string>(
  choices: readonly Choice[],
  options: FieldOptions<NoInfer<Choice>>,
): Optional<OneOfField<Choice>>;
/* @__NO_SIDE_EFFECTS__ */
export function oneOf(choices: readonly string[], options: FieldOptions<string>): AnyField {
  return {
    ...described(options),
    kind: 'oneOf',
    form: choices.map((choice) => JSON.stringify(choice)).join(' or '),
    parse: (input: unknown) => choices.find((choice) => choice === input),
    format: String,
  };
}

/**
 * Text, as it is: nothing is trimmed.
 *
 * @example
 * string({ doc: 'Password of the private key.', secret: true })
 */
export function string(options: StringOptions & Defaulted<string>): StringField;
export function string(options: StringOptions): Optional<StringField>;
/* @__NO_SIDE_EFFECTS__ */
export function string(options: StringOptions): AnyField {
  const { minLength = 1, maxLength = 4096, secret = false } = options;
  return {
    ...described(options),
    kind: 'string',
    unit: 'characters',
    secret,
    form: 'text',
    range: `${minLength} to ${maxLength} characters`,
    parse: (input: unknown) =>
      typeof input === 'string' && input.length >= minLength && input.length <= maxLength ? input : undefined,
    format: String,
  };
}

function described({ default: value, doc, reason = '' }: FieldOptions<unknown>) {
  return { default: value, doc, reason, unit: '', secret: false, range: '' };
}
