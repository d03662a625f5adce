import { DevCertsError } from './errors.ts';

/**
 * Refuses an options object that has a key which is not in `known`: a misspelt option would otherwise do nothing, and
 * nobody would notice. `where` is the path of the object from the call's options, empty for those themselves.
 *
 * @throws DevCertsError `ERR_SOCK_DEV_CERTS_OPTION`
 */
export function onlyKnown(where: string, options: object, known: Readonly<Record<string, true>>): void {
  if (options === null || typeof options !== 'object') {
    throw fault(where || 'options', `is ${describe(options)}; allowed is an object`);
  }
  for (const key of Object.keys(options)) {
    if (Object.hasOwn(known, key)) continue;
    throw fault(where ? `${where}.${key}` : key, `is no option here; there are ${Object.keys(known).join(', ')}`);
  }
}

/** Gives `found` back when it is one of `values`, and names the values otherwise. */
export function allowed<T extends string>(option: string, found: T, values: readonly T[]): T {
  if (values.includes(found)) return found;
  throw fault(option, `is ${describe(found)}; allowed are ${values.join(', ')}`);
}

/** Gives a list of strings back; an option that was left out is the empty list. */
export function strings(option: string, found: readonly string[] | undefined): readonly string[] {
  if (found === undefined) return [];
  if (Array.isArray(found) && found.every((each) => typeof each === 'string')) return found;
  throw fault(option, `is ${describe(found)}; allowed is an array of strings`);
}

/** Gives a boolean back; an option that was left out is `false`. */
export function flag(option: string, found: boolean | undefined): boolean {
  if (found === undefined) return false;
  if (typeof found === 'boolean') return found;
  throw fault(option, `is ${describe(found)}; allowed are true and false`);
}

/** Gives a passphrase back: text that is not empty, because some programs cannot open an empty one. */
export function passphrase(found: string): string {
  if (typeof found === 'string' && found !== '') return found;
  const what = typeof found === 'string' ? 'is empty' : 'is no text';
  throw fault('passphrase', `${what}; allowed is text of one character or more`);
}

/** How a value looks in a message. */
export function describe(found: unknown): string {
  if (typeof found === 'string') return JSON.stringify(found);
  if (typeof found === 'number' || typeof found === 'boolean') return String(found);
  return Object.prototype.toString.call(found);
}

function fault(option: string, message: string): DevCertsError {
  return new DevCertsError('ERR_SOCK_DEV_CERTS_OPTION', option, message);
}
