import type { ByteQueue } from './byte-queue.ts';
import { DelimiterSearch } from './delimiter-search.ts';
import type { FrameParser } from './frame-parser.ts';
import { malformed, overLimit } from './framing-errors.ts';
import type { LineEncoding, Utf8Decoder } from './line-text.ts';
import { latin1, strictUtf8 } from './line-text.ts';

const LF = 10;
const CR = 13;
/** Bytes of lines that are decoded ahead at once: text costs much less in one piece. More would only keep more of it in memory. */
const FIRST_WINDOW_BYTES = 256;
const LARGEST_WINDOW_BYTES = 16 * 1024;

/** Takes lines that end with LF or CRLF; neither is a part of the line, and a CR elsewhere is a character like others. */
export class LineParser implements FrameParser<string | Uint8Array> {
  readonly what: string = 'a line';
  readonly #limit: number;
  readonly #encoding: LineEncoding;
  readonly #search = new DelimiterSearch(Uint8Array.of(LF));
  readonly #decoder: Utf8Decoder | undefined;
  /** Lines decoded ahead, whose bytes are still in the queue: whoever reads something else in between finds all of them. */
  #ahead: string[] = [];
  #next = 0;
  #version = -1;
  /** A line without its end is at the front: its bytes were looked at, and only new ones are worth a look. */
  #partial = -1;
  /** One byte for each character, so that lengths need not be counted. */
  #ascii = false;
  #window = 0;

  /** @param limit - bytes that a line may have */
  constructor(limit: number, encoding: LineEncoding) {
    this.#limit = limit;
    this.#encoding = encoding;
    this.#decoder = encoding === 'utf-8' ? strictUtf8() : undefined;
  }

  take(queue: ByteQueue): string | Uint8Array | undefined {
    if (this.#next < this.#ahead.length && queue.version === this.#version) return this.#fromAhead(queue);
    this.#ahead = [];
    this.#next = 0;
    if (queue.version === this.#partial) return this.#one(queue);
    // Grows while lines are all that is read; else each would be decoded many times.
    const untouched = queue.version === this.#version || this.#version === -1;
    this.#window = untouched ? Math.min(LARGEST_WINDOW_BYTES, Math.max(FIRST_WINDOW_BYTES, this.#window * 2)) : 0;
    return this.#lookAhead(queue) ? this.#fromAhead(queue) : this.#one(queue);
  }

  /** Decodes all whole lines within the window; false when there are not two of them, or they cannot be decoded together. */
  #lookAhead(queue: ByteQueue): boolean {
    const chunk = queue.chunks[queue.head];
    if (this.#decoder === undefined || chunk === undefined || this.#window === 0) return false;
    const begin = queue.offset;
    const last = chunk.lastIndexOf(LF, Math.min(chunk.length, begin + this.#window) - 1);
    if (last <= begin || chunk.indexOf(LF, begin) === last) return false;
    let text: string;
    try {
      text = this.#decoder.decode(chunk.subarray(begin, last));
    } catch {
      // One of them is no UTF-8; those before it are. Smaller windows find it, without decoding the same bytes many times.
      this.#window = 0;
      return false;
    }
    this.#ahead = text.split('\n');
    this.#ascii = text.length === last - begin;
    return true;
  }

  #fromAhead(queue: ByteQueue): string {
    const line = this.#ahead[this.#next] as string;
    const bytes = this.#ascii ? line.length : (queue.chunks[queue.head] as Uint8Array).indexOf(LF, queue.offset) - queue.offset;
    const cr = line.charCodeAt(line.length - 1) === CR ? 1 : 0;
    if (bytes - cr > this.#limit) throw this.#tooLong(queue, bytes - cr);
    this.#next += 1;
    queue.skip(bytes + 1);
    this.#version = queue.version;
    return cr === 0 ? line : line.slice(0, -1);
  }

  #one(queue: ByteQueue): string | Uint8Array | undefined {
    const end = this.#search.find(queue);
    if (end === -1) {
      // One byte more may be the CR of its end.
      const most = queue.chunks.at(-1)?.at(-1) === CR ? this.#limit + 1 : this.#limit;
      if (this.#search.ruledOut > most) throw this.#tooLong(queue, this.#search.ruledOut);
      this.#partial = queue.version;
      return undefined;
    }
    if (end > this.#limit + 1) throw this.#tooLong(queue, end);
    const raw = queue.peek(end);
    const line = raw[end - 1] === CR ? raw.subarray(0, end - 1) : raw;
    if (line.length > this.#limit) throw this.#tooLong(queue, line.length);
    const answer = this.#encoding === 'bytes' ? line : this.#text(line, queue);
    queue.skip(end + 1);
    this.#version = queue.version;
    return answer;
  }

  #text(line: Uint8Array, queue: ByteQueue): string {
    if (this.#decoder === undefined) return latin1(line);
    try {
      return this.#decoder.decode(line);
    } catch (error) {
      throw malformed(queue, `a line of ${line.length} bytes that is no UTF-8: read it as bytes or latin1, or close`, error);
    }
  }

  #tooLong(queue: ByteQueue, found: number): Error {
    return overLimit(queue, this.what, this.#limit, `${found} bytes without its end`);
  }
}
