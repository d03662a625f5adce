import type { X509Certificate } from 'node:crypto';
import { TlsConfigError } from '../errors.ts';
import { asciiName, MAX_NAME, STRICT } from './ascii-name.ts';
import { optionFault } from './option-fault.ts';

/**
 * The DNS names of a certificate, wildcards included, in lower case. The common name does not count, and neither do addresses: no
 * client asks for those by SNI (RFC 6066, section 3).
 */
export function dnsNames(certificate: X509Certificate): string[] {
  const entries = (certificate.subjectAltName ?? '').match(ENTRY) ?? [];
  // Node puts a value with a comma, a quote or a control character in quotes; no DNS name has any of those.
  const names = entries.map((entry) => entry.trim()).flatMap((entry) => (entry.startsWith('DNS:') ? [entry.slice(4).toLowerCase()] : []));
  return [...new Set(names.filter((name) => NAME.test(name)))];
}

/**
 * Checks that a certificate covers names, and gives them in ASCII and lower case. A pattern (`*.example.org`) must stand literally in
 * the certificate.
 *
 * @throws `ERR_SOCK_TLS_OPTION` for what is no name, `ERR_SOCK_TLS_NAME_MISMATCH` with the names that the certificate has
 */
export function checkNames(names: readonly string[], certificate: X509Certificate, option: string, lenient: boolean): string[] {
  if (!Array.isArray(names) || names.length === 0) throw optionFault(option, 'expected a list of one name or more');
  const found = dnsNames(certificate);
  return names.map((given, index) => {
    const place = `${option}[${index}]`;
    const name = toAscii(given, place);
    if (lenient || (name.startsWith('*.') ? found.includes(name) : certificate.checkHost(name, STRICT) !== undefined)) return name;
    const has = found.length === 0 ? 'no DNS name at all (a common name alone does not count)' : found.join(', ');
    throw new TlsConfigError('ERR_SOCK_TLS_NAME_MISMATCH', place, `the certificate is not for "${name}": it is for ${has}`);
  });
}

const ENTRY = /(?:"(?:[^"\\]|\\.)*"|[^,"])+/g;
const NAME = /^(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

function toAscii(given: string, option: string): string {
  const text = typeof given === 'string' ? given : '';
  const [star, rest] = text.startsWith('*.') ? ['*.', text.slice(2)] : ['', text];
  const ascii = asciiName(rest);
  if (ascii === '' || ascii.length + star.length > MAX_NAME) throw optionFault(option, `${JSON.stringify(given)} is no DNS name, nor a pattern such as *.example.org`);
  return `${star}${ascii}`;
}
