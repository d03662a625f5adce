import { elementAt, SEQUENCE } from '../material/der-element.ts';

/**
 * A session of `node:tls` (OpenSSL's `SSL_SESSION`, a DER sequence) without the peer's certificate, which takes OpenSSL the longest of all to read, each time
 * that the session is offered. What the peer was found to be is kept beside the session, as the chain of a `ClientSession`.
 *
 * @returns the same bytes when they are not what is expected, or hold no certificate
 */
export function withoutPeer(session: Uint8Array): Uint8Array {
  const place = placeOfPeer(session);
  return place === undefined ? session : sequence(session.subarray(place.fields, place.start), session.subarray(place.end));
}

/** The peer's certificate (DER) in a session of `node:tls`, a view; `undefined` when there is none, or when the bytes are not what is expected. */
export function peerOf(session: Uint8Array): Uint8Array | undefined {
  const place = placeOfPeer(session);
  return place && session.subarray(place.certificate, place.end);
}

/** Offsets of the first field of a session, of the field with the peer's certificate, of that itself, and of what follows. */
interface PlaceOfPeer {
  readonly fields: number;
  readonly start: number;
  readonly certificate: number;
  readonly end: number;
}

function placeOfPeer(session: Uint8Array): PlaceOfPeer | undefined {
  const whole = elementAt(session, 0);
  if (whole === undefined || session[0] !== SEQUENCE || whole.end !== session.length) return undefined;
  for (let at = whole.start; at < whole.end; ) {
    const element = elementAt(session, at);
    if (element === undefined) return undefined;
    if (session[at] === PEER) return { fields: whole.start, start: at, certificate: element.start, end: element.end };
    at = element.end;
  }
  return undefined;
}

/** `[3] EXPLICIT`, of the fields of OpenSSL's `ssl_asn1.c`. */
const PEER = 0xa3;

function sequence(before: Uint8Array, after: Uint8Array): Uint8Array {
  const length = before.length + after.length;
  const header = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : length < 0x1_0000 ? [0x82, length >> 8, length & 0xff] : [0x83, length >> 16, (length >> 8) & 0xff, length & 0xff];
  const bytes = new Uint8Array(1 + header.length + length);
  bytes[0] = SEQUENCE;
  bytes.set(header, 1);
  bytes.set(before, 1 + header.length);
  bytes.set(after, 1 + header.length + before.length);
  return bytes;
}
