import { randomBytes } from 'node:crypto';
import { DerError, DerReader, TAG } from './der.ts';
import { readExtensions, readInteger, readTime } from './der-values.ts';
import { REMOVE_FROM_CRL } from './revocation-reason.ts';

/** What a list says about one certificate. */
export interface Revocation {
  /** When it was revoked, in milliseconds of the epoch. */
  readonly at: number;
  /** A number of RFC 5280 section 5.3.1, when there is one. */
  readonly reason: number | undefined;
}

/** The entries of a list, by serial number. */
export interface CrlEntries {
  readonly count: number;
  /** What is said about the certificate with this serial number (content of its INTEGER); entries that take one off the list do not count. */
  find(serial: Uint8Array): Revocation | undefined;
}

/**
 * Indexes revokedCertificates (RFC 5280 section 5.1.2.6) where they lie: four to twelve bytes for each entry beside the list itself, because a
 * Map of a million serial numbers weighs more than the list.
 *
 * @param reader - of the content of revokedCertificates
 * @throws a `DerError`: malformed, or an entry with a critical extension that is not known (section 5.3)
 */
export function indexEntries(reader: DerReader): CrlEntries {
  const from = reader.position;
  let count = 0;
  for (; reader.tag !== -1; count += 1) reader.read(TAG.sequence, 'an entry');
  const table = new SerialTable(reader.bytes, count);
  const entries = new DerReader(reader.bytes, from, reader.position);
  for (let index = 1; index <= count; index += 1) {
    const place = entries.position;
    table.add(place, readEntry(entries, index));
  }
  return { count, find: (serial) => table.find(serial) };
}

/** Reads one entry and answers with what it says. */
function readEntry(reader: DerReader, index: number): Revocation {
  const what = `entry ${index}`;
  const entry = reader.enter(TAG.sequence, what);
  readInteger(entry, `the serial number of ${what}`);
  const at = readTime(entry, `the date of ${what}`);
  if (entry.tag === -1) return { at, reason: undefined };
  const extensions = entry.read(TAG.sequence, `the extensions of ${what}`);
  const reason = plainReason(extensions) ?? reasonOf(extensions, what);
  entry.done(what);
  return { at, reason };
}

/** An extension of a reason up to its last byte, as nearly every entry has it and nothing else. */
const PLAIN_REASON: readonly number[] = [0x30, 0x0a, 0x06, 0x03, 0x55, 0x1d, 0x15, 0x04, 0x03, 0x0a, 0x01];

/** The reason of an entry that has no other extension, by comparison alone: a list of a million is read in half the time. */
function plainReason({ bytes, start, stop }: DerReader): number | undefined {
  if (stop - start !== PLAIN_REASON.length + 1) return undefined;
  return PLAIN_REASON.every((byte, index) => bytes[start + index] === byte) ? bytes[stop - 1] : undefined;
}

function reasonOf(reader: DerReader, what: string): number | undefined {
  const extensions = readExtensions(reader.inside(), what);
  for (const [id, { critical }] of extensions) {
    if (id === '2.5.29.29') throw new DerError(`${what} is of another issuer (certificateIssuer): indirect lists are not supported`);
    if (critical && id !== '2.5.29.21' && id !== '2.5.29.24') throw new DerError(`${what} has a critical extension that is not known (${id})`);
  }
  const extension = extensions.get('2.5.29.21');
  if (extension === undefined) return undefined;
  const value = new DerReader(extension.value);
  const { content } = value.read(TAG.enumerated, `the reason of ${what}`);
  value.done(`the reason of ${what}`);
  if (content.length !== 1) throw new DerError(`the reason of ${what} is none`);
  return content[0];
}

/** An open hash table of places in the list. */
class SerialTable {
  readonly #bytes: Uint8Array;
  /** Place of the entry + 1; 0 is free. */
  readonly #slots: Uint32Array;
  readonly #mask: number;
  /** Who makes a list cannot know which serial numbers collide. */
  readonly #seed: number = randomBytes(4).readUInt32LE();

  constructor(bytes: Uint8Array, count: number) {
    let size = 8;
    while (size < count * 1.5) size *= 2;
    this.#bytes = bytes;
    this.#slots = new Uint32Array(size);
    this.#mask = size - 1;
  }

  add(place: number, { reason }: Revocation): void {
    const entry = new DerReader(this.#bytes, place).enter(TAG.sequence, 'an entry');
    entry.read(TAG.integer, 'a serial number');
    const slot = this.#slotOf(this.#bytes, entry.start, entry.stop);
    // A serial number that stands twice takes one slot, and what speaks against the certificate wins.
    if (this.#slots[slot] === 0 || reason !== REMOVE_FROM_CRL) this.#slots[slot] = place + 1;
  }

  find(serial: Uint8Array): Revocation | undefined {
    const place = this.#slots[this.#slotOf(serial, 0, serial.length)] as number;
    if (place === 0) return undefined;
    const found = readEntry(new DerReader(this.#bytes, place - 1), 0);
    return found.reason === REMOVE_FROM_CRL ? undefined : found;
  }

  /** The slot of this serial number, or the free one where it belongs. */
  #slotOf(bytes: Uint8Array, start: number, stop: number): number {
    // FNV-1a with a seed, and a last stir, because serial numbers often differ in their last bits alone.
    let hash = this.#seed;
    for (let at = start; at < stop; at += 1) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    for (let slot = (hash ^ (hash >>> 13)) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const place = this.#slots[slot] as number;
      if (place === 0 || this.#isAt(place - 1, bytes, start, stop)) return slot;
    }
  }

  #isAt(place: number, bytes: Uint8Array, start: number, stop: number): boolean {
    const entry = new DerReader(this.#bytes, place).enter(TAG.sequence, 'an entry');
    entry.read(TAG.integer, 'a serial number');
    if (entry.stop - entry.start !== stop - start) return false;
    for (let at = 0; at < stop - start; at += 1) {
      if (this.#bytes[entry.start + at] !== bytes[start + at]) return false;
    }
    return true;
  }
}
