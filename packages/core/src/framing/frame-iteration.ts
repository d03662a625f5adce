import { parseDuration } from '@sock/config';
import type { Cancel } from '../connector.ts';
import { unhurried } from '../deadline.ts';
import type { Socket } from '../socket.ts';
import type { FrameFormat, FrameParser } from './frame-parser.ts';
import type { Reader } from './reader.ts';
import { isReader, reader } from './reader.ts';

/**
 * The frames of a socket or of a reader until a clean end. A socket is taken over at the first frame and released when the loop is left, by
 * the end, by a `break` or by an error; a reader stays the caller's. No byte behind the last frame is lost.
 */
export function framesOf<T>(source: Socket | Reader, makeParser: () => FrameParser<T>, cancel: Cancel): AsyncIterable<T> {
  // Checked now, and a number is waited for with less ado.
  const timeout = cancel.timeout === undefined ? undefined : parseDuration(cancel.timeout);
  const { signal } = cancel;
  const each = signal === undefined && timeout === undefined ? undefined : { signal, timeout };
  return { [Symbol.asyncIterator]: () => new FrameIterator(source, makeParser(), each) };
}

class FrameIterator<T> implements AsyncIterator<T, undefined> {
  readonly #source: Socket | Reader;
  readonly #format: FrameFormat<T>;
  readonly #cancel: Cancel | undefined;
  #reader: Reader | undefined;
  /** A frame that is waited for. */
  #waiting: Promise<IteratorResult<T, undefined>> | undefined;
  #over = false;

  constructor(source: Socket | Reader, parser: FrameParser<T>, cancel: Cancel | undefined) {
    this.#source = source;
    this.#format = { parser: () => parser };
    this.#cancel = cancel;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#over) return Promise.resolve({ done: true, value: undefined });
    // Refused, as one call at a time may wait; the one that does goes on.
    if (this.#waiting !== undefined) return this.#wait(this.#reader as Reader);
    try {
      this.#reader ??= isReader(this.#source) ? this.#source : reader(this.#source);
      // Nearly every frame is here already: a promise and no more.
      const frame = unhurried(this.#cancel) ? this.#reader.tryFrame(this.#format) : undefined;
      if (frame === undefined) return this.#begin(this.#reader);
      return Promise.resolve(frame === null ? this.#finish() : { done: false, value: frame });
    } catch (error) {
      this.#finish();
      // oxlint-disable-next-line prefer-promise-reject-errors -- passes on what was thrown
      return Promise.reject(error);
    }
  }

  /** Behind a frame that is waited for, as in an async generator: that one is not taken away from who waits. */
  async return(): Promise<IteratorResult<T, undefined>> {
    try {
      await this.#waiting;
    } catch {
      // Told to the one who waits for it.
    }
    return this.#finish();
  }

  #begin(from: Reader): Promise<IteratorResult<T, undefined>> {
    const waiting = this.#wait(from).catch((error: unknown) => {
      this.#finish();
      throw error;
    });
    this.#waiting = waiting;
    return waiting.finally(() => {
      this.#waiting = undefined;
    });
  }

  async #wait(from: Reader): Promise<IteratorResult<T, undefined>> {
    const frame = await from.frame(this.#format, this.#cancel);
    return frame === null ? this.#finish() : { done: false, value: frame };
  }

  #finish(): { done: true; value: undefined } {
    if (!this.#over) {
      this.#over = true;
      if (this.#reader !== this.#source) this.#reader?.release();
    }
    return { done: true, value: undefined };
  }
}
