import { ConfigError } from './errors.ts';
import { nearestName } from './nearest-name.ts';

/**
 * Refuses names that `what` does not know: an option with a typing error would be none. For calls whose options are more than the fields of sections.
 *
 * @param what - the call that has the options
 * @throws `ERR_SOCK_CONFIG`
 */
export function checkNames(what: string, options: object | undefined, known: readonly string[]): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || (options as unknown) === null) throw wrongOption(what, 'options', options, 'an object');
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const nearest = nearestName(name, known);
    const problem = { key: name, source: { kind: 'value', name: `${what}()` }, found: 'an option that it does not have', allowed: known.join(', ') } as const;
    throw new ConfigError([nearest === undefined ? problem : { ...problem, nearest }]);
  }
}

/** The error of an option whose value makes no sense: `ERR_SOCK_CONFIG`, with its name, what was found, and what is allowed. */
export function wrongOption(what: string, key: string, found: unknown, allowed: string): ConfigError {
  const shown = typeof found === 'string' ? JSON.stringify(found.slice(0, 60)) : typeof found === 'object' && found !== null ? 'an object' : String(found);
  return new ConfigError([{ key, source: { kind: 'value', name: `${what}()` }, found: shown, allowed }]);
}
