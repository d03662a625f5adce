import type { Asn1 } from './der.ts';
import { authorityInfoAccess, crlDistributionPoints } from './extensions.ts';
import { strings } from './options.ts';
import { uriGeneralName } from './subject-alt-name.ts';

/** Where others can ask whether a certificate was revoked. The package writes the addresses down and serves nothing there. */
export interface RevocationPointerOptions {
  /** URLs of the issuer's OCSP responder (RFC 5280 §4.2.2.1). Default: **none**. */
  readonly ocspUrls?: readonly string[];
  /** URLs of the issuer's certificate (caIssuers, RFC 5280 §4.2.2.1). Default: **none**. */
  readonly issuerUrls?: readonly string[];
  /** URLs of the issuer's revocation list (RFC 5280 §4.2.1.13). Default: **none**. */
  readonly crlUrls?: readonly string[];
}

/** The keys of {@link RevocationPointerOptions}. */
export const REVOCATION_POINTER_KEYS: Readonly<Record<keyof RevocationPointerOptions, true>> = {
  ocspUrls: true,
  issuerUrls: true,
  crlUrls: true,
};

/**
 * The extensions for `options`: none, one or two.
 *
 * @throws DevCertsError `ERR_SOCK_DEV_CERTS_NAME`
 */
export function revocationPointers(options: RevocationPointerOptions): Asn1[] {
  const [ocsp, issuers, crls] = (['ocspUrls', 'issuerUrls', 'crlUrls'] as const).map((option) =>
    strings(option, options[option]).map((url, index) => uriGeneralName(`${option}[${index}]`, url)),
  ) as [Asn1[], Asn1[], Asn1[]];
  return [
    ...(ocsp.length + issuers.length > 0 ? [authorityInfoAccess(ocsp, issuers)] : []),
    ...(crls.length > 0 ? [crlDistributionPoints(crls)] : []),
  ];
}
