/** Where a value came from. */
export interface ConfigSource {
  /** `value`: given in code; `env`: an environment variable; `file`: a configuration file; `default`: the section itself. */
  readonly kind: 'value' | 'env' | 'file' | 'default';
  /** The environment variable (`SOCK_TLS_MIN_VERSION`), or for `value` the place that the caller named. */
  readonly name?: string;
  /** The file, as it was named to `loadConfig`. */
  readonly path?: string;
  /** The line in the file, from 1. */
  readonly line?: number;
  /** The column in the line, from 1, where the file could not be read as JSON. */
  readonly column?: number;
}

/** One thing that is wrong, in words that can be shown to an operator. */
export interface ConfigProblem {
  /** `section.field`, or the name that nobody knows. */
  readonly key: string;
  /** Where the value stands. */
  readonly source: ConfigSource;
  /** What stands there. A secret shows as `•••`. */
  readonly found: string;
  /** What may stand there. */
  readonly allowed: string;
  /** The known name that an unknown one resembles most, where any does. */
  readonly nearest?: string;
}

/** What is shown in place of a secret. */
export const SECRET = '•••';

/** A value as it stands in a message: text of at most `limit` characters, on one line, nothing in it that a terminal obeys. */
export function show(value: unknown, limit = 60): string {
  if (typeof value === 'string') return quote(value, limit);
  if (Array.isArray(value)) return `[${value.slice(0, 8).map(showItem).join(', ')}${value.length > 8 ? ', …' : ''}]`;
  return showItem(value);
}

/** A name as it stands in a message: bare when it is plain, else quoted. */
export function showName(name: string): string {
  return /^[\w.]{1,80}$/.test(name) ? name : quote(name, 60);
}

/** A source in words. */
export function showSource({ kind, name, path, line, column }: ConfigSource): string {
  if (kind === 'file') return [path, line, column].filter((part) => part !== undefined).join(':');
  if (kind === 'env') return name === undefined ? 'the environment' : `environment variable ${showName(name)}`;
  return name ?? (kind === 'value' ? 'the given value' : 'the default');
}

function showItem(value: unknown): string {
  if (typeof value === 'string') return quote(value, 60);
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return String(value);
  return Array.isArray(value) ? 'a list' : `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;
}

function quote(text: string, limit: number): string {
  return JSON.stringify(text.length > limit ? `${text.slice(0, limit)}…` : text).replace(
    // JSON leaves DEL, C1 controls, and bidirectional and line separators as they are.
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
