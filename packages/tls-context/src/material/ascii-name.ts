import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

/** Longest name that DNS and the SNI extension carry. */
export const MAX_NAME = 253;

/** How a certificate is compared with a name: its common name never counts, and a wildcard stands for one whole label only (RFC 9525). */
export const STRICT = { subject: 'never', partialWildcards: false, multiLabelWildcards: false, singleLabelSubdomains: false } as const;

/** A name in ASCII (IDNA), in lower case and without a closing dot; the empty text for what is none, an address among others. */
export function asciiName(text: string): string {
  // domainToASCII reads a host out of a URL's text: what stands behind a slash or a query mark would be dropped silently.
  const ascii = /[\s/\\?#@:%*[\]]/.test(text) ? '' : domainToASCII(text).replace(/\.$/, '');
  // It also turns "1.2.3" or "0x7f.1" into an address, and lets pass what no name has.
  return ascii.length <= MAX_NAME && isIP(ascii) === 0 && /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(ascii) ? ascii : '';
}
