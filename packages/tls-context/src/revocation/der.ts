/** Bytes that are no DER, or not of the structure that was expected. */
export class DerError extends Error {
  override readonly name: string = 'DerError';
}

/** Tags of X.690 that certificates, lists and responses are made of. */
export const TAG: {
  readonly boolean: 0x01; readonly integer: 0x02; readonly bitString: 0x03; readonly octetString: 0x04; readonly oid: 0x06;
  readonly enumerated: 0x0a; readonly utcTime: 0x17; readonly generalizedTime: 0x18; readonly sequence: 0x30;
} = {
  boolean: 0x01, integer: 0x02, bitString: 0x03, octetString: 0x04, oid: 0x06,
  enumerated: 0x0a, utcTime: 0x17, generalizedTime: 0x18, sequence: 0x30,
};

/**
 * Walks over the elements of one DER value (X.690), strictly: definite lengths in their shortest form, tags of one byte, nothing beyond
 * the end. Every fault is a {@link DerError}. One reader makes no object for an element, so that lists of a million can be walked.
 */
export class DerReader {
  readonly bytes: Uint8Array;
  /** Where the content of the last element that was read begins. */
  start = 0;
  /** Where it ends. */
  stop = 0;
  #header = 0;
  #at: number;
  readonly #end: number;

  constructor(bytes: Uint8Array, from: number = 0, to: number = bytes.length) {
    this.bytes = bytes;
    this.#at = from;
    this.#end = to;
  }

  /** The tag of the next element, or -1 at the end. */
  get tag(): number {
    return this.#at < this.#end ? (this.bytes[this.#at] as number) : -1;
  }

  /** Where the next element begins. */
  get position(): number {
    return this.#at;
  }

  /** Reads the next element, which must have this tag (any: -1). */
  read(tag: number, what: string): this {
    const { bytes } = this;
    const found = this.tag;
    if (found === -1) throw new DerError(`${what} is missing`);
    if (tag !== -1 && found !== tag) throw new DerError(`${what} has the tag 0x${found.toString(16)}; expected 0x${tag.toString(16)}`);
    if ((found & 0x1f) === 0x1f) throw new DerError(`${what} has a tag of several bytes`);
    let at = this.#at + 1;
    if (at >= this.#end) throw new DerError(`${what} is cut off`);
    let length = bytes[at] as number;
    at += 1;
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count === 0 || count > 4 || at + count > this.#end) throw new DerError(`${what} has no definite length, or is cut off`);
      length = 0;
      for (let index = 0; index < count; index += 1) length = length * 256 + (bytes[at + index] as number);
      if (length < 0x80 || length < 256 ** (count - 1)) throw new DerError(`${what} has a length that is not in its shortest form`);
      at += count;
    }
    if (length > this.#end - at) throw new DerError(`${what} is cut off`);
    this.#header = this.#at;
    this.start = at;
    this.stop = at + length;
    this.#at = this.stop;
    return this;
  }

  /** Reads the next element if it has this tag. */
  optional(tag: number, what: string): boolean {
    if (this.tag !== tag) return false;
    this.read(tag, what);
    return true;
  }

  /** A reader of what stands in the next element. */
  enter(tag: number, what: string): DerReader {
    this.read(tag, what);
    return this.inside();
  }

  /** A reader of what stands in the last element. */
  inside(): DerReader {
    return new DerReader(this.bytes, this.start, this.stop);
  }

  /** The content of the last element. Not a copy. */
  get content(): Uint8Array {
    return this.bytes.subarray(this.start, this.stop);
  }

  /** The last element with its tag and length. Not a copy. */
  get element(): Uint8Array {
    return this.bytes.subarray(this.#header, this.stop);
  }

  /** Nothing may follow. */
  done(what: string): void {
    if (this.#at !== this.#end) throw new DerError(`bytes follow behind ${what}`);
  }
}

/** Deeper than any certificate or response, and far from the end of the stack. */
const MAX_DEPTH = 32;

/** Checks that `bytes` are one strict DER value, down to its leaves, before a parser that is lenient gets to see them. */
export function checkDer(bytes: Uint8Array, what: string): void {
  const outer = new DerReader(bytes);
  outer.read(-1, what);
  outer.done(what);
  if (((bytes[0] as number) & 0x20) !== 0) checkInside(outer.inside(), what, 1);
}

function checkInside(reader: DerReader, what: string, depth: number): void {
  if (depth > MAX_DEPTH) throw new DerError(`${what} is nested more than ${MAX_DEPTH} deep`);
  while (reader.tag !== -1) {
    const constructed = (reader.tag & 0x20) !== 0;
    reader.read(-1, what);
    if (constructed) checkInside(reader.inside(), what, depth + 1);
  }
}
