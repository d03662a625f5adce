import { sequence, tagged, time, unsignedInteger, type Asn1 } from './der.ts';
import { serialNumberOf, type SerialNumberSource } from './certificate-reference.ts';
import { distinguishedName } from './distinguished-name.ts';
import { DevCertsError } from './errors.ts';
import { extension } from './extensions.ts';
import { onlyKnown } from './options.ts';
import { revocationReason, type RevocationReason } from './revocation-reason.ts';
import { serialNumber } from './serial-number.ts';
import { moment } from './validity.ts';

/** One certificate on a revocation list: name it by `certificate` or by `serialNumber`. */
export interface RevokedCertificate {
  /** The certificate: what an authority issued, a `Certificate`, an `X509Certificate`, or PEM. */
  readonly certificate?: SerialNumberSource | undefined;
  /** Its serial number in hexadecimal. */
  readonly serialNumber?: string | undefined;
  /** When it was revoked. Default: **the list's `thisUpdate`**. */
  readonly at?: Date | undefined;
  /** Why (RFC 5280 §5.3.1). Default: **none is given**. */
  readonly reason?: RevocationReason | undefined;
  /**
   * Common name of the authority that issued it, for an indirect list (certificateIssuer, critical, RFC 5280 §5.3.3); it also
   * counts for the entries behind this one. Default: **none**: the list's issuer.
   */
  readonly certificateIssuer?: string | undefined;
}

const ENTRY_KEYS = {
  certificate: true,
  serialNumber: true,
  at: true,
  reason: true,
  certificateIssuer: true,
} satisfies Record<keyof RevokedCertificate, true>;

/**
 * An entry of revokedCertificates (RFC 5280 §5.1.2.6). `where` is the path of `entry` from the call's options.
 *
 * @throws DevCertsError
 */
export function crlEntry(where: string, entry: RevokedCertificate, thisUpdate: Date): Asn1 {
  onlyKnown(where, entry, ENTRY_KEYS);
  const { at, reason, certificateIssuer } = entry;
  const extensions = [
    ...(reason === undefined ? [] : [extension('2.5.29.21', revocationReason(`${where}.reason`, reason))]),
    ...(certificateIssuer === undefined ? [] : [issuerExtension(`${where}.certificateIssuer`, certificateIssuer)]),
  ];
  return sequence(
    unsignedInteger(serialOf(where, entry)),
    time(at === undefined ? thisUpdate : moment(`${where}.at`, at)),
    ...(extensions.length > 0 ? [sequence(...extensions)] : []),
  );
}

function serialOf(where: string, entry: RevokedCertificate): string {
  if ((entry.certificate === undefined) === (entry.serialNumber === undefined)) {
    throw new DevCertsError('ERR_SOCK_DEV_CERTS_OPTION', where, 'names one certificate by `certificate` or `serialNumber`; give one of them');
  }
  return entry.certificate === undefined
    ? serialNumber(`${where}.serialNumber`, entry.serialNumber as string)
    : serialNumberOf(`${where}.certificate`, entry.certificate);
}

function issuerExtension(option: string, name: string): Asn1 {
  return extension('2.5.29.29', sequence(tagged(4, distinguishedName(option, name))), 'critical');
}
