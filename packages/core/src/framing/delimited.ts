import type { ByteSize } from '@sock/config';
import { checkNames } from '@sock/config';
import { listRefusal } from '../bytes-refusal.ts';
import { at } from '../endpoint-text.ts';
import type { Socket } from '../socket.ts';
import { ByteQueue } from './byte-queue.ts';
import { toDelimiter } from './delimiter.ts';
import { DelimiterSearch } from './delimiter-search.ts';
import type { FrameCodec, FrameWriter } from './frame-codec.ts';
import { partsOf } from './frame-codec.ts';
import { FrameDecoder } from './frame-decoder.ts';
import { framesOf } from './frame-iteration.ts';
import type { FrameParser } from './frame-parser.ts';
import { argumentError, checkSocket, overLimit, tooLongToSend } from './framing-errors.ts';
import { limitOf } from './framing-limits.ts';

/** Options of {@link delimited}. */
export interface DelimitedOptions {
  /** What ends a frame: bytes, or text for its UTF-8; 1 byte to 64 KiB. It is no part of the frame. */
  readonly delimiter: Uint8Array | string;
  /** The most bytes that a frame may have, without its delimiter. Default: **1 MiB**: the peer says how much is to be held */
  readonly limit?: ByteSize | undefined;
}

/**
 * Frames that end with a delimiter, which cannot occur inside them; for text lines there is `lines`.
 *
 * @throws `ERR_SOCK_CONFIG` for an option that is wrong
 */
export function delimited(options: DelimitedOptions): FrameCodec {
  checkNames('delimited', options, ['delimiter', 'limit']);
  const delimiter = toDelimiter('delimited', options?.delimiter);
  const limit = limitOf('delimited', options.limit, 1024 * 1024);
  const parser = (): FrameParser<Uint8Array> => new DelimitedParser(delimiter, limit);
  return {
    parser,
    frames: (source, cancel = {}) => {
      checkNames('frames', cancel, ['signal', 'timeout']);
      return framesOf(source, parser, cancel);
    },
    writer: (socket) => writerOf(delimiter, limit, socket),
    decoder: () => new FrameDecoder(parser()),
  };
}

class DelimitedParser implements FrameParser<Uint8Array> {
  readonly what: string = 'a frame';
  readonly #search: DelimiterSearch;
  readonly #limit: number;

  constructor(delimiter: Uint8Array, limit: number) {
    this.#search = new DelimiterSearch(delimiter);
    this.#limit = limit;
  }

  take(queue: ByteQueue): Uint8Array | undefined {
    const found = this.#search.find(queue);
    const length = found === -1 ? this.#search.ruledOut : found;
    if (length > this.#limit) throw overLimit(queue, this.what, this.#limit, `${length} bytes before the delimiter`);
    if (found === -1) return undefined;
    const frame = queue.take(found);
    queue.skip(this.#search.delimiter.length);
    return frame;
  }
}

function writerOf(delimiter: Uint8Array, limit: number, socket: Socket): FrameWriter {
  checkSocket('writer()', socket);
  return {
    write: (frame, options) => {
      const parts = partsOf(frame);
      const refusal = listRefusal(parts, socket.remote) ?? frameRefusal(parts, delimiter, limit, socket);
      return refusal === undefined ? socket.sendv([...parts, delimiter], options) : Promise.reject(refusal);
    },
  };
}

/** Why `parts` cannot be sent as one frame: too long, or the peer would find the delimiter earlier. */
function frameRefusal(parts: readonly Uint8Array[], delimiter: Uint8Array, limit: number, socket: Socket): Error | undefined {
  const queue = new ByteQueue(undefined);
  let length = 0;
  for (const part of [...parts, delimiter]) {
    length += part.length;
    queue.push(part);
  }
  length -= delimiter.length;
  if (length > limit) return tooLongToSend('a frame', limit, length, socket.remote);
  // With the delimiter behind it: the end of a frame may be the beginning of one.
  if (new DelimiterSearch(delimiter).find(queue) === length) return undefined;
  return argumentError('send', `a frame${at('to', socket.remote)} has its delimiter inside: it would arrive as two`, socket.remote);
}
