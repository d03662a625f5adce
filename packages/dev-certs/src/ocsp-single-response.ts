import { createHash } from 'node:crypto';
import {
  certificateIdentity,
  serialNumberOf,
  type CertificateIdentity,
  type CertificateSource,
  type SerialNumberSource,
} from './certificate-reference.ts';
import { encode, generalizedTime, nothing, octetString, oid, sequence, tagged, taggedBytes, unsignedInteger, type Asn1 } from './der.ts';
import { DevCertsError } from './errors.ts';
import { publicKeyBits } from './key-pair.ts';
import { allowed, onlyKnown } from './options.ts';
import { revocationReason, type RevocationReason } from './revocation-reason.ts';
import { serialNumber } from './serial-number.ts';
import { UPDATE_PERIOD_KEYS, updatePeriod, type UpdatePeriodOptions } from './update-period.ts';
import { moment } from './validity.ts';

/** What an OCSP response says of one certificate. */
export interface OcspSingleOptions extends UpdatePeriodOptions {
  /** The certificate: what an authority issued, a `Certificate`, an `X509Certificate`, or PEM. */
  readonly certificate: SerialNumberSource;
  /** What is known of it. Default: **`'good'`**. */
  readonly status?: 'good' | 'revoked' | 'unknown' | undefined;
  /** When it was revoked; with status `'revoked'` only. Default: **`thisUpdate`**. */
  readonly revokedAt?: Date | undefined;
  /** Why it was revoked; with status `'revoked'` only. Default: **none is given**. */
  readonly reason?: RevocationReason | undefined;
  /** Hash of the issuer in the CertID (RFC 6960 §4.1.1). Default: **`'sha1'`**, which clients ask with. */
  readonly hash?: 'sha1' | 'sha256' | undefined;
  /** Serial number, hexadecimal, in place of the certificate's: an answer about another one. Default: **the certificate's**. */
  readonly serialNumber?: string | undefined;
  /** The issuer that the CertID names. Default: **this authority**. */
  readonly issuer?: CertificateSource | undefined;
}

/** The keys of {@link OcspSingleOptions}. */
export const OCSP_SINGLE_KEYS: Readonly<Record<keyof OcspSingleOptions, true>> = {
  certificate: true,
  status: true,
  revokedAt: true,
  reason: true,
  ...UPDATE_PERIOD_KEYS,
  hash: true,
  serialNumber: true,
  issuer: true,
};

/** What the others in `others` are made of. */
export function otherResponse(where: string, options: OcspSingleOptions, issuer: CertificateIdentity, extensions: readonly Asn1[]): Asn1 {
  onlyKnown(where, options, OCSP_SINGLE_KEYS);
  return singleResponse(options, issuer, extensions, `${where}.`);
}

/**
 * A SingleResponse (RFC 6960 §4.2.1). `where` goes before the names of options, for example `others[0].`.
 *
 * @throws DevCertsError
 */
export function singleResponse(options: OcspSingleOptions, authority: CertificateIdentity, extensions: readonly Asn1[], where = ''): Asn1 {
  const { thisUpdate, nextUpdate } = updatePeriod(options, where);
  const issuer = options.issuer === undefined ? authority : certificateIdentity(`${where}issuer`, options.issuer);
  return sequence(
    certificateId(options, issuer, where),
    certificateStatus(options, thisUpdate, where),
    generalizedTime(thisUpdate),
    ...(nextUpdate === null ? [] : [tagged(0, generalizedTime(nextUpdate))]),
    ...(extensions.length > 0 ? [tagged(1, sequence(...extensions))] : []),
  );
}

const HASHES = { sha1: '1.3.14.3.2.26', sha256: '2.16.840.1.101.3.4.2.1' } as const;

function certificateId(options: OcspSingleOptions, issuer: CertificateIdentity, where: string): Asn1 {
  const hash = allowed(`${where}hash`, options.hash ?? 'sha1', ['sha1', 'sha256']);
  const digest = (bytes: Buffer): Asn1 => octetString(createHash(hash).update(bytes).digest());
  const own = serialNumberOf(`${where}certificate`, options.certificate);
  const serial = options.serialNumber === undefined ? own : serialNumber(`${where}serialNumber`, options.serialNumber);
  return sequence(
    sequence(oid(HASHES[hash]), nothing()),
    digest(encode(issuer.subject)),
    digest(publicKeyBits(issuer.spki)),
    unsignedInteger(serial),
  );
}

function certificateStatus(options: OcspSingleOptions, thisUpdate: Date, where: string): Asn1 {
  const { revokedAt, reason } = options;
  const status = allowed(`${where}status`, options.status ?? 'good', ['good', 'revoked', 'unknown']);
  if (status === 'revoked') {
    const at = generalizedTime(revokedAt === undefined ? thisUpdate : moment(`${where}revokedAt`, revokedAt));
    return tagged(1, at, ...(reason === undefined ? [] : [tagged(0, revocationReason(`${where}reason`, reason))]));
  }
  const stray = (['revokedAt', 'reason'] as const).find((key) => options[key] !== undefined);
  if (stray === undefined) return taggedBytes(status === 'good' ? 0 : 2, Buffer.alloc(0));
  throw new DevCertsError('ERR_SOCK_DEV_CERTS_OPTION', `${where}${stray}`, `stands beside status '${status}'; it goes with 'revoked' only`);
}
