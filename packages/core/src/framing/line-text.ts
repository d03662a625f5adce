/**
 * How a line is answered: text that is strictly UTF-8 (`ERR_SOCK_MALFORMED` otherwise), text with one character for each byte
 * (ISO 8859-1, which has no wrong bytes), or the bytes themselves.
 */
export type LineEncoding = 'utf-8' | 'latin1' | 'bytes';

/** What a {@link LineEncoding} answers. */
export type LineOf<E extends LineEncoding> = E extends 'bytes' ? Uint8Array : string;

/** The runtime's own; as a type it goes by another name in each of them. */
export type Utf8Decoder = InstanceType<typeof TextDecoder>;

/** UTF-8 as it is: nothing is replaced, and a byte order mark is a character like others. */
export function strictUtf8(): Utf8Decoder {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
}

/** One character for each byte. The `latin1` of `TextDecoder` would be another one, windows-1252. */
export function latin1(bytes: Uint8Array): string {
  let text = '';
  // Arguments of a call are limited in number.
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}
