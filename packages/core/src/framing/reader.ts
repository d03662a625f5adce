import { wrongOption } from '@sock/config';
import { noBytes } from '../bytes-refusal.ts';
import type { Cancel } from '../connector.ts';
import { at } from '../endpoint-text.ts';
import type { Endpoint } from '../endpoint.ts';
import type { Socket } from '../socket.ts';
import { DelimiterSearch } from './delimiter-search.ts';
import { isBytes, toDelimiter } from './delimiter.ts';
import type { FrameFormat, FrameParser } from './frame-parser.ts';
import { argumentError, endedEarly, overLimit } from './framing-errors.ts';
import type { LimitOptions, ReaderOptions } from './framing-limits.ts';
import { limitOf, readerSection } from './framing-limits.ts';
import { Intake } from './intake.ts';
import { LineParser } from './line-parser.ts';
import { NumberReader } from './number-reader.ts';

/**
 * Takes over the receiving of `socket`, to read it in pieces that a protocol knows: so many bytes, a line, a number. One reader for each
 * socket; every other receive, and an upgrade, is refused with `ERR_SOCK_BUSY` until {@link Reader.release}. Sending is not touched.
 *
 * @throws `ERR_SOCK_BUSY` while another receive waits or another reader is at work, `ERR_SOCK_CLOSED`, `ERR_SOCK_DETACHED`,
 * `ERR_SOCK_ARGUMENT` for what is no socket, `ERR_SOCK_CONFIG` for an option that is wrong
 * @example
 * const from = reader(socket, { limit: '16KiB' });
 * const length = await from.uint32();
 * const body = await from.exactly(length, { timeout: '5s' });
 */
export function reader(socket: Socket, options?: ReaderOptions): Reader {
  const settings = readerSection.resolve(options, 'reader()');
  return new Reader(new Intake(socket, settings.secureClear), settings);
}

/** Whether it is one of ours; by its shape, so that two installed copies agree. */
export function isReader(source: Socket | Reader): source is Reader {
  return typeof source === 'object' && (source as unknown) !== null && 'tryExactly' in source;
}

/**
 * Reads a socket in pieces, see {@link reader}. One call at a time. Bytes are answered as views of what came, without a copy, where one chunk
 * has all of them; they are the caller's.
 *
 * **No call that fails takes a byte**: after a limit, an end in the middle, a time-out or a signal, everything that came can still be read, and
 * `error.bytesMoved` says how many bytes that is. The calls that begin with `try` never wait and answer `undefined` when they would have to.
 *
 * All waiting calls throw `ERR_SOCK_UNEXPECTED_END` when the stream ends before they have all (also cleanly: ask {@link atEnd} first where it may),
 * `ERR_SOCK_TIMEOUT`, `ERR_SOCK_ABORTED`, `ERR_SOCK_BUSY`, and what `Socket.recv` throws.
 */
export class Reader extends NumberReader {
  #search: { readonly given: Uint8Array | string; readonly search: DelimiterSearch } | undefined;
  #lines: { readonly limit: number; readonly parser: LineParser } | undefined;
  #frames: { readonly format: FrameFormat<unknown>; readonly parser: FrameParser<unknown> } | undefined;

  /** Bytes that the reader holds: they came, and nobody has read them. */
  get buffered(): number {
    return this.intake.queue.length;
  }

  /** The peer's address, as far as it is known. */
  get remote(): Endpoint | undefined {
    return this.intake.queue.endpoint;
  }

  /**
   * Exactly `length` bytes.
   *
   * @throws `ERR_SOCK_LIMIT` when that is more than `limit`, before it waits
   */
  exactly(length: number, options?: LimitOptions): Promise<Uint8Array> {
    return this.waiting('exactly', options, LIMITED, () => this.#whole('exactly', length, options, true));
  }

  /** {@link exactly}, if it has come. */
  tryExactly(length: number, options?: LimitOptions): Uint8Array | undefined {
    return this.trying('tryExactly', options, LIMITED, () => this.#whole('tryExactly', length, options, true));
  }

  /** The next `length` bytes, which stay and are read again. They are not to be changed. @throws as {@link exactly} */
  peek(length: number, options?: LimitOptions): Promise<Uint8Array> {
    return this.waiting('peek', options, LIMITED, () => this.#whole('peek', length, options, false));
  }

  /** {@link peek}, if it has come. */
  tryPeek(length: number, options?: LimitOptions): Uint8Array | undefined {
    return this.trying('tryPeek', options, LIMITED, () => this.#whole('tryPeek', length, options, false));
  }

  /**
   * The bytes before `delimiter` (text stands for its UTF-8), which is read too and not answered.
   *
   * @throws `ERR_SOCK_LIMIT` as soon as more than `limit` bytes stand before it for certain
   */
  until(delimiter: Uint8Array | string, options?: LimitOptions): Promise<Uint8Array> {
    return this.waiting('until', options, LIMITED, () => this.#until('until', delimiter, options));
  }

  /** {@link until}, if it has come. */
  tryUntil(delimiter: Uint8Array | string, options?: LimitOptions): Uint8Array | undefined {
    return this.trying('tryUntil', options, LIMITED, () => this.#until('tryUntil', delimiter, options));
  }

  /**
   * The next line as text, without its end, which is LF or CRLF; `limit` counts its bytes without the end. For lines that are no UTF-8 there is
   * `until('\n')`, and for many lines `lines(reader)`.
   *
   * @throws `ERR_SOCK_LIMIT`; `ERR_SOCK_MALFORMED` when it is no UTF-8
   */
  line(options?: LimitOptions): Promise<string> {
    return this.waiting('line', options, LIMITED, () => this.#line('line', options));
  }

  /** {@link line}, if it has come. */
  tryLine(options?: LimitOptions): string | undefined {
    return this.trying('tryLine', options, LIMITED, () => this.#line('tryLine', options));
  }

  /**
   * The next frame of `format`; `null` at a clean end. Formats, and lines by `lines(reader)`, may be mixed with all other calls.
   *
   * @throws what the format throws
   */
  frame<T>(format: FrameFormat<T>, options?: Cancel): Promise<T | null> {
    return this.waiting('frame', options, CANCEL, () => this.nextFrame(this.#parserOf(format)));
  }

  /** {@link frame}, if it has come. */
  tryFrame<T>(format: FrameFormat<T>): T | null | undefined {
    return this.trying('tryFrame', undefined, CANCEL, () => this.nextFrame(this.#parserOf(format)));
  }

  /** Reads `length` bytes and drops them as they come: none is held, so there is no limit. `error.bytesMoved` tells how many were dropped; these are gone. */
  skip(length: number, options?: Cancel): Promise<void> {
    let dropped = 0;
    const attempt = (): true | undefined => {
      this.#checkLength('skip', length);
      for (;;) {
        const count = Math.min(length - dropped, this.intake.queue.length);
        this.intake.queue.skip(count);
        dropped += count;
        if (dropped === length) return true;
        if (this.intake.more()) continue;
        if (this.intake.atEnd()) throw endedEarly(this.intake.queue, `the end of ${length} bytes to skip`, dropped);
        return undefined;
      }
    };
    return this.waiting('skip', options, CANCEL, attempt, () => dropped).then(() => undefined);
  }

  /** Waits for the next byte, or for the end: `true` at a clean end, `false` when there is more to read. */
  atEnd(options?: Cancel): Promise<boolean> {
    return this.waiting('atEnd', options, CANCEL, () => {
      if (this.intake.queue.length > 0 || this.intake.more()) return false;
      return this.intake.atEnd() ? true : undefined;
    });
  }

  /** Puts bytes in front of all others, and takes them over: they may be answered as they are, and with `secureClear` they are overwritten. */
  unread(bytes: Uint8Array): void {
    const found = noBytes(bytes);
    if (found !== undefined) throw argumentError('recv', `unread got ${found} instead of bytes: give a Uint8Array`, this.remote);
    this.trying('unread', undefined, CANCEL, () => this.intake.queue.unshift(bytes));
  }

  /**
   * Gives the receiving back to the socket, and with it all bytes that were not read: before an upgrade, say. Doing it again does nothing.
   *
   * @throws `ERR_SOCK_BUSY` while a call waits
   */
  release(): void {
    this.intake.release();
  }

  #whole(what: string, length: number, options: LimitOptions | undefined, take: boolean): Uint8Array | undefined {
    this.#checkLength(what, length);
    const limit = limitOf(what, options?.limit, this.settings.limit);
    const { queue } = this.intake;
    if (length > limit) throw overLimit(queue, what, limit, `a call for ${length} bytes`);
    if (!this.need(length, what)) return undefined;
    return take ? queue.take(length) : queue.peek(length);
  }

  #until(what: string, delimiter: Uint8Array | string, options: LimitOptions | undefined): Uint8Array | undefined {
    const search = this.#searchFor(what, delimiter);
    const limit = limitOf(what, options?.limit, this.settings.limit);
    const { queue } = this.intake;
    for (;;) {
      const found = search.find(queue);
      const length = found === -1 ? search.ruledOut : found;
      if (length > limit) throw overLimit(queue, what, limit, `${length} bytes before the delimiter`);
      if (found !== -1) {
        const bytes = queue.take(found);
        queue.skip(search.delimiter.length);
        return bytes;
      }
      if (this.intake.more()) continue;
      if (this.intake.atEnd()) throw endedEarly(queue, `the delimiter that ${what} waits for`);
      return undefined;
    }
  }

  /** A call that is made again goes on with the search of the last one. */
  #searchFor(what: string, delimiter: Uint8Array | string): DelimiterSearch {
    const last = this.#search;
    if (last !== undefined && (delimiter === last.given || sameBytes(delimiter, last.search.delimiter))) return last.search;
    const search = new DelimiterSearch(toDelimiter(what, delimiter));
    // Text alone is known again by itself: bytes may have changed.
    this.#search = { given: typeof delimiter === 'string' ? delimiter : search.delimiter, search };
    return search;
  }

  #line(what: string, options: LimitOptions | undefined): string | undefined {
    const limit = limitOf(what, options?.limit, this.settings.limit);
    if (this.#lines?.limit !== limit) this.#lines = { limit, parser: new LineParser(limit, 'utf-8') };
    const line = this.nextFrame(this.#lines.parser);
    if (line === null) throw endedEarly(this.intake.queue, 'a line');
    return line as string | undefined;
  }

  #parserOf<T>(format: FrameFormat<T>): FrameParser<T> {
    if (typeof (format as Partial<FrameFormat<T>> | undefined)?.parser !== 'function') throw wrongOption('frame', 'format', format, 'lengthPrefixed(…) or delimited(…)');
    if (this.#frames?.format !== format) this.#frames = { format, parser: format.parser() };
    return this.#frames.parser as FrameParser<T>;
  }

  #checkLength(what: string, length: number): void {
    if (Number.isSafeInteger(length) && length >= 0) return;
    throw argumentError('recv', `${what}${at('from', this.remote)} got a length of ${String(length)}: it takes a whole number of bytes, 0 or more`, this.remote);
  }
}

function sameBytes(one: Uint8Array | string, other: Uint8Array): boolean {
  return isBytes(one) && one.length === other.length && one.every((byte, index) => byte === other[index]);
}

const CANCEL: readonly string[] = ['signal', 'timeout'];
const LIMITED: readonly string[] = ['signal', 'timeout', 'limit'];
