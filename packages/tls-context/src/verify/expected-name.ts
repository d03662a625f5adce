import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { Endpoint } from '@sock/core';
import { at, formatEndpoint } from '@sock/core';
import type { TlsError } from '../errors.ts';
import { asciiName, STRICT } from '../material/ascii-name.ts';
import { verifyError } from './verify-error.ts';

/** Whom a client expects at the other end. */
export interface Identity {
  readonly kind: 'name' | 'address';
  /** The name in ASCII (IDNA), lower case, without a closing dot; or the address. */
  readonly text: string;
}

/**
 * Reads a server name or an IP address.
 *
 * @throws `ERR_SOCK_TLS_NO_NAME` when it is empty, too long or no name at all
 */
export function toIdentity(text: string, endpoint: Endpoint | undefined): Identity {
  if (typeof text !== 'string') throw noName('the name to expect is no text', undefined);
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  // A certificate names an address, not the interface by which this machine reaches it.
  if (isIP(bare) !== 0) return { kind: 'address', text: bare.replace(/%.*$/, '') };
  const ascii = asciiName(text);
  if (ascii === '') throw noName(`"${text.slice(0, 80)}" is neither a server name nor an IP address`, endpoint);
  return { kind: 'name', text: ascii };
}

/** `ERR_SOCK_TLS_NO_NAME`: a client that cannot say whom it expects must not start. */
export function noName(why: string, endpoint: Endpoint | undefined): TlsError<'ERR_SOCK_TLS_NO_NAME'> {
  const where = endpoint === undefined ? '' : ` (connection to ${formatEndpoint(endpoint)})`;
  return verifyError('ERR_SOCK_TLS_NO_NAME', `${why}${where}: without it the server's certificate cannot be checked; give serverName`, { category: 'usage', endpoint });
}

/**
 * Checks that the certificate was made for `identity` (RFC 6125, RFC 9525): by its subject alternative names alone. A common name
 * never counts, and a wildcard stands for one whole label only.
 *
 * @throws `ERR_SOCK_TLS_NAME_MISMATCH` with the names that were found
 */
export function checkIdentity(certificate: X509Certificate, identity: Identity, endpoint: Endpoint | undefined, maxText: number): void {
  const matched =
    identity.kind === 'address'
      ? certificate.checkIP(identity.text)
      : certificate.checkHost(identity.text, STRICT);
  if (matched !== undefined) return;
  const names = certificate.subjectAltName;
  const found = names === undefined ? 'no name at all (a common name alone does not count)' : names.slice(0, maxText);
    throw verifyError('ERR_SOCK_TLS_NAME_MISMATCH', `the server${at('at', endpoint)} is not "${identity.text}": its certificate is for ${found}; dial the right name, give serverName, or have the name put into the certificate`, { endpoint });
}
