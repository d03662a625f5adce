import forge from 'node-forge';

/** One ASN.1 value, before encoding. Written out here, so that whoever uses the package needs no types of forge. */
export interface Asn1 {
  readonly tagClass: number;
  readonly type: number;
  readonly constructed: boolean;
  readonly composed: boolean;
  /** The content: bytes as a binary string, or the values inside. */
  readonly value: string | Asn1[];
}

/** Encodes a value as DER (X.690). */
export function encode(value: Asn1): Buffer {
  return Buffer.from(forge.asn1.toDer(value).getBytes(), 'latin1');
}

/**
 * Takes DER that `node:crypto` or this package made, a key or a certificate, as a value, to stand inside another one. Never
 * give it bytes of a peer: forge is here to make certificates, not to read them.
 */
export function embed(der: Buffer): Asn1 {
  // A bit string stays bits: forge would take an RSA key inside it apart, and any other key that looks like ASN.1.
  const options = { strict: true, parseAllBytes: true, decodeBitStrings: false };
  return forge.asn1.fromDer(der.toString('latin1'), options as unknown as boolean);
}

/** SEQUENCE or SEQUENCE OF. */
export function sequence(...values: Asn1[]): Asn1 {
  return universal(forge.asn1.Type.SEQUENCE, values);
}

/** SET OF: DER wants the elements in the order of their encodings (X.690 §11.6). */
export function set(...values: Asn1[]): Asn1 {
  const sorted = values.toSorted((a, b) => Buffer.compare(encode(a), encode(b)));
  return universal(forge.asn1.Type.SET, sorted);
}

/** OBJECT IDENTIFIER from its dotted form. */
export function oid(dotted: string): Asn1 {
  return universal(forge.asn1.Type.OID, forge.asn1.oidToDer(dotted).getBytes());
}

/** INTEGER from a small number, or from big-endian bytes whose first bit is the sign. */
export function integer(value: number | Buffer): Asn1 {
  const bytes = typeof value === 'number' ? forge.asn1.integerToDer(value).getBytes() : value.toString('latin1');
  return universal(forge.asn1.Type.INTEGER, bytes);
}

/** INTEGER from hexadecimal digits of a number that is not negative. */
export function unsignedInteger(hex: string): Asn1 {
  // The zero byte keeps a set first bit from being a sign; where it is not needed, the encoder drops it.
  return integer(Buffer.from(`00${hex.length % 2 === 0 ? '' : '0'}${hex}`, 'hex'));
}

/** ENUMERATED from a number below 128. */
export function enumerated(value: number): Asn1 {
  return universal(forge.asn1.Type.ENUMERATED, String.fromCharCode(value));
}

/** BOOLEAN TRUE; FALSE is a default everywhere here, and DER leaves defaults out. */
export function yes(): Asn1 {
  return universal(forge.asn1.Type.BOOLEAN, '\xff');
}

/** NULL. */
export function nothing(): Asn1 {
  return universal(forge.asn1.Type.NULL, '');
}

/** OCTET STRING. */
export function octetString(bytes: Buffer): Asn1 {
  return universal(forge.asn1.Type.OCTETSTRING, bytes.toString('latin1'));
}

/** BIT STRING whose last `unusedBits` (0 to 7) do not count. */
export function bitString(bytes: Buffer, unusedBits = 0): Asn1 {
  return universal(forge.asn1.Type.BITSTRING, String.fromCharCode(unusedBits) + bytes.toString('latin1'));
}

/** UTF8String. */
export function utf8String(text: string): Asn1 {
  return universal(forge.asn1.Type.UTF8, Buffer.from(text, 'utf8').toString('latin1'));
}

/** BMPString. Unlike the other strings, forge takes this one as text and makes the UTF-16 bytes itself. */
export function bmpString(text: string): Asn1 {
  return universal(forge.asn1.Type.BMPSTRING, text);
}

/** UTCTime through the year 2049 and GeneralizedTime from 2050 on (RFC 5280 §4.1.2.5). */
export function time(date: Date): Asn1 {
  const year = date.getUTCFullYear();
  return year >= 1950 && year < 2050
    ? universal(forge.asn1.Type.UTCTIME, forge.asn1.dateToUtcTime(date))
    : generalizedTime(date);
}

/** GeneralizedTime whatever the year, as OCSP wants it (RFC 6960 §4.2.2.1). */
export function generalizedTime(date: Date): Asn1 {
  return universal(forge.asn1.Type.GENERALIZEDTIME, forge.asn1.dateToGeneralizedTime(date));
}

/** A context-specific tag around values: EXPLICIT around one value, IMPLICIT in place of a SEQUENCE's own tag. */
export function tagged(tag: number, ...values: Asn1[]): Asn1 {
  return forge.asn1.create(forge.asn1.Class.CONTEXT_SPECIFIC, tag, true, values);
}

/** A context-specific tag in place of a string's own tag (IMPLICIT). */
export function taggedBytes(tag: number, bytes: Buffer): Asn1 {
  return forge.asn1.create(forge.asn1.Class.CONTEXT_SPECIFIC, tag, false, bytes.toString('latin1'));
}

function universal(type: number, value: string | Asn1[]): Asn1 {
  return forge.asn1.create(forge.asn1.Class.UNIVERSAL, type, Array.isArray(value), value);
}
