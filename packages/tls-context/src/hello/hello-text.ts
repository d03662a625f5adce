import { isIPv4 } from 'node:net';
import { u16 } from './hello-records.ts';

// The two extensions of a ClientHello that carry text.

/** Longest name that DNS carries, and its closing dot. */
const MAX_NAME = 254;
const MAX_LABEL = 63;

/**
 * The first host name of a `server_name` extension (RFC 6066, section 3) in lower case; `''` for an address or what is no name, `undefined`
 * when the lengths contradict each other.
 */
export function readHostName(message: Uint8Array, start: number, end: number): string | undefined {
  if (start + 2 > end || start + 2 + u16(message, start) !== end) return undefined;
  let name: string | undefined;
  for (let at = start + 2; at < end; ) {
    const from = at + 3;
    const to = from > end ? Infinity : from + u16(message, at + 1);
    if (to > end) return undefined;
    // Of each type there is one at most; of types but 0 there is none yet.
    if (message[at] === 0) name ??= hostName(message, from, to);
    at = to;
  }
  return name ?? '';
}

/** A list of names, each behind a length of one byte, behind a length of two (RFC 7301); `undefined` when it cannot be read. */
export function readNames(message: Uint8Array, start: number, end: number): string[] | undefined {
  if (start + 2 > end || start + 2 + u16(message, start) !== end) return undefined;
  const names: string[] = [];
  for (let at = start + 2; at < end; ) {
    const from = at + 1;
    const to = from + (message[at] as number);
    if (to === from || to > end) return undefined;
    names.push(text(message, from, to));
    at = to;
  }
  return names;
}

/** Letters, digits, `-` and `_` in labels of 1 to 63; else `''`. International names come in their ASCII form. */
function hostName(message: Uint8Array, from: number, to: number): string {
  if (to === from || to - from > MAX_NAME) return '';
  let name = '';
  let label = 0;
  for (let at = from; at < to; at += 1) {
    const code = message[at] as number;
    if (code === DOT) {
      if (label === 0) return '';
      label = 0;
    } else {
      label += 1;
      if (label > MAX_LABEL || !isNameCode(code)) return '';
    }
    name += String.fromCharCode(code >= 65 && code <= 90 ? code | 32 : code);
  }
  const last = message[to - 1] as number;
  // No other name ends with a digit and is made of digits and dots.
  return isDigit(last) && isIPv4(name) ? '' : name;
}

const DOT = 46;

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isNameCode(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || isDigit(code) || code === 45 || code === 95;
}

/** Nearly all names are short ASCII, for which a call into the runtime costs more than a loop. */
function text(bytes: Uint8Array, from: number, to: number): string {
  let ascii = '';
  for (let at = from; at < to; at += 1) {
    const code = bytes[at] as number;
    if (code > 127) return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString();
    ascii += String.fromCharCode(code);
  }
  return ascii;
}
