import { noBytes } from '../bytes-refusal.ts';
import { ByteQueue } from './byte-queue.ts';
import type { FrameParser } from './frame-parser.ts';
import { argumentError, endedEarly } from './framing-errors.ts';

/**
 * Cuts bytes into frames as they come, without a socket: for programs that have their own loop. Frames are views of the chunks where
 * one chunk has all of them; who pushes a chunk gives it away.
 *
 * A fault of the peer is thrown once all frames before it were handed out: at once when there are none, else by the next call. After it,
 * every call throws it again.
 */
export class FrameDecoder<T> {
  readonly #parser: FrameParser<T>;
  readonly #queue = new ByteQueue(undefined);
  #failure: Error | undefined;

  constructor(parser: FrameParser<T>) {
    this.#parser = parser;
  }

  /** The fault of the peer, as soon as it was found: no frame comes after those that were handed out. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Bytes that belong to no frame yet. */
  get buffered(): number {
    return this.#queue.length;
  }

  /**
   * Takes the next bytes and answers with the frames that are complete now, in order; often none.
   *
   * @throws `ERR_SOCK_LIMIT`, `ERR_SOCK_MALFORMED`; `ERR_SOCK_ARGUMENT` for what is no bytes
   */
  push(chunk: Uint8Array): T[] {
    if (this.#failure !== undefined) throw this.#failure;
    const found = noBytes(chunk);
    if (found !== undefined) throw argumentError('recv', `push got ${found} instead of bytes: give a Uint8Array`);
    this.#queue.push(chunk);
    const frames: T[] = [];
    try {
      for (let frame = this.#parser.take(this.#queue); frame !== undefined; frame = this.#parser.take(this.#queue)) frames.push(frame);
    } catch (error) {
      this.#failure = error as Error;
      if (frames.length === 0) throw error;
    }
    return frames;
  }

  /**
   * The stream has ended.
   *
   * @throws `ERR_SOCK_UNEXPECTED_END` when that was in the middle of a frame; the fault that {@link push} has still to tell
   */
  end(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#queue.length > 0) throw endedEarly(this.#queue, `the end of ${this.#parser.what}`);
  }

  /** Empties it and answers with the bytes that belong to no frame yet: for a change of protocol. */
  drain(): Uint8Array[] {
    return this.#queue.drain();
  }
}
