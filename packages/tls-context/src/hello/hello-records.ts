/** No sane ClientHello comes near it; a handshake message could say 16 MiB. */
const MAX_MESSAGE = 65_536;
/** RFC 8446, section 5.1. */
const MAX_RECORD = 16_384;
const RECORD_HEADER = 5;
const MESSAGE_HEADER = 4;
/** How many of the first bytes an error names. */
const SHOWN = 16;

/** Why there is no ClientHello to read (yet). */
export type NoMessage =
  /** It is not all there. */
  | { readonly kind: 'more' }
  /** These bytes begin no TLS handshake: type 22, major version 3, a length of 16 KiB at most. `first` are 16 of them at most, a view. */
  | { readonly kind: 'not-tls'; readonly first: Uint8Array }
  /** It is TLS, but cannot be read. */
  | { readonly kind: 'malformed'; readonly reason: string };

/** How far a look at the records has come. Kept between reads, so that a hello in drips costs no more than one in a piece. */
export interface RecordScan {
  /** Offset of the first record that was not whole. */
  next: number;
  /** Bytes of the message in the records before it. */
  gathered: number;
  /** The first four of them as a number, or as many as came: type and length. */
  header: number;
}

export function newScan(): RecordScan {
  return { next: 0, gathered: 0, header: 0 };
}

/**
 * Takes the ClientHello out of the TLS records that carry it (RFC 8446, section 5.1), its header of four bytes included: a view when
 * one record holds it all.
 *
 * @param bytes - all that came so far, the same bytes and more at each call with the same `scan`
 */
export function findMessage(bytes: Uint8Array, scan: RecordScan): Uint8Array | NoMessage {
  for (;;) {
    const at = scan.next;
    const there = bytes.length - at;
    if ((there > 0 && bytes[at] !== 22) || (there > 1 && bytes[at + 1] !== 3)) return stray(bytes, at);
    if (there < RECORD_HEADER) return MORE;
    const length = u16(bytes, at + 3);
    if (length > MAX_RECORD) return stray(bytes, at);
    // Forbidden, and an endless row of them would never come to a message.
    if (length === 0) return malformed('a record of the handshake is empty');
    const start = at + RECORD_HEADER;
    const end = start + length;
    let { header, gathered } = scan;
    if (gathered === 0 && bytes.length > start && bytes[start] !== 1) return malformed(`the first message of the handshake is of type ${bytes[start]}, no ClientHello`);
    for (let index = start; gathered < MESSAGE_HEADER && index < end && index < bytes.length; index += 1) {
      header = header * 256 + (bytes[index] as number);
      gathered += 1;
    }
    const size = header & 0xff_ffff;
    if (gathered >= MESSAGE_HEADER && size > MAX_MESSAGE) return malformed(`a ClientHello of ${size} bytes; ${MAX_MESSAGE} at most`);
    if (bytes.length < end) return MORE;
    scan.next = end;
    scan.gathered += length;
    scan.header = header;
    if (gathered < MESSAGE_HEADER || scan.gathered < MESSAGE_HEADER + size) continue;
    return at === 0 ? bytes.subarray(start, start + MESSAGE_HEADER + size) : joined(bytes, MESSAGE_HEADER + size);
  }
}

export function malformed(reason: string): { readonly kind: 'malformed'; readonly reason: string } {
  return { kind: 'malformed', reason };
}

/** A number of two bytes. The caller has looked that they are there. */
export function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

const MORE: NoMessage = { kind: 'more' };

/** Bytes where a record of the handshake should begin: at the very start they are another protocol. */
function stray(bytes: Uint8Array, at: number): NoMessage {
  return at === 0 ? { kind: 'not-tls', first: bytes.subarray(0, SHOWN) } : malformed('the ClientHello breaks off: what follows is no record of a handshake');
}

/** The message that several records, all of them whole and looked at, hold together. */
function joined(bytes: Uint8Array, length: number): Uint8Array {
  const message = new Uint8Array(length);
  for (let at = 0, filled = 0; filled < length; ) {
    const start = at + RECORD_HEADER;
    const end = start + u16(bytes, at + 3);
    message.set(bytes.subarray(start, Math.min(end, start + length - filled)), filled);
    filled += end - start;
    at = end;
  }
  return message;
}
