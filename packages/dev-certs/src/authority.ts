import {
  intermediateContent,
  rootContent,
  type AuthorityContent,
  type AuthorityOptions,
  type IntermediateOptions,
} from './authority-options.ts';
import { signCertificate, type Certificate, type CertificateContent } from './certificate.ts';
import { signCrl, type Crl, type CrlOptions } from './crl.ts';
import { authorityKeyIdentifier } from './extensions.ts';
import { issuedCertificate, privateKeyPem, type IssuedCertificate } from './issued-certificate.ts';
import { leafContent, type LeafOptions } from './leaf.ts';
import { signOcspResponse, type OcspErrorOptions, type OcspResponseOptions } from './ocsp-response.ts';

/**
 * A development certificate authority: a root, or an intermediate beneath one. It lives in memory; two calls never share a
 * key or a serial number. Its methods need no `this`.
 */
export interface Authority {
  /** The authority's own certificate. */
  readonly certificate: Certificate;
  /** The authority's private key, PKCS#8 PEM, not encrypted. Whoever has it can pretend to be any server that trusts it. */
  readonly key: string;
  /** The root, PEM: what others trust. For a root it is its own certificate. */
  readonly ca: string;
  /** This authority and the intermediates above it, without the root, PEM; empty for a root. */
  readonly chain: string;
  /**
   * Issues a leaf certificate with a new key.
   *
   * @throws DevCertsError `ERR_SOCK_DEV_CERTS_OPTION`, `ERR_SOCK_DEV_CERTS_NAME`, `ERR_SOCK_DEV_CERTS_VALIDITY`
   */
  readonly issue: (options: LeafOptions) => IssuedCertificate;
  /**
   * Makes an authority beneath this one.
   *
   * @throws DevCertsError the codes of `issue`, and `ERR_SOCK_DEV_CERTS_PATH_LENGTH` when this one may have none beneath it
   */
  readonly issueIntermediate: (options?: IntermediateOptions) => Authority;
  /**
   * Makes a revocation list (RFC 5280 section 5) that this authority signs, without entries unless they are given: the
   * authority does not remember what was revoked.
   *
   * @throws DevCertsError `ERR_SOCK_DEV_CERTS_OPTION`, `ERR_SOCK_DEV_CERTS_NAME`, `ERR_SOCK_DEV_CERTS_VALIDITY`
   */
  readonly crl: (options?: CrlOptions) => Crl;
  /**
   * Makes an OCSP response (RFC 6960), DER, that this authority or its `responder` signs. It says what the options say: the
   * authority does not remember what was revoked.
   *
   * @throws DevCertsError `ERR_SOCK_DEV_CERTS_OPTION`, `ERR_SOCK_DEV_CERTS_VALIDITY`
   */
  readonly ocspResponse: (options: OcspResponseOptions | OcspErrorOptions) => Buffer;
}

/**
 * Makes a root: a self-signed X.509 version 3 certificate (RFC 5280) and its key, for **development and tests only**. Trust
 * it in the programs under test, not in an operating system or a browser, and never in production.
 *
 * @example
 * const authority = createAuthority();
 * const { chain, key, ca } = authority.issue({ names: ['localhost'], ips: ['127.0.0.1', '::1'] });
 *
 * @throws DevCertsError `ERR_SOCK_DEV_CERTS_OPTION`, `ERR_SOCK_DEV_CERTS_NAME`, `ERR_SOCK_DEV_CERTS_VALIDITY`
 */
export function createAuthority(options: AuthorityOptions = {}): Authority {
  const content = rootContent(options);
  const root = signCertificate(content, content);
  return authority(content, root, [], root);
}

/** `above` begins with the authority itself and ends before the root. */
function authority(
  content: AuthorityContent,
  certificate: Certificate,
  above: readonly Certificate[],
  root: Certificate,
): Authority {
  const certify = (beneath: CertificateContent): Certificate => {
    const extensions = [...beneath.extensions, authorityKeyIdentifier(content.keys.spki)];
    return signCertificate({ ...beneath, extensions }, content);
  };
  let lists = 0;
  return {
    certificate,
    key: privateKeyPem(content.keys),
    ca: root.pem,
    chain: above.map((each) => each.pem).join(''),
    issue: (options) => {
      const leaf = leafContent(options, content.validity);
      return issuedCertificate(certify(leaf), leaf.keys, above, root);
    },
    issueIntermediate: (options = {}) => {
      const beneath = intermediateContent(options, content);
      const signed = certify(beneath);
      return authority(beneath, signed, [signed, ...above], root);
    },
    crl: (options = {}) => {
      const list = signCrl(options, content, lists + 1);
      lists += 1;
      return list;
    },
    ocspResponse: (options) => signOcspResponse(options, { ...content, spki: content.keys.spki, der: certificate.der }),
  };
}
