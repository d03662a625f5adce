import { ConfigError } from './errors.ts';
import type { AnyField, Field } from './field.ts';
import { refusedValue, unknownField } from './field-problem.ts';
import { type ConfigProblem, type ConfigSource, show } from './problem.ts';

/**
 * The options of one package or part: names, defaults, limits. Safe to share; it is never changed.
 *
 * @typeParam Name what the section is called in files and environment variables
 * @typeParam Fields the fields by name; an interface is the best place for their doc comments
 */
export interface Section<Name extends string, Fields extends FieldsOf<Fields>> {
  readonly name: Name;
  readonly fields: Fields;
  /** Every default, frozen, always the same object. Computed when first read. @throws {ConfigError} when the section contradicts itself */
  readonly defaults: ValuesOf<Fields>;
  /**
   * Checks options and fills in the defaults. The result is frozen; it is `defaults` itself when nothing is given, and the input itself when
   * that is the result of an earlier call.
   * `undefined` means the default.
   *
   * @param where what to call the place in messages: `'connect()'`
   * @throws {ConfigError} `ERR_SOCK_CONFIG` with every problem: a value that is not allowed, a name that is not known
   */
  resolve(input?: InputsOf<Fields>, where?: string): ValuesOf<Fields>;
  /**
   * `resolve` for an object that holds other things too: names that are not fields of this section are passed over.
   *
   * @throws {ConfigError} `ERR_SOCK_CONFIG` with every value that is not allowed
   */
  pick(input?: InputsOf<Fields>, where?: string): ValuesOf<Fields>;
}

/** What all sections have in common, whatever their fields. */
export interface AnySection {
  readonly name: string;
  /** An object whose every property is a field. */
  readonly fields: object;
  readonly defaults: object;
}

/** The fields of any section by name, in order. */
export function fieldsOf(section: AnySection): ReadonlyMap<string, AnyField> {
  return new Map<string, AnyField>(Object.entries(section.fields));
}

/** What a program reads from a section: every field, in base units. */
export type SectionValues<S extends AnySection> = ValuesOf<S['fields']>;

/** What a user may write: each field optional, text forms such as `'30s'` included. */
export type SectionInput<S extends AnySection> = InputsOf<S['fields']>;

/** An object whose every property is a field. */
export type FieldsOf<Fields> = { readonly [K in keyof Fields]: AnyField };

/** The values of some fields. */
export type ValuesOf<Fields> = { readonly [K in keyof Fields]: Fields[K] extends Field<infer Value, unknown> ? Value : never };

/** The inputs of some fields. */
export type InputsOf<Fields> = {
  readonly [K in keyof Fields]?: Fields[K] extends Field<unknown, infer Input> ? Input | undefined : never;
};

/**
 * Declares a section. Names are camel case, start with a small letter and have only ASCII letters and digits.
 *
 * @example
 * const limits = section('echo', {
 *   idle: duration({ default: '30s', doc: 'Longest silence before a connection is closed.' }),
 * });
 * limits.resolve({ idle: '2m' }).idle // 120000
 */
/* @__NO_SIDE_EFFECTS__ */
export function section<const Name extends string, Fields extends FieldsOf<Fields>>(
  name: Name,
  fields: Fields,
): Section<Name, Fields> {
  const names = Object.keys(fields);
  let defaults: ValuesOf<Fields> | undefined;
  /** What was answered before: checked and frozen, so that it is answered again as it is. */
  const answered = new WeakSet();

  // Runs for every connection: nothing is allocated until a field is given.
  function fill(input: InputsOf<Fields> | undefined, where: string | undefined, strict: boolean): ValuesOf<Fields> {
    const base = (defaults ??= declaredDefaults(name, fields));
    if (input === undefined || input === (base as unknown)) return base;
    if (answered.has(input)) return input as ValuesOf<Fields>;
    if (typeof input !== 'object' || input === null || Array.isArray(input)) {
      throw new ConfigError([{ key: name, source: given(where), found: show(input), allowed: 'an object' }]);
    }
    const inputs = input as Readonly<Record<string, unknown>>;
    let values: Record<string, unknown> | undefined;
    let problems: ConfigProblem[] | undefined;
    for (const key of names) {
      const raw = inputs[key];
      if (raw === undefined) continue;
      const value: unknown = fields[key as keyof Fields].parse(raw);
      if (value === undefined) (problems ??= []).push(refusedValue(name, key, fields[key as keyof Fields], raw, given(where)));
      else (values ??= { ...base })[key] = value;
    }
    if (strict) {
      for (const key of Object.keys(inputs)) {
        if (!Object.hasOwn(fields, key)) (problems ??= []).push(unknownField(name, key, names, given(where)));
      }
    }
    if (problems !== undefined) throw new ConfigError(problems);
    if (values === undefined) return base;
    answered.add(Object.freeze(values));
    return values as ValuesOf<Fields>;
  }
  return {
    name,
    fields,
    get defaults() {
      return (defaults ??= declaredDefaults(name, fields));
    },
    resolve: (input, where) => fill(input, where, true),
    pick: (input, where) => fill(input, where, false),
  };
}

function given(where: string | undefined): ConfigSource {
  return where === undefined ? { kind: 'value' } : { kind: 'value', name: where };
}

function declaredDefaults<Fields extends FieldsOf<Fields>>(section: string, fields: Fields): ValuesOf<Fields> {
  const values: Record<string, unknown> = {};
  const problems: ConfigProblem[] = [];
  const source: ConfigSource = { kind: 'default' };
  const entries: readonly [string, AnyField][] = Object.entries(fields);
  for (const name of [section, ...entries.map(([key]) => key)]) {
    // A name such as `constructor` would be found on every options object.
    if (/^[a-z][a-zA-Z0-9]*$/.test(name) && !(name in {})) continue;
    problems.push({ key: name, source, found: 'this name', allowed: 'a camel-case name that no plain object has' });
  }
  for (const [key, field] of entries) {
    values[key] = field.default === undefined ? undefined : field.parse(field.default);
    if (field.default !== undefined && values[key] === undefined) {
      problems.push(refusedValue(section, key, field, field.default, source));
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(values) as ValuesOf<Fields>;
}
