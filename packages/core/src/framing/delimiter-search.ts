import type { ByteQueue } from './byte-queue.ts';

/**
 * Looks for a delimiter of any length at the front of a queue, across the borders of chunks (Knuth, Morris and Pratt). It goes on where
 * it stopped when more bytes have come, and never looks at a byte twice: the work stays in proportion to the bytes, whatever they are.
 */
export class DelimiterSearch {
  readonly delimiter: Uint8Array;
  /** By the number of bytes that matched: how many of them match still after the next byte did not. */
  readonly #fallback: Int32Array;
  #queue: ByteQueue | undefined;
  #version = -1;
  #chunk = 0;
  #at = 0;
  #scanned = 0;
  #matched = 0;

  /** @param delimiter - one byte or more; nobody may change it afterwards */
  constructor(delimiter: Uint8Array) {
    this.delimiter = delimiter;
    this.#fallback = fallbackTable(delimiter);
  }

  /** How many bytes stand before the first delimiter; -1 when there is none yet. */
  find(queue: ByteQueue): number {
    if (queue !== this.#queue || queue.version !== this.#version) this.#restart(queue);
    const { delimiter } = this;
    for (;;) {
      const chunk = queue.chunks[this.#chunk];
      if (chunk !== undefined && this.#scan(chunk, delimiter)) {
        this.#version = -1;
        return this.#scanned - delimiter.length;
      }
      // The last chunk may still grow.
      if (this.#chunk >= queue.chunks.length - 1) return -1;
      this.#chunk += 1;
      this.#at = 0;
    }
  }

  /** After {@link find} found none: so many bytes stand before it for certain, wherever it comes. */
  get ruledOut(): number {
    return this.#scanned - this.#matched;
  }

  #restart(queue: ByteQueue): void {
    this.#queue = queue;
    this.#version = queue.version;
    this.#chunk = queue.head;
    this.#at = queue.offset;
    this.#scanned = 0;
    this.#matched = 0;
  }

  #scan(chunk: Uint8Array, delimiter: Uint8Array): boolean {
    const { length } = delimiter;
    let at = this.#at;
    let matched = this.#matched;
    while (at < chunk.length && matched < length) {
      if (matched === 0) {
        const hit = chunk.indexOf(delimiter[0] as number, at);
        at = hit === -1 ? chunk.length : hit + 1;
        if (hit !== -1) matched = 1;
        continue;
      }
      const byte = chunk[at];
      while (matched > 0 && delimiter[matched] !== byte) matched = this.#fallback[matched - 1] as number;
      if (delimiter[matched] === byte) matched += 1;
      at += 1;
    }
    this.#scanned += at - this.#at;
    this.#at = at;
    this.#matched = matched;
    return matched === length;
  }
}

function fallbackTable(delimiter: Uint8Array): Int32Array {
  const table = new Int32Array(delimiter.length);
  let matched = 0;
  for (let index = 1; index < delimiter.length; index += 1) {
    while (matched > 0 && delimiter[index] !== delimiter[matched]) matched = table[matched - 1] as number;
    if (delimiter[index] === delimiter[matched]) matched += 1;
    table[index] = matched;
  }
  return table;
}
