import type { ByteSize } from '@sock/config';
import { checkNames, wrongOption } from '@sock/config';
import { listRefusal } from '../bytes-refusal.ts';
import type { Socket } from '../socket.ts';
import type { ByteQueue } from './byte-queue.ts';
import type { FrameCodec, FrameWriter } from './frame-codec.ts';
import { partsOf } from './frame-codec.ts';
import { FrameDecoder } from './frame-decoder.ts';
import { framesOf } from './frame-iteration.ts';
import type { FrameParser } from './frame-parser.ts';
import { checkSocket, malformed, overLimit, tooLongToSend } from './framing-errors.ts';
import type { ByteOrder } from './framing-limits.ts';
import { limitOf } from './framing-limits.ts';

/** Options of {@link lengthPrefixed}. */
export interface LengthPrefixedOptions {
  /** How many bytes the length takes. */
  readonly lengthBytes: 1 | 2 | 3 | 4 | 8;
  /** The order of these bytes. Default: **`big`**, that of networks */
  readonly order?: ByteOrder | undefined;
  /** The most bytes that a frame may have, without its length. Default: **1 MiB**: the peer says how much is to be held */
  readonly limit?: ByteSize | undefined;
  /** The length counts its own bytes too. Default: **false** */
  readonly includesLength?: boolean | undefined;
  /** Added to the length that is read to get the bytes of the frame: -4 where four further bytes are counted that do not follow. Default: **0**, -1 GiB to 1 GiB */
  readonly adjust?: number | undefined;
}

/**
 * Frames that begin with their own length.
 *
 * A length over the limit is refused as soon as it is read: nothing is held for a frame that is only announced.
 *
 * @throws `ERR_SOCK_CONFIG` for an option that is wrong
 * @example
 * const messages = lengthPrefixed({ lengthBytes: 4, limit: '64KiB' });
 * for await (const frame of messages.frames(socket)) await messages.writer(socket).write(frame);
 */
export function lengthPrefixed(options: LengthPrefixedOptions): FrameCodec {
  const header = headerOf(options);
  const parser = (): FrameParser<Uint8Array> => new LengthParser(header);
  return {
    parser,
    frames: (source, cancel = {}) => {
      checkNames('frames', cancel, ['signal', 'timeout']);
      return framesOf(source, parser, cancel);
    },
    writer: (socket) => writerOf(header, socket),
    decoder: () => new FrameDecoder(parser()),
  };
}

/** {@link LengthPrefixedOptions}, checked. */
interface Header {
  readonly bytes: 1 | 2 | 3 | 4 | 8;
  readonly little: boolean;
  readonly limit: number;
  /** The length on the wire and this are the bytes of the frame. */
  readonly adjust: number;
}

class LengthParser implements FrameParser<Uint8Array> {
  readonly what: string = 'a frame';
  readonly #header: Header;
  readonly #bytes = new Uint8Array(8);

  constructor(header: Header) {
    this.#header = header;
  }

  take(queue: ByteQueue): Uint8Array | undefined {
    const { bytes, limit, adjust } = this.#header;
    if (queue.length < bytes) return undefined;
    const first = queue.chunks[queue.head] as Uint8Array;
    // Nearly always whole in one chunk: read where it stands.
    const whole = queue.offset + bytes <= first.length;
    if (!whole) queue.copyTo(this.#bytes, bytes);
    const stated = whole ? this.#stated(first, queue.offset) : this.#stated(this.#bytes, 0);
    const length = stated + adjust;
    // What is not exact any more is far over every limit.
    if (length > limit) throw overLimit(queue, this.what, limit, `a length of ${stated > Number.MAX_SAFE_INTEGER ? this.#exact(queue) : stated}${adjust === 0 ? '' : `, ${adjust} to be added`}`);
    if (length < 0) throw malformed(queue, `a frame with the length ${stated}, which is less than the ${-adjust} that it counts beside the frame`);
    if (queue.length < bytes + length) return undefined;
    queue.skip(bytes);
    return queue.take(length);
  }

  #stated(from: Uint8Array, at: number): number {
    const { bytes, little } = this.#header;
    let value = 0;
    // In arithmetic, as shifts end at 32 bits.
    for (let index = 0; index < bytes; index += 1) value = value * 256 + (from[at + (little ? bytes - 1 - index : index)] as number);
    return value;
  }

  #exact(queue: ByteQueue): bigint {
    queue.copyTo(this.#bytes, 8);
    return new DataView(this.#bytes.buffer).getBigUint64(0, this.#header.little);
  }
}

function writerOf(header: Header, socket: Socket): FrameWriter {
  checkSocket('writer()', socket);
  return {
    write: (frame, options) => {
      const parts = partsOf(frame);
      const refusal = listRefusal(parts, socket.remote) ?? tooLong(header, parts, socket);
      if (refusal !== undefined) return Promise.reject(refusal);
      return socket.sendv([encoded(header, lengthOf(parts)), ...parts], options);
    },
  };
}

function tooLong({ limit, bytes, adjust }: Header, parts: readonly Uint8Array[], socket: Socket): Error | undefined {
  const length = lengthOf(parts);
  if (length > limit) return tooLongToSend('a frame', limit, length, socket.remote);
  // Where the length that is sent would be below zero.
  return length - adjust < 0 ? tooLongToSend(`the length of a frame of ${length} bytes, in ${bytes} bytes,`, 0, length - adjust, socket.remote) : undefined;
}

function encoded({ bytes, little, adjust }: Header, length: number): Uint8Array {
  const header = new Uint8Array(bytes);
  let rest = length - adjust;
  for (let index = 0; index < bytes; index += 1) {
    header[little ? index : bytes - 1 - index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return header;
}

function lengthOf(parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) sum += part.length;
  return sum;
}

const GIB = 1024 * 1024 * 1024;

function headerOf(options: LengthPrefixedOptions): Header {
  const what = 'lengthPrefixed';
  checkNames(what, options, ['lengthBytes', 'order', 'limit', 'includesLength', 'adjust']);
  const { lengthBytes, order = 'big', includesLength = false, adjust = 0 } = options ?? {};
  if (![1, 2, 3, 4, 8].includes(lengthBytes)) throw wrongOption(what, 'lengthBytes', lengthBytes, '1, 2, 3, 4 or 8');
  if (order !== 'big' && order !== 'little') throw wrongOption(what, 'order', order, '"big" or "little"');
  if (typeof includesLength !== 'boolean') throw wrongOption(what, 'includesLength', includesLength, 'true or false');
  if (!Number.isInteger(adjust) || Math.abs(adjust) > GIB) throw wrongOption(what, 'adjust', adjust, 'a whole number of bytes, -1 GiB to 1 GiB');
  const limit = limitOf(what, options.limit, 1024 * 1024);
  if (limit > 4 * GIB) throw wrongOption(what, 'limit', options.limit, 'bytes such as "64KiB", 4 GiB at most');
  const total = adjust - (includesLength ? lengthBytes : 0);
  // A length cannot say more than its bytes hold.
  const most = 256 ** lengthBytes - 1 + total;
  if (most < 0) throw wrongOption(what, 'adjust', adjust, `${-most} more at least: else no length of ${lengthBytes} bytes could be right`);
  return { bytes: lengthBytes, little: order === 'little', adjust: total, limit: Math.min(limit, most) };
}
