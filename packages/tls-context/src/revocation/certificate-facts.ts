import type { X509Certificate } from 'node:crypto';
import type { Signed } from './signature.ts';
import { DerReader, TAG } from './der.ts';
import type { Extension } from './der-values.ts';
import { booleanOf, hex, readBits, readExtensions, readInteger, readOid, readTime } from './der-values.ts';

/** What revocation needs to know of a certificate, and `X509Certificate` does not tell byte for byte. */
export interface CertificateFacts extends Signed {
  /** Content of the serial number's INTEGER. */
  readonly serial: Uint8Array;
  /** Names as DER. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** SubjectPublicKeyInfo as DER. */
  readonly spki: Uint8Array;
  /** The bits of the public key alone, which identifiers are hashes of. */
  readonly keyBits: Uint8Array;
  /** Milliseconds of the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly extensions: ReadonlyMap<string, Extension>;
}

/**
 * Reads a certificate (RFC 5280 section 4.1).
 *
 * @throws a `DerError`; OpenSSL has read it before, but is more lenient
 */
export function certificateFacts(certificate: X509Certificate): CertificateFacts {
  const outer = new DerReader(certificate.raw);
  const whole = outer.enter(TAG.sequence, 'the certificate');
  outer.done('the certificate');
  const body = whole.enter(TAG.sequence, 'the body of the certificate');
  const tbs = whole.element;
  const algorithm = whole.read(TAG.sequence, 'the signature algorithm').element;
  const signature = readBits(whole, 'the signature');
  whole.done('the signature');
  body.optional(0xa0, 'the version');
  const serial = readInteger(body, 'the serial number');
  const innerAlgorithm = body.read(TAG.sequence, 'the inner signature algorithm').element;
  const issuer = body.read(TAG.sequence, 'the issuer').element;
  const validity = body.enter(TAG.sequence, 'the validity');
  const notBefore = readTime(validity, 'notBefore');
  const notAfter = readTime(validity, 'notAfter');
  const subject = body.read(TAG.sequence, 'the subject').element;
  const spki = body.read(TAG.sequence, 'the public key').element;
  const key = body.inside();
  key.read(TAG.sequence, 'the algorithm of the public key');
  const keyBits = readBits(key, 'the public key');
  body.optional(0x81, 'the issuer\'s unique identifier');
  body.optional(0x82, 'the subject\'s unique identifier');
  const extensions = body.optional(0xa3, 'the extensions') ? readExtensions(body.inside().enter(TAG.sequence, 'the extensions'), 'the certificate') : new Map<string, Extension>();
  body.done('the extensions');
  return { tbs, algorithm, innerAlgorithm, signature, serial, issuer, subject, spki, keyBits, notBefore, notAfter, extensions };
}

/** Bits of keyUsage (RFC 5280 section 4.2.1.3), counted from the first. */
export type KeyUsageBit = 'digitalSignature' | 'cRLSign';

/** Whether a certificate may use its key so. One without keyUsage may. */
export function mayUseKeyFor(facts: CertificateFacts, bit: KeyUsageBit): boolean {
  const extension = facts.extensions.get('2.5.29.15');
  if (extension === undefined) return true;
  const { content } = new DerReader(extension.value).read(TAG.bitString, 'the key usage');
  return ((content[1] ?? 0) & (bit === 'cRLSign' ? 0x02 : 0x80)) !== 0;
}

/** The purposes of extendedKeyUsage (section 4.2.1.12); `undefined` when it says nothing. */
export function extendedKeyUsage(facts: CertificateFacts): readonly string[] | undefined {
  const extension = facts.extensions.get('2.5.29.37');
  if (extension === undefined) return undefined;
  const purposes = new DerReader(extension.value).enter(TAG.sequence, 'the extended key usage');
  const found: string[] = [];
  while (purposes.tag !== -1) found.push(readOid(purposes, 'a purpose'));
  return found;
}

/** Whether the certificate is an authority's (basicConstraints, section 4.2.1.9). */
export function isAuthority(facts: CertificateFacts): boolean {
  const extension = facts.extensions.get('2.5.29.19');
  if (extension === undefined) return false;
  const constraints = new DerReader(extension.value).enter(TAG.sequence, 'the basic constraints');
  return constraints.optional(TAG.boolean, 'cA') && booleanOf(constraints.content, 'cA');
}

/** The identifier of its own key (section 4.2.1.2), hexadecimal. */
export function subjectKeyIdentifier(facts: CertificateFacts): string | undefined {
  const extension = facts.extensions.get('2.5.29.14');
  return extension === undefined ? undefined : hex(new DerReader(extension.value).read(TAG.octetString, 'the subject key identifier').content);
}

/** The identifier of the key that signed (section 4.2.1.1), hexadecimal. */
export function authorityKeyIdentifier(extensions: ReadonlyMap<string, Extension>): string | undefined {
  const extension = extensions.get('2.5.29.35');
  if (extension === undefined) return undefined;
  const identifier = new DerReader(extension.value).enter(TAG.sequence, 'the authority key identifier');
  return identifier.optional(0x80, 'the key identifier') ? hex(identifier.content) : undefined;
}

/** Where to ask for the certificate's state: the OCSP addresses of authorityInfoAccess (section 4.2.2.1), in their order. */
export function ocspUrls(facts: CertificateFacts): readonly string[] {
  const extension = facts.extensions.get('1.3.6.1.5.5.7.1.1');
  if (extension === undefined) return [];
  const accesses = new DerReader(extension.value).enter(TAG.sequence, 'authorityInfoAccess');
  const urls: string[] = [];
  while (accesses.tag !== -1) {
    const access = accesses.enter(TAG.sequence, 'an access description');
    const method = readOid(access, 'the access method');
    if (method === '1.3.6.1.5.5.7.48.1' && access.optional(0x86, 'the address')) urls.push(new TextDecoder().decode(access.content));
  }
  return urls;
}

/** Whether the certificate says that its server staples: TLS feature status_request, 5 (RFC 7633). */
export function mustStaple(facts: CertificateFacts): boolean {
  const extension = facts.extensions.get('1.3.6.1.5.5.7.1.24');
  if (extension === undefined) return false;
  const features = new DerReader(extension.value).enter(TAG.sequence, 'the TLS features');
  while (features.tag !== -1) {
    const feature = readInteger(features, 'a TLS feature');
    if (feature.length === 1 && feature[0] === 5) return true;
  }
  return false;
}
