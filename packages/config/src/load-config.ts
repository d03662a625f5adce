import { type Env, envLayer } from './env-layer.ts';
import { ConfigError } from './errors.ts';
import { refusedValue } from './field-problem.ts';
import { fieldText } from './field-text.ts';
import { fileLayer } from './load-file.ts';
import { type Given, layer, membersOf } from './layer.ts';
import { type ConfigProblem, type ConfigSource, show, showSource } from './problem.ts';
import { type AnySection, fieldsOf, type SectionInput, type SectionValues } from './section.ts';

/** What `loadConfig` reads. A source that comes first here wins over those after it; the defaults come last. */
export interface LoadOptions<Sections extends readonly AnySection[]> {
  /** The sections that the program has. */
  readonly sections: Sections;
  /** Values given in code: `{ tls: { minVersion: 'TLSv1.3' } }`. **None** */
  readonly values?: SectionInputs<Sections[number]> | undefined;
  /** Environment variables, usually `process.env`. Every one that begins with `SOCK_` must be known. **None** */
  readonly env?: Env | undefined;
  /** The path of a JSON file: `{ "tls": { "minVersion": "TLSv1.3" } }`. It must exist. **None** */
  readonly file?: string | undefined;
}

/** The inputs of several sections by the name of the section. */
export type SectionInputs<S extends AnySection> = { readonly [Each in S as Each['name']]?: SectionInput<Each> | undefined };

/** A loaded configuration. It is never changed. */
export interface Config<S extends AnySection> {
  /**
   * The values of a section, frozen.
   *
   * @throws {ConfigError} `ERR_SOCK_CONFIG` when the section was not loaded
   */
  get<T extends S>(section: T): SectionValues<T>;
  /**
   * Where a value came from: `{ kind: 'file', path: 'sock.json', line: 3 }`.
   *
   * @throws {ConfigError} `ERR_SOCK_CONFIG` when the section was not loaded or has no such field
   */
  source<T extends S>(section: T, field: keyof T['fields'] & string): ConfigSource;
  /** Every value and where it came from, a line each. A secret shows as `•••`. */
  describe(): string;
}

/**
 * Reads the values of all sections from code, environment and file, checks them and fills in the defaults.
 * A value is checked even where another source wins over it.
 *
 * @throws {ConfigError} `ERR_SOCK_CONFIG` with every problem of every source
 * @example
 * const config = loadConfig({ sections: [limits], env: process.env, file: 'sock.json' });
 * const { idle } = config.get(limits);
 */
export function loadConfig<const Sections extends readonly AnySection[]>(
  options: LoadOptions<Sections>,
): Config<Sections[number]> {
  const { sections, values, env, file } = options;
  requireDistinct(sections);
  const problems: ConfigProblem[] = [];
  let cause: unknown;
  const given = [
    // The weakest first: what comes later replaces it.
    ...(file === undefined ? [] : fileLayer(sections, file, problems, (thrown) => (cause = thrown))),
    ...(env === undefined ? [] : envLayer(sections, env, problems)),
    ...(values === undefined ? [] : valueLayer(sections, values, problems)),
  ];
  const loaded = new Map(
    sections.map((section: AnySection) => [section, settle(section, given.filter((each) => each.section === section), problems)]),
  );
  if (problems.length > 0) throw new ConfigError(problems, cause === undefined ? {} : { cause });
  return config(loaded);
}

/** The values of one section, and where each that is not a default came from. */
interface Loaded {
  readonly values: Readonly<Record<string, unknown>>;
  readonly sources: ReadonlyMap<string, ConfigSource>;
}

function settle(section: AnySection, given: readonly Given[], problems: ConfigProblem[]): Loaded {
  const values: Record<string, unknown> = { ...section.defaults };
  const sources = new Map<string, ConfigSource>();
  for (const { name, field, value, source } of given) {
    const parsed = field.parse(value);
    if (parsed === undefined) problems.push(refusedValue(section.name, name, field, value, source));
    values[name] = parsed;
    sources.set(name, source);
  }
  return { values: Object.freeze(values), sources };
}

function config(loaded: ReadonlyMap<AnySection, Loaded>): Config<AnySection> {
  function find(section: AnySection): Loaded {
    const found = loaded.get(section);
    if (found !== undefined) return found;
    throw notLoaded(section.name, [...loaded.keys()].map((each) => each.name));
  }
  return {
    get: (section) => find(section).values as SectionValues<typeof section>,
    source(section, field) {
      const { sources } = find(section);
      if (Object.hasOwn(section.fields, field)) return sources.get(field) ?? { kind: 'default' };
      throw notLoaded(`${section.name}.${field}`, Object.keys(section.fields));
    },
    describe: () => [...loaded].flatMap(([section, each]) => describe(section, each)).join('\n'),
  };
}

function describe(section: AnySection, { values, sources }: Loaded): string[] {
  return Array.from(fieldsOf(section), ([name, field]) => {
    const source = showSource(sources.get(name) ?? { kind: 'default' });
    return `${section.name}.${name} = ${fieldText(field, values[name])} (${source})`;
  });
}

function valueLayer(sections: readonly AnySection[], values: object, problems: ConfigProblem[]) {
  const source: ConfigSource = { kind: 'value' };
  const members = membersOf(values, source);
  if (members !== undefined) return layer(sections, members, problems);
  problems.push({ key: 'values', source, found: show(values), allowed: 'an object of sections' });
  return [];
}

function requireDistinct(sections: readonly AnySection[]): void {
  const names = sections.map((section) => section.name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  if (twice.length === 0) return;
  throw new ConfigError(
    twice.map((key) => ({ key, source: { kind: 'value', name: 'sections' }, found: 'the same name again', allowed: 'each section once' })),
  );
}

function notLoaded(key: string, known: readonly string[]): ConfigError {
  const allowed = known.join(', ') || 'no name at all';
  return new ConfigError([{ key, source: { kind: 'value' }, found: 'what was not loaded', allowed }]);
}
