import { createHash } from 'node:crypto';
import { certificateIdentity, type CertificateIdentity } from './certificate-reference.ts';
import { embed, encode, enumerated, generalizedTime, octetString, oid, sequence, tagged, type Asn1 } from './der.ts';
import { DevCertsError } from './errors.ts';
import { extension, unknownExtension } from './extensions.ts';
import { keyPairFrom, publicKeyBits, type KeyPair, type Signer } from './key-pair.ts';
import { OCSP_SINGLE_KEYS, otherResponse, singleResponse, type OcspSingleOptions } from './ocsp-single-response.ts';
import { allowed, describe, flag, onlyKnown } from './options.ts';
import { signed } from './signed.ts';
import { updatePeriod, type UpdatePeriod } from './update-period.ts';
import { moment } from './validity.ts';

/** What an OCSP response says, and who says it. */
export interface OcspResponseOptions extends OcspSingleOptions {
  /** More certificates that the same response speaks of, behind the first. Default: **none**. */
  readonly others?: readonly OcspSingleOptions[] | undefined;
  /** When the response was made. Default: **`thisUpdate`**. */
  readonly producedAt?: Date | undefined;
  /** A delegated responder that signs: what `issue({ usage: 'ocsp' })` gave. Default: **this authority itself**. */
  readonly responder?: OcspResponder | undefined;
  /** How the responder is named: by its subject, or by the SHA-1 of its key. Default: **`'name'`**. */
  readonly responderId?: 'name' | 'key' | undefined;
  /** Put the responder's certificate in. Default: **true with a delegated `responder`**, otherwise **false**. */
  readonly includeCertificates?: boolean | undefined;
  /** The nonce of the request (RFC 9654). Default: **none**. */
  readonly nonce?: Uint8Array | undefined;
  /** Whose key signs instead of the responder's, which is still the one named: a forged response. Default: **the responder's key**. */
  readonly signer?: Signer | undefined;
  /** Spoil one bit of the signature. Default: **false**. */
  readonly corruptSignature?: boolean | undefined;
  /**
   * Put a critical extension in that nobody knows: `true` for the response as a whole, `'single'` for what is said of each
   * certificate. Default: **false**.
   */
  readonly unknownCriticalExtension?: boolean | 'single' | undefined;
}

/** Somebody with a certificate and its private key. */
export interface OcspResponder extends Signer {
  /** The certificate, DER. */
  readonly der: Uint8Array;
}

/** A response that gives no answer (RFC 6960 §2.3): nothing can stand beside the status, and nobody signs it. */
export interface OcspErrorOptions {
  /** Why there is no answer. */
  readonly responseStatus: keyof typeof ERRORS;
}

/**
 * Makes and signs an OCSPResponse (RFC 6960 §4.2.1).
 *
 * @throws DevCertsError
 */
export function signOcspResponse(options: OcspResponseOptions | OcspErrorOptions, authority: CertificateIdentity & { keys: KeyPair }): Buffer {
  onlyKnown('', options, { ...OCSP_KEYS, responseStatus: true });
  if ('responseStatus' in options) {
    onlyKnown('', options, { responseStatus: true } satisfies Record<keyof OcspErrorOptions, true>);
    const status = allowed('responseStatus', options.responseStatus, Object.keys(ERRORS) as OcspErrorOptions['responseStatus'][]);
    return encode(sequence(enumerated(ERRORS[status])));
  }
  // One look at the clock, so that the response is not made a second before what it says is true.
  const basic = encode(basicResponse({ ...options, validity: undefined, ...updatePeriod(options) }, authority));
  return encode(sequence(enumerated(0), tagged(0, sequence(oid('1.3.6.1.5.5.7.48.1.1'), octetString(basic)))));
}

const ERRORS = { malformedRequest: 1, internalError: 2, tryLater: 3, sigRequired: 5, unauthorized: 6 } as const;

const OCSP_KEYS = {
  ...OCSP_SINGLE_KEYS,
  others: true,
  producedAt: true,
  responder: true,
  responderId: true,
  includeCertificates: true,
  nonce: true,
  signer: true,
  corruptSignature: true,
  unknownCriticalExtension: true,
} satisfies Record<keyof OcspResponseOptions, true>;

function basicResponse(options: OcspResponseOptions & UpdatePeriod, authority: CertificateIdentity & { keys: KeyPair }): Asn1 {
  const { responder: delegated, signer } = options;
  const unknown = options.unknownCriticalExtension === 'single' ? 'single' : flag('unknownCriticalExtension', options.unknownCriticalExtension);
  const perCertificate = unknown === 'single' ? [unknownExtension()] : [];
  const extensions = [...nonceExtension(options.nonce), ...(unknown === true ? [unknownExtension()] : [])];
  const responder = delegated === undefined ? authority : certificateIdentity('responder', delegated);
  const data = sequence(
    responderId(options, responder),
    generalizedTime(options.producedAt === undefined ? options.thisUpdate : moment('producedAt', options.producedAt)),
    sequence(
      singleResponse(options, authority, perCertificate),
      ...others(options.others).map((other, index) => otherResponse(`others[${index}]`, other, authority, perCertificate)),
    ),
    ...(extensions.length > 0 ? [tagged(1, sequence(...extensions))] : []),
  );
  const own = delegated === undefined ? authority.keys : keyPairFrom('responder.key', delegated.key);
  const keys = signer === undefined ? own : keyPairFrom('signer.key', signer.key);
  const corrupt = flag('corruptSignature', options.corruptSignature) ? 'corrupt' : undefined;
  const include = flag('includeCertificates', options.includeCertificates ?? delegated !== undefined);
  return sequence(...signed(data, keys, corrupt), ...(include ? [tagged(0, sequence(embed(responder.der)))] : []));
}

function responderId(options: OcspResponseOptions, responder: CertificateIdentity): Asn1 {
  return allowed('responderId', options.responderId ?? 'name', ['name', 'key']) === 'name'
    ? tagged(1, responder.subject)
    : tagged(2, octetString(createHash('sha1').update(publicKeyBits(responder.spki)).digest()));
}

function nonceExtension(nonce: Uint8Array | undefined): Asn1[] {
  if (nonce === undefined) return [];
  if (nonce instanceof Uint8Array) return [extension('1.3.6.1.5.5.7.48.1.2', octetString(Buffer.from(nonce)))];
  throw new DevCertsError('ERR_SOCK_DEV_CERTS_OPTION', 'nonce', `is ${describe(nonce)}; allowed is a Uint8Array`);
}

function others(found: OcspResponseOptions['others']): readonly OcspSingleOptions[] {
  if (found === undefined || Array.isArray(found)) return found ?? [];
  throw new DevCertsError('ERR_SOCK_DEV_CERTS_OPTION', 'others', `is ${describe(found)}; allowed is an array of objects`);
}
