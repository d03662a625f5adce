import { bitString, enumerated, type Asn1 } from './der.ts';
import { allowed } from './options.ts';

/** Why a certificate was revoked (RFC 5280 §5.3.1). `removeFromCRL` takes an entry back and stands in delta lists only. */
export type RevocationReason = keyof typeof CODES;

/** CRLReason, for lists and for OCSP. */
export function revocationReason(option: string, found: RevocationReason): Asn1 {
  return enumerated(CODES[allowed(option, found, Object.keys(CODES) as RevocationReason[])]);
}

/** ReasonFlags, the reasons that a list speaks of (RFC 5280 §4.2.1.13), without a tag of their own. */
export function reasonFlags(option: string, found: readonly ScopedReason[]): Buffer {
  const bits = found.map((reason, index) => FLAGS[allowed(`${option}[${index}]`, reason, Object.keys(FLAGS) as ScopedReason[])]);
  const last = Math.max(...bits);
  // DER drops the zero bits after the last one that is set (X.690 §11.2.2).
  const bytes = Buffer.alloc(Math.floor(last / 8) + 1);
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return Buffer.from(bitString(bytes, 7 - (last & 7)).value as string, 'latin1');
}

/** A reason that a list can be limited to. */
export type ScopedReason = Exclude<RevocationReason, 'unspecified' | 'removeFromCRL'>;

const CODES = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  removeFromCRL: 8,
  privilegeWithdrawn: 9,
  aACompromise: 10,
} as const;

const FLAGS: Readonly<Record<ScopedReason, number>> = {
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  privilegeWithdrawn: 7,
  aACompromise: 8,
};
