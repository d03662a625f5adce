import { createHash, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { CertificateFacts } from './certificate-facts.ts';
import { authorityKeyIdentifier, certificateFacts, extendedKeyUsage, subjectKeyIdentifier } from './certificate-facts.ts';
import { sameBytes } from './der-values.ts';
import type { OcspResponse } from './ocsp-response.ts';
import { nameOf, whyOf } from './revocation-error.ts';
import { signatureFault } from './signature.ts';

/** The authority that issued the certificate in question. */
export interface Issuer {
  readonly certificate: X509Certificate;
  readonly facts: CertificateFacts;
}

/** Who signed a response and may do so: the issuer itself, or whom it charged with that, while that certificate is valid. */
export interface Signatory {
  /** For people. */
  readonly name: string;
  /** Milliseconds of the epoch; the issuer's own dates are the path's matter. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/**
 * Finds who signed a response and whether that one is entitled (RFC 6960 section 4.2.2.2): the issuer, or a responder whose certificate the
 * issuer itself signed and that is for nothing less than OCSP signing. A chain below the issuer, or any other authority, entitles nobody.
 *
 * @returns the signatory, or the words for why there is none
 */
export function findSignatory(response: OcspResponse, issuer: Issuer): Signatory | string {
  const faults: string[] = [];
  if (isNamed(response, issuer.facts)) {
    const fault = signatureFault(response, issuer.certificate.publicKey);
    if (fault === undefined) return { name: `the authority ${nameOf(issuer.certificate.subject)} itself`, notBefore: -Infinity, notAfter: Infinity };
    faults.push(`it names the authority ${nameOf(issuer.certificate.subject)} as its responder, but ${fault}`);
  }
  for (const der of response.certificates) {
    const found = delegate(response, der, issuer);
    if (found === undefined) continue;
    if (typeof found !== 'string') return found;
    faults.push(found);
  }
  return faults[0] ?? 'its responder is neither the authority that issued the certificate nor one of those whose certificates came along';
}

/** A responder that came along: `undefined` when the response does not name it. */
function delegate(response: OcspResponse, der: Uint8Array, issuer: Issuer): Signatory | string | undefined {
  let key: KeyObject;
  let facts: CertificateFacts;
  let name: string;
  try {
    const certificate = new X509Certificate(Buffer.from(der));
    facts = certificateFacts(certificate);
    if (!isNamed(response, facts)) return undefined;
    key = certificate.publicKey;
    name = `the responder ${nameOf(certificate.subject)}`;
    const fault = entitlementFault(facts, issuer);
    if (fault !== undefined) return `${name} is not entitled: ${fault}`;
  } catch (error) {
    return `a certificate that came along cannot be read (${whyOf(error)})`;
  }
  const fault = signatureFault(response, key);
  return fault === undefined ? { name, notBefore: facts.notBefore, notAfter: facts.notAfter } : `it names ${name}, but ${fault}`;
}

const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9';

/** Extensions that a responder's certificate may have as critical ones: what they say is looked at, or restricts nothing here. */
const UNDERSTOOD: ReadonlySet<string> = /*#__PURE__*/ new Set(['2.5.29.14', '2.5.29.15', '2.5.29.17', '2.5.29.19', '2.5.29.32', '2.5.29.35', '2.5.29.37', '1.3.6.1.5.5.7.48.1.5']);

function entitlementFault(facts: CertificateFacts, { certificate, facts: above }: Issuer): string | undefined {
  const authority = nameOf(certificate.subject);
  if (!sameBytes(facts.issuer, above.subject)) return `its certificate was not issued by ${authority} itself`;
  const [theirs, own] = [authorityKeyIdentifier(facts.extensions), subjectKeyIdentifier(above)];
  const fault = theirs !== undefined && own !== undefined && theirs !== own ? 'it names another key' : signatureFault(facts, certificate.publicKey);
  if (fault !== undefined) return `its certificate was not signed by ${authority} (${fault})`;
  // Any purpose (anyExtendedKeyUsage) is not this one: a server's certificate must not speak for its authority.
  if (extendedKeyUsage(facts)?.includes(OCSP_SIGNING) !== true) return 'its certificate is not for OCSP signing (extended key usage)';
  const unknown = [...facts.extensions].find(([id, { critical }]) => critical && !UNDERSTOOD.has(id));
  return unknown === undefined ? undefined : `its certificate has a critical extension that is not known (${unknown[0]})`;
}

function isNamed({ responder }: OcspResponse, facts: CertificateFacts): boolean {
  if ('name' in responder) return sameBytes(responder.name, facts.subject);
  // RFC 6960 fixes SHA-1 here; it only picks among those that are checked.
  return sameBytes(responder.keyHash, createHash('sha1').update(facts.keyBits).digest());
}
