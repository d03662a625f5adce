import { X509Certificate } from 'node:crypto';
import { embed, type Asn1 } from './der.ts';
import { DevCertsError } from './errors.ts';
import { describe } from './options.ts';
import { serialNumber } from './serial-number.ts';

/** A certificate whose serial number counts: PEM, or what has a `serialNumber`, as everything that this package issues has. */
export type SerialNumberSource = string | { readonly serialNumber: string };

/** A certificate that this package made: PEM, or what has its `der`. */
export type CertificateSource = string | { readonly der: Uint8Array };

/**
 * The serial number of a certificate, in upper-case hexadecimal.
 *
 * @throws DevCertsError `ERR_SOCK_DEV_CERTS_OPTION`
 */
export function serialNumberOf(option: string, found: SerialNumberSource): string {
  if (typeof found === 'string') return load(option, found).serialNumber;
  if (found !== null && typeof found === 'object') return serialNumber(`${option}.serialNumber`, found.serialNumber);
  throw fault(option, found);
}

/** What others need to know of a certificate to name it as an issuer or a responder. */
export interface CertificateIdentity {
  readonly der: Buffer;
  /** The subject, a Name. */
  readonly subject: Asn1;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Buffer;
}

/**
 * Reads subject and key from a certificate that this package made.
 *
 * @throws DevCertsError `ERR_SOCK_DEV_CERTS_OPTION`
 */
export function certificateIdentity(option: string, found: CertificateSource): CertificateIdentity {
  const source = typeof found === 'string' ? found : found?.der;
  if (typeof source !== 'string' && !(source instanceof Uint8Array)) throw fault(option, found);
  const certificate = load(option, source);
  const [tbs] = embed(certificate.raw).value as [Asn1, ...Asn1[]];
  // Version, serial number, algorithm, issuer and validity stand before it (RFC 5280 §4.1).
  const [, , , , , subject] = tbs.value as Asn1[];
  return { der: certificate.raw, subject: subject as Asn1, spki: certificate.publicKey.export({ type: 'spki', format: 'der' }) };
}

function load(option: string, found: string | Uint8Array): X509Certificate {
  try {
    return new X509Certificate(found);
  } catch (cause) {
    throw fault(option, found, cause);
  }
}

function fault(option: string, found: unknown, cause?: unknown): DevCertsError {
  const what = typeof found === 'string' ? 'is text that holds no certificate' : `is ${describe(found)}`;
  const message = `${what}; allowed is what an authority issued, or its certificate as PEM`;
  return new DevCertsError('ERR_SOCK_DEV_CERTS_OPTION', option, message, cause);
}
