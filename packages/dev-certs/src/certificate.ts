import { createHash } from 'node:crypto';
import { embed, encode, integer, sequence, tagged, time, unsignedInteger, type Asn1 } from './der.ts';
import type { KeyPair } from './key-pair.ts';
import { pem } from './pem.ts';
import { randomSerialNumber } from './serial-number.ts';
import { signed } from './signed.ts';
import type { Validity } from './validity.ts';

/** What a certificate says about itself. */
export interface CertificateFacts {
  /** The certificate, DER. */
  readonly der: Buffer;
  /** Serial number in upper-case hexadecimal, as `X509Certificate.serialNumber` gives it. */
  readonly serialNumber: string;
  /** SHA-256 of the certificate as `AA:BB:…`, as `X509Certificate.fingerprint256` gives it. */
  readonly fingerprint256: string;
  /** SHA-256 of the public key (SubjectPublicKeyInfo) in base64: the pin of RFC 7469 §2.4. */
  readonly spkiSha256: string;
  /** First moment of validity. */
  readonly notBefore: Date;
  /** Last moment of validity. */
  readonly notAfter: Date;
}

/** A certificate and its facts. */
export interface Certificate extends CertificateFacts {
  /** The certificate, PEM. */
  readonly pem: string;
}

/** What goes into a certificate. */
export interface CertificateContent {
  readonly subject: Asn1;
  readonly keys: KeyPair;
  readonly validity: Validity;
  readonly extensions: readonly Asn1[];
  /** Upper-case hexadecimal. Default: **16 random bytes**. */
  readonly serialNumber?: string | undefined;
}

/** Makes and signs an X.509 version 3 certificate (RFC 5280 §4.1). */
export function signCertificate(content: CertificateContent, issuer: { subject: Asn1; keys: KeyPair }): Certificate {
  const { subject, keys, validity, extensions, serialNumber = randomSerialNumber() } = content;
  const tbs = sequence(
    tagged(0, integer(2)),
    unsignedInteger(serialNumber),
    issuer.keys.signatureAlgorithm,
    issuer.subject,
    sequence(time(validity.notBefore), time(validity.notAfter)),
    subject,
    embed(keys.spki),
    tagged(3, sequence(...extensions)),
  );
  const der = encode(sequence(...signed(tbs, issuer.keys)));
  return {
    pem: pem('CERTIFICATE', der),
    der,
    serialNumber,
    fingerprint256: colons(createHash('sha256').update(der).digest()),
    spkiSha256: createHash('sha256').update(keys.spki).digest('base64'),
    notBefore: validity.notBefore,
    notAfter: validity.notAfter,
  };
}

function colons(digest: Buffer): string {
  return digest.toString('hex').toUpperCase().replace(/..(?=.)/g, '$&:');
}
