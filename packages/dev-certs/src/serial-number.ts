import { randomBytes } from 'node:crypto';
import { DevCertsError } from './errors.ts';
import { describe } from './options.ts';

/** A random serial number of 16 bytes, in upper-case hexadecimal. */
export function randomSerialNumber(): string {
  const bytes = randomBytes(16);
  // The first bit would make the number negative; a set second bit keeps all 16 bytes (RFC 5280 §4.1.2.2).
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex').toUpperCase();
}

/**
 * A serial number from an option, in the form that `X509Certificate.serialNumber` gives: upper case, whole bytes, no zero
 * byte in front. RFC 5280 §4.1.2.2 allows positive numbers of at most 20 bytes.
 *
 * @throws DevCertsError `ERR_SOCK_DEV_CERTS_OPTION`
 */
export function serialNumber(option: string, found: string): string {
  const digits = typeof found === 'string' && /^[0-9a-fA-F]+$/.test(found) ? found.replace(/^0+/, '').toUpperCase() : '';
  const even = digits.length % 2 === 0 ? digits : `0${digits}`;
  if (even.length > 0 && (even.length < 40 || (even.length === 40 && even < '8'))) return even;
  const message = `is ${describe(found)}; allowed is a positive number of at most 20 bytes in hexadecimal digits, such as 0A1B`;
  throw new DevCertsError('ERR_SOCK_DEV_CERTS_OPTION', option, message);
}
