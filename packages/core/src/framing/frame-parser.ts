import type { ByteQueue } from './byte-queue.ts';

/** Takes one frame after the other from a queue. One parser belongs to one queue, as it may remember how far it has looked. */
export interface FrameParser<T> {
  /** For messages: `a line`. */
  readonly what: string;
  /**
   * The next frame, taken out of the queue; `undefined` when more bytes are needed.
   *
   * @throws `ERR_SOCK_LIMIT`, `ERR_SOCK_MALFORMED`; the queue is then as it was
   */
  take(queue: ByteQueue): T | undefined;
}

/** Something that cuts a stream into frames: `lengthPrefixed(…)`, `delimited(…)`, or one of your own. */
export interface FrameFormat<T> {
  /** A parser for one stream. */
  parser(): FrameParser<T>;
}
