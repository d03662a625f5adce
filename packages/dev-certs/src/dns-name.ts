import { domainToASCII } from 'node:url';
import { DevCertsError } from './errors.ts';

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
  throw fault(option, found, 'a wildcard over a top-level name, which no verifier accepts; use a name like *.example.test');
}

/**
 * A DNS name without a wildcard, for common places of subtrees.
 *
 * @throws DevCertsError `ERR_SOCK_DEV_CERTS_NAME`
 */
export function hostName(option: string, whole: string, found: string = whole): string {
  if (found === '') throw fault(option, whole, 'empty');
  if (found.endsWith('.')) throw fault(option, whole, 'written with a final dot, which certificates do not have (RFC 5280 §4.2.1.6)');
  if (found.includes('*')) throw fault(option, whole, 'a wildcard in the wrong place; `*` may only be the whole first label');
  // ASCII goes past domainToASCII, which would turn 127.1 into an address and decode percent signs.
  if (/[\0-,/:-@[-^`{-\x7f]/.test(found)) throw fault(option, whole, 'not letters, digits, hyphens and dots');
  const ascii = /^[\0-\x7f]*$/.test(found) ? found.toLowerCase() : domainToASCII(found);
  if (ascii === '') throw fault(option, whole, 'no valid international name (RFC 5891)');
  if (ascii.length > 253) throw fault(option, whole, `${ascii.length} characters long; at most 253 are allowed`);
  const labels = ascii.split('.');
  for (const label of labels) {
    if (label === '') throw fault(option, whole, 'a name with an empty label');
    if (label.length > 63) throw fault(option, whole, `a name with a label of ${label.length} characters; at most 63 are allowed`);
    if (!/^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/.test(label)) throw fault(option, whole, 'a name with a label that begins or ends with a hyphen');
  }
  if (/^[0-9]+$/.test(labels.at(-1) ?? '')) throw fault(option, whole, 'an address or ends in a number; addresses belong in `ips`');
  return ascii;
}

function fault(option: string, found: string, what: string): DevCertsError {
  return new DevCertsError('ERR_SOCK_DEV_CERTS_NAME', option, `${JSON.stringify(found)} is ${what}`);
}
