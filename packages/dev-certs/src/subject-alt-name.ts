import { taggedBytes, type Asn1 } from './der.ts';
import { dnsName, hostName } from './dns-name.ts';
import { badName } from './errors.ts';
import { ipAddress } from './ip-address.ts';
import { strings } from './options.ts';

/** Whom a certificate names (RFC 5280 §4.2.1.6). */
export interface SubjectAltNameOptions {
  /**
   * DNS names: `localhost`, `*.example.test`, `bücher.test` (written as punycode). Default: **none**. A name has at most
   * 253 characters, a label 63; `*` may only be the whole first label, with two more behind it.
   */
  readonly names?: readonly string[];
  /** IPv4 and IPv6 addresses: `127.0.0.1`, `::1`. Default: **none**. */
  readonly ips?: readonly string[];
  /** E-mail addresses: `ops@example.test`. Default: **none**. */
  readonly emails?: readonly string[];
  /** Absolute URIs: `spiffe://example.test/worker`. Default: **none**. */
  readonly uris?: readonly string[];
}

/** The keys of {@link SubjectAltNameOptions}. */
export const SUBJECT_ALT_NAME_KEYS: Readonly<Record<keyof SubjectAltNameOptions, true>> = {
  names: true,
  ips: true,
  emails: true,
  uris: true,
};

/**
 * The GeneralNames that `options` ask for, in the order names, ips, emails, uris.
 *
 * @throws DevCertsError `ERR_SOCK_DEV_CERTS_NAME`
 */
export function generalNames(options: SubjectAltNameOptions): Asn1[] {
  return [
    ...each('names', options.names, (option, name) => dnsGeneralName(dnsName(option, name))),
    ...each('ips', options.ips, (option, ip) => taggedBytes(7, ipAddress(option, ip))),
    ...each('emails', options.emails, (option, email) => taggedBytes(1, Buffer.from(mailbox(option, email), 'ascii'))),
    ...each('uris', options.uris, uriGeneralName),
  ];
}

/** A DNS name that was checked already, as a GeneralName. */
export function dnsGeneralName(name: string): Asn1 {
  return taggedBytes(2, Buffer.from(name, 'ascii'));
}

/**
 * A URI as a GeneralName.
 *
 * @throws DevCertsError `ERR_SOCK_DEV_CERTS_NAME`
 */
export function uriGeneralName(option: string, found: string): Asn1 {
  if (/^[!-~]+$/.test(found) && URL.canParse(found)) return taggedBytes(6, Buffer.from(found, 'ascii'));
  throw badName(option, found, 'not an absolute URI in ASCII, such as spiffe://example.test/worker');
}

function mailbox(option: string, found: string): string {
  const at = found.lastIndexOf('@');
  const local = found.slice(0, Math.max(0, at));
  if (/^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}$/.test(local)) return `${local}@${hostName(option, found, found.slice(at + 1))}`;
  throw badName(option, found, 'not an e-mail address such as ops@example.test');
}

function each(option: string, found: readonly string[] | undefined, make: (option: string, found: string) => Asn1): Asn1[] {
  return strings(option, found).map((value, index) => make(`${option}[${index}]`, value));
}
