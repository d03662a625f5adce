import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { badName } from './errors.ts';

/**
 * A DNS name as it stands in a certificate: lower case, international labels as punycode (RFC 5280 §7.2), without a
 * final dot, and with `*` only as the whole first label of at least three (RFC 6125 §6.4.3).
 *
 * @throws DevCertsError `ERR_SOCK_DEV_CERTS_NAME`
 */
export function dnsName(option: string, found: string): string {
  if (!found.startsWith('*.')) return hostName(option, found, found);
  const parent = hostName(option, found, found.slice(2));
  if (parent.includes('.')) return `*.${parent}`;
  throw badName(option, found, 'a wildcard over a top-level name, which no verifier accepts; use a name like *.example.test');
}

/**
 * A DNS name without a wildcard. Messages show `whole` when `found` is a part of what the caller wrote.
 *
 * @throws DevCertsError `ERR_SOCK_DEV_CERTS_NAME`
 */
export function hostName(option: string, whole: string, found: string = whole): string {
  const refuse = (what: string): Error => badName(option, whole, what);
  if (found === '') throw refuse('empty');
  if (isIP(found) !== 0) throw refuse('an IP address, which belongs in `ips`');
  if (found.endsWith('.')) throw refuse('written with a final dot, which certificates do not have (RFC 5280 §4.2.1.6)');
  if (found.includes('*')) throw refuse('a wildcard in the wrong place; `*` may only be the whole first label');
  if (/[\0-,/:-@[-^`{-\x7f]/.test(found)) throw refuse('not letters, digits, hyphens and dots');
  // ASCII goes past domainToASCII, which would turn 127.1 into an address.
  const ascii = /^[\0-\x7f]*$/.test(found) ? found.toLowerCase() : domainToASCII(found);
  if (ascii === '') throw refuse('no valid international name (RFC 5891)');
  if (ascii.length > 253) throw refuse(`${ascii.length} characters long; at most 253 are allowed`);
  const fault = ascii.split('.').map(labelFault).find((each) => each !== undefined);
  if (fault !== undefined) throw refuse(fault);
  if (/(^|\.)[0-9]+$/.test(ascii)) throw refuse('a name that ends in a number, which programs take for an address; those belong in `ips`');
  return ascii;
}

function labelFault(label: string): string | undefined {
  if (label === '') return 'a name with an empty label';
  if (label.length > 63) return `a name with a label of ${label.length} characters; at most 63 are allowed`;
  return /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/.test(label) ? undefined : 'a name with a label that begins or ends with a hyphen';
}
