/** The first slab of a socket; it doubles while one turn needs more, so that an idle socket never holds much. */
const SMALLEST = 1024;
const LARGEST = 64 * 1024;

/**
 * Collects small sends side by side, so that many of them leave as one chunk. A byte that was sealed is never written again
 * before {@link rewind}, which the owner calls when everything sealed has left.
 */
export class Slab {
  #buffer: Uint8Array | undefined;
  #size = SMALLEST;
  #start = 0;
  #end = 0;

  /** Copies all of `bytes` (from `offset`, `length` bytes); regions that fill up are handed to `sealed`. */
  copy(bytes: Uint8Array, offset: number, length: number, sealed: Uint8Array[]): void {
    while (length > 0) {
      if (this.#buffer === undefined || this.#end === this.#buffer.length) this.#renew(sealed);
      const buffer = this.#buffer as Uint8Array;
      const count = Math.min(length, buffer.length - this.#end);
      buffer.set(count === bytes.length ? bytes : bytes.subarray(offset, offset + count), this.#end);
      this.#end += count;
      offset += count;
      length -= count;
    }
  }

  /** Ends the open region and hands it over, if there is any. */
  seal(sealed: Uint8Array[]): void {
    if (this.#end === this.#start) return;
    // Not subarray(), which asks for the species of the array first.
    sealed.push(new Uint8Array((this.#buffer as Uint8Array).buffer, this.#start, this.#end - this.#start));
    this.#start = this.#end;
  }

  /** Everything sealed has left: starts over, and lets go of the buffer. Does nothing while a region is open. */
  rewind(): void {
    if (this.#end !== this.#start) return;
    this.#buffer = undefined;
    // Half as large next time: a burst grows it again within a few turns, a quiet socket goes back to the smallest.
    if (this.#size > SMALLEST) this.#size >>= 1;
    this.#start = this.#end = 0;
  }

  #renew(sealed: Uint8Array[]): void {
    this.seal(sealed);
    if (this.#buffer !== undefined && this.#size < LARGEST) this.#size *= 2;
    this.#buffer = new Uint8Array(this.#size);
    this.#start = this.#end = 0;
  }
}
