/** Where the content of an element of DER (X.690) begins and ends. */
export interface DerElement {
  readonly start: number;
  readonly end: number;
}

/** The element with a tag of one byte that stands at `at`; `undefined` when it is cut off, or of no definite length. Entries of their own read whole structures by `DerReader`. */
export function elementAt(bytes: Uint8Array, at: number): DerElement | undefined {
  const first = bytes[at + 1];
  if (first === undefined || (((bytes[at] as number) & 0x1f) === 0x1f)) return undefined;
  const count = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || count > 3) return undefined;
  let length = count === 0 ? first : 0;
  for (let index = 0; index < count; index += 1) length = length * 256 + (bytes[at + 2 + index] ?? 0);
  const start = at + 2 + count;
  return start + length > bytes.length ? undefined : { start, end: start + length };
}

export const SEQUENCE = 0x30;
