import { Fifo } from './fifo.ts';

/** What a chunk costs beside its bytes, about: objects, and memory that the runtime gives in larger pieces. */
const CHUNK_COST = 512;

/** A bounded queue of received chunks, for those who implement a transport. Chunks are kept as they came, never copied. */
export class ReceiveQueue {
  readonly #limit: number;
  readonly #chunks = new Fifo<Uint8Array>();
  #bytes = 0;

  /** @param limit - bytes at which {@link full} turns true; a peer that sends crumbs reaches it earlier, as each chunk costs memory too */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** No more should be read from the source. */
  get full(): boolean {
    return this.#bytes + this.#chunks.length * CHUNK_COST >= this.#limit;
  }

  /** There is room worth starting the source again for. */
  get low(): boolean {
    return (this.#bytes + this.#chunks.length * CHUNK_COST) * 2 <= this.#limit;
  }

  /** Adds bytes behind all others; an empty chunk is dropped. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  /** Takes out the oldest chunk; `null` when none waits. */
  shift(): Uint8Array | null {
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return null;
    this.#bytes -= chunk.length;
    return chunk;
  }

  /** Empties it and returns what was inside, in order. */
  drain(): Uint8Array[] {
    this.#bytes = 0;
    return this.#chunks.drain();
  }
}
