import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { optionFault } from '../material/option-fault.ts';

/**
 * A table from server names to values, as many as there are: a look-up costs two at most, however long the table is.
 *
 * A pattern is a name, or `*.` and a name: that stands for exactly one whole label more. Names are compared in ASCII lower case without
 * a closing dot; international patterns are turned into ASCII (IDNA).
 */
export class ServerNames<T> {
  readonly #exact = new Map<string, T>();
  /** By what stands behind the asterisk, its dot included. */
  readonly #wildcards = new Map<string, T>();

  /**
   * @param entries - patterns with their values
   * @param option - the name of the option that they come from, for errors
   * @throws `ERR_SOCK_TLS_OPTION` for what no client's name could match (`*`, `a*.b`, `*.*.b`, an address, an empty or too long label),
   * and for a pattern that stands there twice
   */
  constructor(entries: Iterable<readonly [pattern: string, value: T]>, option: string) {
    for (const [pattern, value] of entries) {
      if (typeof pattern !== 'string') refuse(option, 'a pattern is text');
      const at = `${option}[${JSON.stringify(pattern.slice(0, SHOWN))}]`;
      const wild = pattern.startsWith('*.');
      const name = toName(wild ? pattern.slice(2) : pattern, at);
      const table = wild ? this.#wildcards : this.#exact;
      const key = wild ? `.${name}` : name;
      if (key.length + (wild ? 1 : 0) > MAX_NAME) refuse(at, `it has more than ${MAX_NAME} characters`);
      if (table.has(key)) refuse(at, 'this name stands in the table already: names are compared in lower case and without a closing dot');
      table.set(key, value);
    }
  }

  /** The value of the exact name, else that of the wildcard one label up, else `undefined`. */
  lookup(name: string | undefined): T | undefined {
    // Only ASCII is compared without case: toLowerCase() makes a "k" of the Kelvin sign.
    if (name === undefined || name.length > MAX_NAME + 1 || NOT_ASCII.test(name)) return undefined;
    const key = (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase();
    const exact = this.#exact.get(key);
    if (exact !== undefined || this.#wildcards.size === 0) return exact;
    const dot = key.indexOf('.');
    return dot < 1 ? undefined : this.#wildcards.get(key.slice(dot));
  }
}

/** Longest name that DNS and the SNI extension carry. */
const MAX_NAME = 253;
const SHOWN = 80;
const NOT_ASCII = /[^\x21-\x7e]/;
const LABEL = /^[a-z0-9_-]{1,63}$/;

function toName(pattern: string, at: string): string {
  if (pattern.includes('*')) refuse(at, 'an asterisk stands for one whole label, the first of several: "*.example.test"');
  // domainToASCII reads a host out of a URL's text: what stands behind a slash or a query mark would be dropped silently.
  const ascii = /[\s/\\?#@:%[\]]/.test(pattern) ? '' : domainToASCII(pattern).replace(/\.$/, '');
  // It also turns "1.2.3" or "0x7f.1" into an address.
  if (isIP(pattern) !== 0 || isIP(ascii) !== 0) refuse(at, 'an address: clients send only names (RFC 6066, section 3)');
  if (ascii.length > MAX_NAME) refuse(at, `it has more than ${MAX_NAME} characters`);
  if (!ascii.split('.').every((label) => LABEL.test(label))) refuse(at, 'it is no server name: labels of 1 to 63 letters, digits, "-" or "_", with dots between them');
  return ascii;
}

function refuse(option: string, why: string): never {
  throw optionFault(option, why);
}
