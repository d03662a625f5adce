import type { Endpoint } from '../endpoint.ts';

/** Chunks below this size are joined: a chunk of one byte costs some two hundred. */
const CRUMB_BYTES = 256;
/** The first block that crumbs are joined in; each further one is twice as large, up to the largest. */
const FIRST_BLOCK_BYTES = 512;
const LARGEST_BLOCK_BYTES = 8 * 1024;
/** Answers up to this size that are put together from several chunks share a block: memory of their own would cost more than the copy. */
const SMALL_ANSWER_BYTES = 1024;

/**
 * Received bytes in order, for those who parse them. What lies within one chunk is answered as a view of it, not copied. Crumbs are
 * joined in larger blocks, so that memory and work stay in proportion to the bytes, however they were cut.
 */
export class ByteQueue {
  /** Where the bytes come from, for messages. */
  readonly endpoint: Endpoint | undefined;
  /** For those who search: the chunks; they begin at `head`, and in that one at `offset`. The last one may still grow. */
  chunks: Uint8Array[] = [];
  head = 0;
  offset = 0;
  /** Bytes that wait. */
  length = 0;
  /** Another number after every change at the front; bytes that come at the back leave it. */
  version = 0;
  readonly #clear: boolean;
  /** Memory for crumbs and small answers. No part of it is given out twice. */
  #block: Uint8Array | undefined;
  #blockUsed = 0;
  #blockBytes = FIRST_BLOCK_BYTES;
  /** Where in the block the last chunk begins, which then ends where the unused part begins and may grow; else -1. */
  #growing = -1;

  /** @param clear - overwrites with zeros what has left, and answers with copies, as nothing could be overwritten below a view */
  constructor(endpoint: Endpoint | undefined, clear = false) {
    this.endpoint = endpoint;
    this.#clear = clear;
  }

  /** Takes `chunk` over: nobody may change it afterwards. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    if (chunk.length < CRUMB_BYTES && this.length > 0) {
      this.#join(chunk);
    } else {
      this.chunks.push(plain(chunk));
      this.#growing = -1;
    }
    this.length += chunk.length;
  }

  /** Puts `chunk` in front of all others, and takes it over. */
  unshift(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    if (this.length === 0) return this.push(chunk);
    this.version += 1;
    this.length += chunk.length;
    const first = this.chunks[this.head] as Uint8Array;
    // What was just taken and comes back is still there.
    if (chunk.buffer === first.buffer && chunk.length <= this.offset && chunk.byteOffset + chunk.length === first.byteOffset + this.offset) {
      this.offset -= chunk.length;
      return;
    }
    this.chunks[this.head] = first.subarray(this.offset);
    this.offset = 0;
    // A crumb that is joined to it later would bring back what was taken.
    if (this.head === this.chunks.length - 1) this.#growing = -1;
    // Room for as many again, or each of many would move all the others.
    if (this.head === 0) {
      this.head = Math.max(8, this.chunks.length);
      this.chunks = Array.from({ length: this.head }, () => GONE).concat(this.chunks);
    }
    this.head -= 1;
    this.chunks[this.head] = plain(chunk);
  }

  /** Removes the next `count` bytes, of those that there are, and answers with them. */
  take(count: number): Uint8Array {
    const bytes = this.peek(count);
    this.skip(count);
    return bytes;
  }

  /** The next `count` bytes, of those that there are, which stay. */
  peek(count: number): Uint8Array {
    const first = this.chunks[this.head];
    if (first !== undefined && !this.#clear && this.offset + count <= first.length) {
      return new Uint8Array(first.buffer, first.byteOffset + this.offset, count);
    }
    const bytes = this.#clear || count > SMALL_ANSWER_BYTES ? new Uint8Array(count) : this.#carve(count);
    this.copyTo(bytes, count);
    return bytes;
  }

  /** Copies the next `count` bytes, of those that there are, which stay, to the front of `target`. */
  copyTo(target: Uint8Array, count: number): void {
    let { head, offset } = this;
    for (let filled = 0; filled < count; head += 1, offset = 0) {
      const chunk = this.chunks[head] as Uint8Array;
      const part = Math.min(chunk.length - offset, count - filled);
      // A view for each number would cost more than the number.
      if (part <= 8) for (let index = 0; index < part; index += 1) target[filled + index] = chunk[offset + index] as number;
      else target.set(chunk.subarray(offset, offset + part), filled);
      filled += part;
    }
  }

  /** Removes the next `count` bytes, of those that there are. */
  skip(count: number): void {
    if (count === 0) return;
    this.version += 1;
    this.length -= count;
    // Within the first chunk, as nearly every skip is.
    if (!this.#clear && this.offset + count < (this.chunks[this.head] as Uint8Array).length) {
      this.offset += count;
      return;
    }
    for (let rest = count; ; ) {
      const chunk = this.chunks[this.head] as Uint8Array;
      const end = Math.min(chunk.length, this.offset + rest);
      if (this.#clear) chunk.fill(0, this.offset, end);
      rest -= end - this.offset;
      this.offset = end;
      if (end === chunk.length) this.#dropFirst();
      if (rest === 0) return;
    }
  }

  /** Empties it and answers with what was inside, in order. */
  drain(): Uint8Array[] {
    const rest = this.chunks.slice(this.head);
    if (this.offset > 0 && rest[0] !== undefined) rest[0] = rest[0].subarray(this.offset);
    this.version += 1;
    this.length = 0;
    this.#empty();
    return rest;
  }

  #join(crumb: Uint8Array): void {
    if (this.#growing === -1 || this.#blockUsed + crumb.length > (this.#block as Uint8Array).length) {
      this.#makeRoom(crumb.length);
      this.#growing = this.#blockUsed;
      this.chunks.push(GONE);
    }
    const block = this.#block as Uint8Array;
    block.set(crumb, this.#blockUsed);
    this.#blockUsed += crumb.length;
    this.chunks[this.chunks.length - 1] = new Uint8Array(block.buffer, this.#growing, this.#blockUsed - this.#growing);
    if (this.#clear) crumb.fill(0);
  }

  #carve(count: number): Uint8Array {
    this.#makeRoom(count);
    const bytes = new Uint8Array((this.#block as Uint8Array).buffer, this.#blockUsed, count);
    this.#blockUsed += count;
    this.#growing = -1;
    return bytes;
  }

  #makeRoom(count: number): void {
    if (this.#block !== undefined && this.#blockUsed + count <= this.#block.length) return;
    this.#block = new Uint8Array(Math.max(count, this.#blockBytes));
    this.#blockBytes = Math.min(LARGEST_BLOCK_BYTES, this.#blockBytes * 2);
    this.#blockUsed = 0;
    this.#growing = -1;
  }

  #dropFirst(): void {
    this.chunks[this.head] = GONE;
    this.head += 1;
    this.offset = 0;
    if (this.head === this.chunks.length) return this.#empty();
    if (this.head < 512 || this.head * 2 < this.chunks.length) return;
    this.chunks.splice(0, this.head);
    this.head = 0;
  }

  #empty(): void {
    this.chunks.length = 0;
    this.head = 0;
    this.offset = 0;
    this.#growing = -1;
  }
}

/** In place of a chunk that left: keeps no memory alive, and the array of one kind. */
const GONE: Uint8Array = /*#__PURE__*/ new Uint8Array(0);

/** The same memory without what a runtime's own kind of it adds: a `Buffer` has another `slice`, and is slower to search. */
function plain(chunk: Uint8Array): Uint8Array {
  return chunk.constructor === Uint8Array ? chunk : new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
}
