import { sequence, tagged, taggedBytes, type Asn1 } from './der.ts';
import { DevCertsError } from './errors.ts';
import { extension } from './extensions.ts';
import { flag, strings } from './options.ts';
import { reasonFlags, type ScopedReason } from './revocation-reason.ts';
import { uriGeneralName } from './subject-alt-name.ts';

/**
 * What a revocation list does not speak of: its issuingDistributionPoint, critical (RFC 5280 §5.2.5). A verifier that takes
 * such a list for a complete one misses what was revoked elsewhere.
 */
export interface CrlScopeOptions {
  /** URL of the distribution point that the list is for. Default: **none**. */
  readonly distributionPoint?: string | undefined;
  /** Only leaves (onlyContainsUserCerts). Default: **false**. */
  readonly onlyUserCerts?: boolean | undefined;
  /** Only authorities (onlyContainsCACerts). Default: **false**. */
  readonly onlyCaCerts?: boolean | undefined;
  /** Only what was revoked for these reasons, one or more. Default: **all reasons**. */
  readonly onlySomeReasons?: readonly ScopedReason[] | undefined;
  /** Also certificates of other issuers (indirectCRL). Default: **false**. */
  readonly indirect?: boolean | undefined;
}

/** The keys of {@link CrlScopeOptions}. */
export const CRL_SCOPE_KEYS: Readonly<Record<keyof CrlScopeOptions, true>> = {
  distributionPoint: true,
  onlyUserCerts: true,
  onlyCaCerts: true,
  onlySomeReasons: true,
  indirect: true,
};

/**
 * The extension for `options`, or none when the list is complete.
 *
 * @throws DevCertsError `ERR_SOCK_DEV_CERTS_OPTION`, `ERR_SOCK_DEV_CERTS_NAME`
 */
export function crlScope(options: CrlScopeOptions): Asn1[] {
  const { distributionPoint: url, onlySomeReasons: reasons } = options;
  const parts = [
    ...(url === undefined ? [] : [tagged(0, tagged(0, uriGeneralName('distributionPoint', url)))]),
    ...yes(1, 'onlyUserCerts', options.onlyUserCerts),
    ...yes(2, 'onlyCaCerts', options.onlyCaCerts),
    ...(reasons === undefined ? [] : [taggedBytes(3, reasonFlags('onlySomeReasons', some(reasons)))]),
    ...yes(4, 'indirect', options.indirect),
  ];
  return parts.length === 0 ? [] : [extension('2.5.29.28', sequence(...parts), 'critical')];
}

function yes(tag: number, option: string, found: boolean | undefined): Asn1[] {
  return flag(option, found) ? [taggedBytes(tag, Buffer.of(0xff))] : [];
}

function some(reasons: readonly ScopedReason[]): readonly ScopedReason[] {
  if (strings('onlySomeReasons', reasons).length > 0) return reasons;
  throw new DevCertsError('ERR_SOCK_DEV_CERTS_OPTION', 'onlySomeReasons', 'is empty; name a reason, or leave the option out');
}
