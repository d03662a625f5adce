import { signCertificate } from './certificate.ts';
import { issuedCertificate, type IssuedCertificate } from './issued-certificate.ts';
import { leafContent, type LeafOptions } from './leaf.ts';

/** What a self-signed certificate says: what a leaf says, except that it has no issuer to outlive. */
export interface SelfSignedOptions extends Omit<LeafOptions, 'allow'> {
  /** Rules to break on purpose, for tests: `'no-names'` gives a server certificate without names. Default: **none**. */
  readonly allow?: readonly 'no-names'[];
}

/**
 * Makes a leaf certificate that its own key signed: no authority stands above it, and `ca` is the certificate itself. For
 * development and tests only.
 *
 * @throws DevCertsError `ERR_SOCK_DEV_CERTS_OPTION`, `ERR_SOCK_DEV_CERTS_NAME`, `ERR_SOCK_DEV_CERTS_VALIDITY`
 */
export function createSelfSigned(options: SelfSignedOptions): IssuedCertificate {
  const content = leafContent(options);
  const certificate = signCertificate(content, content);
  return issuedCertificate(certificate, content.keys, [], certificate);
}
