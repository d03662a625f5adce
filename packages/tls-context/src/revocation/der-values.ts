import type { DerReader } from './der.ts';
import { DerError, TAG } from './der.ts';

/** A moment, UTCTime or GeneralizedTime in the forms of RFC 5280 section 4.1.2.5 (seconds, Z), in milliseconds of the epoch. */
export function readTime(reader: DerReader, what: string): number {
  const { tag } = reader;
  if (tag !== TAG.utcTime && tag !== TAG.generalizedTime) throw new DerError(`${what} is no time`);
  reader.read(tag, what);
  const { bytes, start, stop } = reader;
  const long = tag === TAG.generalizedTime;
  if (stop - start !== (long ? 15 : 13) || bytes[stop - 1] !== 0x5a) throw new DerError(`${what} is no time in seconds of UTC`);
  const pair = (at: number): number => {
    const tens = (bytes[start + at] as number) - 0x30;
    const ones = (bytes[start + at + 1] as number) - 0x30;
    if (tens < 0 || tens > 9 || ones < 0 || ones > 9) throw new DerError(`${what} is no time: it holds something else than digits`);
    return tens * 10 + ones;
  };
  const short = long ? 0 : pair(0);
  const year = long ? pair(0) * 100 + pair(2) : short + (short < 50 ? 2000 : 1900);
  const at = long ? 4 : 2;
  const [month, day, hour, minute, second] = [pair(at), pair(at + 2), pair(at + 4), pair(at + 6), pair(at + 8)];
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  // Date.UTC takes the years 0 to 99 for 1900 to 1999, and rolls over what does not exist.
  if (year < 100 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59 || new Date(time).getUTCDate() !== day) {
    throw new DerError(`${what} is a moment that does not exist`);
  }
  return time;
}

/** The content of an INTEGER in its one shortest form, so that two numbers are equal exactly when their bytes are. */
export function readInteger(reader: DerReader, what: string): Uint8Array {
  reader.read(TAG.integer, what);
  const { bytes, start, stop } = reader;
  const first = bytes[start] as number;
  const padded = stop - start > 1 && ((first === 0 && (bytes[start + 1] as number) < 0x80) || (first === 0xff && (bytes[start + 1] as number) >= 0x80));
  if (stop === start || padded) throw new DerError(`${what} is no number in its shortest form`);
  return reader.content;
}

/** A BOOLEAN in DER: 0 or 255. */
export function booleanOf(content: Uint8Array, what: string): boolean {
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw new DerError(`${what} is neither true nor false`);
  return content[0] === 0xff;
}

/** An OBJECT IDENTIFIER as `1.3.6.1…`. */
export function readOid(reader: DerReader, what: string): string {
  const { content } = reader.read(TAG.oid, what);
  if (content.length === 0 || content.length > 64 || (content.at(-1) as number) >= 0x80) throw new DerError(`${what} is no object identifier`);
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    if (arc === 0 && byte === 0x80) throw new DerError(`${what} is no object identifier`);
    arc = arc * 128 + (byte & 0x7f);
    if (!Number.isSafeInteger(arc)) throw new DerError(`${what} has an arc that is too large`);
    if (byte >= 0x80) continue;
    arcs.push(arc);
    arc = 0;
  }
  const first = arcs[0] as number;
  const root = Math.min(Math.floor(first / 40), 2);
  return [root, first - root * 40, ...arcs.slice(1)].join('.');
}

/** The bytes of a BIT STRING of whole bytes: a signature, or a public key. */
export function readBits(reader: DerReader, what: string): Uint8Array {
  const { content } = reader.read(TAG.bitString, what);
  if (content[0] !== 0) throw new DerError(`${what} is no string of whole bytes`);
  return content.subarray(1);
}

/** An extension of a certificate, a list or an entry. */
export interface Extension {
  readonly critical: boolean;
  /** What stands in its OCTET STRING. */
  readonly value: Uint8Array;
}

/**
 * Extensions by their identifier, the content of a SEQUENCE OF Extension (RFC 5280 section 4.2). One that stands twice is refused: two
 * readers could take different ones.
 */
export function readExtensions(reader: DerReader, what: string): Map<string, Extension> {
  const found = new Map<string, Extension>();
  while (reader.tag !== -1) {
    const one = reader.enter(TAG.sequence, `an extension of ${what}`);
    const id = readOid(one, `the identifier of an extension of ${what}`);
    const critical = one.optional(TAG.boolean, id) && booleanOf(one.content, `"critical" of extension ${id}`);
    const value = one.read(TAG.octetString, `the value of extension ${id}`).content;
    one.done(`extension ${id}`);
    if (found.has(id)) throw new DerError(`${what} has the extension ${id} twice`);
    found.set(id, { critical, value });
  }
  return found;
}

/** Bytes as lower-case hexadecimal. */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

/** Whether two are the same, byte by byte. Nothing here is secret. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
