import { createHash } from 'node:crypto';
import { bitString, encode, integer, nothing, octetString, oid, sequence, tagged, taggedBytes, yes, type Asn1 } from './der.ts';
import { publicKeyBits } from './key-pair.ts';

/** What a leaf certificate may be used for: TLS, or to sign OCSP answers for its issuer. */
export type Usage = 'server' | 'client' | 'both' | 'ocsp';

/** Basic constraints of an authority, critical (RFC 5280 §4.2.1.9). */
export function authorityConstraints(pathLength: number | undefined): Asn1 {
  return extension('2.5.29.19', sequence(yes(), ...(pathLength === undefined ? [] : [integer(pathLength)])), 'critical');
}

/** Basic constraints of a certificate that may not issue others, critical. */
export function leafConstraints(): Asn1 {
  return extension('2.5.29.19', sequence(), 'critical');
}

/** Key usage of an authority, critical: digitalSignature (to sign OCSP answers), keyCertSign, cRLSign (§4.2.1.3). */
export function authorityKeyUsage(): Asn1 {
  return extension('2.5.29.15', bitString(Buffer.of(0b1000_0110), 1), 'critical');
}

/** Key usage of a leaf, critical: digitalSignature, and for RSA keyEncipherment too, which TLS 1.2 key exchange may need. */
export function leafKeyUsage(family: 'ec' | 'rsa'): Asn1 {
  const bits = family === 'rsa' ? bitString(Buffer.of(0b1010_0000), 5) : bitString(Buffer.of(0b1000_0000), 7);
  return extension('2.5.29.15', bits, 'critical');
}

/** Extended key usage: TLS server, TLS client, or both (§4.2.1.12), or OCSPSigning (RFC 6960 §4.2.2.2). */
export function extendedKeyUsage(usage: Usage): Asn1 {
  const [server, client, ocsp] = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.9'] as const;
  const purposes = { server: [server], client: [client], both: [server, client], ocsp: [ocsp] }[usage];
  return extension('2.5.29.37', sequence(...purposes.map(oid)));
}

/** Says that nobody need ask whether this responder's own certificate was revoked (RFC 6960 §4.2.2.2.1). */
export function ocspNoCheck(): Asn1 {
  return extension('1.3.6.1.5.5.7.48.1.5', nothing());
}

/** Subject key identifier (§4.2.1.2). */
export function subjectKeyIdentifier(spki: Buffer): Asn1 {
  return extension('2.5.29.14', octetString(keyIdentifier(spki)));
}

/** Authority key identifier: which of two issuers with the same name it was (§4.2.1.1). */
export function authorityKeyIdentifier(issuerSpki: Buffer): Asn1 {
  return extension('2.5.29.35', sequence(taggedBytes(0, keyIdentifier(issuerSpki))));
}

/** Subject alternative name; critical exactly when the subject is empty (§4.2.1.6). */
export function subjectAltName(names: readonly Asn1[], subjectIsEmpty: boolean): Asn1 {
  return extension('2.5.29.17', sequence(...names), subjectIsEmpty ? 'critical' : undefined);
}

/** Name constraints, critical: the subtrees that are permitted and those that are excluded (§4.2.1.10). */
export function nameConstraints(permitted: readonly Asn1[], excluded: readonly Asn1[]): Asn1 {
  const subtrees = (tag: number, names: readonly Asn1[]): Asn1[] =>
    names.length === 0 ? [] : [tagged(tag, ...names.map((name) => sequence(name)))];
  return extension('2.5.29.30', sequence(...subtrees(0, permitted), ...subtrees(1, excluded)), 'critical');
}

/** Where to ask for the certificate's state, and where its issuer's certificate lies (§4.2.2.1). */
export function authorityInfoAccess(ocsp: readonly Asn1[], issuers: readonly Asn1[]): Asn1 {
  const access = (method: string) => (url: Asn1) => sequence(oid(method), url);
  return extension(
    '1.3.6.1.5.5.7.1.1',
    sequence(...ocsp.map(access('1.3.6.1.5.5.7.48.1')), ...issuers.map(access('1.3.6.1.5.5.7.48.2'))),
  );
}

/** Where the issuer's revocation list lies, one distribution point for each URL (§4.2.1.13). */
export function crlDistributionPoints(urls: readonly Asn1[]): Asn1 {
  return extension('2.5.29.31', sequence(...urls.map((url) => sequence(tagged(0, tagged(0, url))))));
}

/** TLS feature status_request, known as must-staple (RFC 7633). */
export function mustStaple(): Asn1 {
  return extension('1.3.6.1.5.5.7.1.24', sequence(integer(5)));
}

/** Critical, and unknown to everyone: its number is one of those for documentation (RFC 5612). */
export function unknownExtension(): Asn1 {
  return extension('1.3.6.1.4.1.32473.1', nothing(), 'critical');
}

/** An Extension (§4.2). */
export function extension(id: string, value: Asn1, critical?: 'critical'): Asn1 {
  return sequence(oid(id), ...(critical ? [yes()] : []), octetString(encode(value)));
}

function keyIdentifier(spki: Buffer): Buffer {
  // RFC 7093 §2 method 1: 160 bits of SHA-256 over the key's bits, in place of SHA-1.
  return createHash('sha256').update(publicKeyBits(spki)).digest().subarray(0, 20);
}
