import { createSecureContext } from 'node:tls';
import { nearestName } from '@sock/config';
import { TlsConfigError } from '../errors.ts';

/** The groups of the key exchange when none are given, the preferred first: the fastest, and the two that every peer has. */
export const DEFAULT_GROUPS: string = 'X25519:P-256:P-384';

/**
 * Checks a list of groups for the key exchange (RFC 8446, section 4.2.7), the preferred first: `X25519`, `X448`, `P-256` (or `secp256r1`,
 * `prime256v1`), `P-384`, `P-521`, `ffdhe2048` to `ffdhe8192`, and the hybrids of ML-KEM where the runtime has them.
 *
 * @returns the list for Node's option `ecdhCurve`
 * @throws `ERR_SOCK_TLS_OPTION`
 */
export function checkGroups(groups: readonly string[] | undefined): string {
  if (groups === undefined) return DEFAULT_GROUPS;
  if (!Array.isArray(groups) || groups.length === 0) throw fault('groups', 'expected a list of one group or more, such as ["X25519", "P-256"]');
  const names = groups.map((given: unknown, index) => checkGroup(given, `groups[${index}]`));
  names.forEach((name, index) => {
    const first = names.indexOf(name);
    if (first < index) throw fault(`groups[${index}]`, `${groups[index]} stands twice: it is groups[${first}] already`);
  });
  return names.join(':');
}

function checkGroup(given: unknown, option: string): string {
  if (typeof given !== 'string') throw fault(option, 'expected the name of a group');
  const name = GROUPS.get(given.toLowerCase());
  if (name === undefined) {
    const nearest = nearestName(given, [...new Set(GROUPS.values())]);
    throw fault(option, `"${given.slice(0, 80)}" is no group for a key exchange${nearest === undefined ? `; there are ${[...new Set(GROUPS.values())].join(', ')}` : `; did you mean ${nearest}?`}`);
  }
  try {
    // Only a context that is made tells what this OpenSSL has.
    createSecureContext({ ecdhCurve: name });
    return name;
  } catch (error) {
    throw new TlsConfigError('ERR_SOCK_TLS_OPTION', option, `the OpenSSL of this runtime does not have ${name}`, error);
  }
}

/** What people write, in lower case, and what OpenSSL takes. */
const GROUPS: ReadonlyMap<string, string> = /*#__PURE__*/ new Map([
  ['x25519', 'X25519'],
  ['p-256', 'P-256'],
  ['prime256v1', 'P-256'],
  ['secp256r1', 'P-256'],
  ['p-384', 'P-384'],
  ['secp384r1', 'P-384'],
  ['p-521', 'P-521'],
  ['secp521r1', 'P-521'],
  ['x448', 'X448'],
  ['ffdhe2048', 'ffdhe2048'],
  ['ffdhe3072', 'ffdhe3072'],
  ['ffdhe4096', 'ffdhe4096'],
  ['ffdhe6144', 'ffdhe6144'],
  ['ffdhe8192', 'ffdhe8192'],
  ['x25519mlkem768', 'X25519MLKEM768'],
  ['secp256r1mlkem768', 'SecP256r1MLKEM768'],
  ['secp384r1mlkem1024', 'SecP384r1MLKEM1024'],
]);

function fault(option: string, why: string): TlsConfigError {
  return new TlsConfigError('ERR_SOCK_TLS_OPTION', option, why);
}
