import { crlEntry, type RevokedCertificate } from './crl-entry.ts';
import { CRL_SCOPE_KEYS, crlScope, type CrlScopeOptions } from './crl-scope.ts';
import { encode, integer, sequence, tagged, time, unsignedInteger, type Asn1 } from './der.ts';
import { distinguishedName } from './distinguished-name.ts';
import { DevCertsError } from './errors.ts';
import { authorityKeyIdentifier, extension, unknownExtension } from './extensions.ts';
import { keyPairFrom, type KeyPair, type Signer } from './key-pair.ts';
import { describe, flag, onlyKnown } from './options.ts';
import { pem } from './pem.ts';
import { signed } from './signed.ts';
import { UPDATE_PERIOD_KEYS, updatePeriod, type UpdatePeriod, type UpdatePeriodOptions } from './update-period.ts';

/** What a revocation list says. */
export interface CrlOptions extends UpdatePeriodOptions, CrlScopeOptions {
  /** The certificates that are revoked. Default: **none**. */
  readonly revoked?: readonly RevokedCertificate[] | undefined;
  /** CRL number (RFC 5280 §5.2.3), from 0; `null` leaves it out. Default: **how many lists this authority has made, with this one**. */
  readonly number?: number | null | undefined;
  /** Make it a delta list: number of the complete list that it adds to (deltaCRLIndicator, critical, §5.2.4). Default: **a complete list**. */
  readonly delta?: number | undefined;
  /** Common name of an issuer that the list claims instead of this authority. Default: **this authority**. */
  readonly issuerName?: string | undefined;
  /** Say which key signed (§5.2.1). Default: **true**. */
  readonly authorityKeyIdentifier?: boolean | undefined;
  /** Whose key signs instead of this authority's: a forged list. Default: **this authority's own key**. */
  readonly signer?: Signer | undefined;
  /** Spoil one bit of the signature. Default: **false**. */
  readonly corruptSignature?: boolean | undefined;
  /** Put a critical extension in that nobody knows, for which a verifier must not use the list (§5.2). Default: **false**. */
  readonly unknownCriticalExtension?: boolean | undefined;
}

/** A revocation list and its facts. */
export interface Crl extends UpdatePeriod {
  /** The list, PEM (`X509 CRL`). */
  readonly pem: string;
  /** The list, DER. */
  readonly der: Buffer;
  /** Its CRL number. */
  readonly number: number | null;
}

const CRL_KEYS = {
  ...UPDATE_PERIOD_KEYS,
  ...CRL_SCOPE_KEYS,
  revoked: true,
  number: true,
  delta: true,
  issuerName: true,
  authorityKeyIdentifier: true,
  signer: true,
  corruptSignature: true,
  unknownCriticalExtension: true,
} satisfies Record<keyof CrlOptions, true>;

/**
 * Makes and signs a version 2 revocation list (RFC 5280 §5.1); `next` is its number when none is asked for.
 *
 * @throws DevCertsError
 */
export function signCrl(options: CrlOptions, issuer: { subject: Asn1; keys: KeyPair }, next: number): Crl {
  onlyKnown('', options, CRL_KEYS);
  const { thisUpdate, nextUpdate } = updatePeriod(options);
  const number = options.number === undefined ? next : options.number;
  const entries = revoked(options.revoked).map((entry, index) => crlEntry(`revoked[${index}]`, entry, thisUpdate));
  const extensions = [
    ...(flag('authorityKeyIdentifier', options.authorityKeyIdentifier ?? true) ? [authorityKeyIdentifier(issuer.keys.spki)] : []),
    ...(number === null ? [] : [extension('2.5.29.20', count('number', number))]),
    ...(options.delta === undefined ? [] : [extension('2.5.29.27', count('delta', options.delta), 'critical')]),
    ...crlScope(options),
    ...(flag('unknownCriticalExtension', options.unknownCriticalExtension) ? [unknownExtension()] : []),
  ];
  const keys = options.signer === undefined ? issuer.keys : keyPairFrom('signer.key', options.signer.key);
  const tbs = sequence(
    integer(1),
    keys.signatureAlgorithm,
    options.issuerName === undefined ? issuer.subject : distinguishedName('issuerName', options.issuerName),
    time(thisUpdate),
    ...(nextUpdate === null ? [] : [time(nextUpdate)]),
    // An empty list has no revokedCertificates at all (RFC 5280 §5.1.2.6).
    ...(entries.length > 0 ? [sequence(...entries)] : []),
    ...(extensions.length > 0 ? [tagged(0, sequence(...extensions))] : []),
  );
  const corrupt = flag('corruptSignature', options.corruptSignature) ? 'corrupt' : undefined;
  const der = encode(sequence(...signed(tbs, keys, corrupt)));
  return { pem: pem('X509 CRL', der), der, number, thisUpdate, nextUpdate };
}

function revoked(found: CrlOptions['revoked']): readonly RevokedCertificate[] {
  if (found === undefined || Array.isArray(found)) return found ?? [];
  throw new DevCertsError('ERR_SOCK_DEV_CERTS_OPTION', 'revoked', `is ${describe(found)}; allowed is an array of objects`);
}

function count(option: string, found: number): Asn1 {
  if (Number.isSafeInteger(found) && found >= 0) return unsignedInteger(found.toString(16));
  throw new DevCertsError('ERR_SOCK_DEV_CERTS_OPTION', option, `is ${describe(found)}; allowed are whole numbers from 0`);
}
