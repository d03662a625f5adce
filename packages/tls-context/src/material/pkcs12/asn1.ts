import * as asn1js from 'asn1js';
import { damaged } from './pkcs12-fault.ts';

/** An ASN.1 value as the library has it. */
export type Asn1 = asn1js.AsnType;

/**
 * Reads one value, within limits: no file that holds a key and its chain comes near them.
 *
 * @throws Pkcs12Fault
 */
export function decode(bytes: Uint8Array, what: string): Asn1 {
  let decoded: asn1js.FromBerResult;
  try {
    decoded = asn1js.fromBER(bytes, { maxDepth: 24, maxNodes: 5000, maxContentLength: bytes.length, parseEmbedded: false });
  } catch (error) {
    throw damaged(`${what} is no ASN.1`, error);
  }
  if (decoded.offset === -1 || decoded.result.error !== '') throw damaged(`${what} is no ASN.1 (${decoded.result.error})`);
  if (decoded.offset !== bytes.length) throw damaged(`${what} has ${bytes.length - decoded.offset} bytes too many`);
  return decoded.result;
}

/** The values within a SEQUENCE, a SET or a tag. */
export function items(value: Asn1 | undefined, what: string): Asn1[] {
  if (!(value instanceof asn1js.Constructed)) throw damaged(`${what} has nothing within`);
  return value.valueBlock.value;
}

/** The values of a SEQUENCE. */
export function sequence(value: Asn1 | undefined, what: string): Asn1[] {
  if (!(value instanceof asn1js.Sequence)) throw damaged(`${what} is no SEQUENCE`);
  return items(value, what);
}

/** What a tag `[number] EXPLICIT` holds. */
export function explicit(value: Asn1 | undefined, number: number, what: string): Asn1 {
  if (value === undefined || !hasTag(value, number)) throw damaged(`${what} is missing`);
  const [held] = items(value, what);
  if (held === undefined) throw damaged(`${what} is empty`);
  return held;
}

export function hasTag(value: Asn1, number: number): boolean {
  return value.idBlock.tagClass === 3 && value.idBlock.tagNumber === number;
}

/** An object identifier with dots. */
export function oid(value: Asn1 | undefined, what: string): string {
  if (!(value instanceof asn1js.ObjectIdentifier)) throw damaged(`${what} is no object identifier`);
  return value.getValue();
}

/** The bytes of an OCTET STRING, in one piece or in several (BER). */
export function octets(value: Asn1 | undefined, what: string): Uint8Array {
  if (!(value instanceof asn1js.OctetString)) throw damaged(`${what} is no OCTET STRING`);
  return new Uint8Array(value.getValue());
}

/** The bytes of an `[0] IMPLICIT OCTET STRING`, in one piece or in several (BER). */
export function implicitOctets(value: Asn1 | undefined, what: string): Uint8Array {
  if (value === undefined || !hasTag(value, 0)) throw damaged(`${what} is missing`);
  if (value instanceof asn1js.Primitive) return value.valueBlock.valueHexView;
  return Buffer.concat(items(value, what).map((part) => octets(part, what)));
}

/** A whole number that is not negative. */
export function count(value: Asn1 | undefined, what: string): number {
  if (!(value instanceof asn1js.Integer)) throw damaged(`${what} is no number`);
  const found = value.toBigInt();
  // Larger ones are nothing that a caller would allow either.
  if (found < 0n || found > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged(`${what} is out of range`);
  return Number(found);
}

/** A value as it stood in the file, header included. */
export function raw(value: Asn1): Uint8Array {
  return value.valueBeforeDecodeView;
}
