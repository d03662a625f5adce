import type { Cancel } from '../connector.ts';
import type { SendOptions } from '../socket-options.ts';
import type { Socket } from '../socket.ts';
import type { FrameDecoder } from './frame-decoder.ts';
import type { FrameFormat } from './frame-parser.ts';
import type { Reader } from './reader.ts';

/** Sends frames of one format over one socket. */
export interface FrameWriter {
  /**
   * Sends one frame; a list of buffers is one frame of all their bytes. It leaves as one write, without a copy of the frame, and no other send
   * comes between. When it resolves, the buffers are the caller's again (see `Socket.sendv`, also for `owned`).
   *
   * @throws `ERR_SOCK_LIMIT` for a frame over the limit, `ERR_SOCK_ARGUMENT` for what is no bytes or would not arrive as one frame, both before
   * anything is sent. Else as `Socket.sendv`
   */
  write(frame: Uint8Array | readonly Uint8Array[], options?: SendOptions): Promise<void>;
}

/** A way to cut a stream into frames: reading, writing, and decoding without a socket. It holds no state, so one will do for all sockets. */
export interface FrameCodec extends FrameFormat<Uint8Array> {
  /**
   * The frames of a socket, or of a reader, until a clean end. Leaving the loop loses nothing. `timeout` is the budget of each frame.
   *
   * The loop throws `ERR_SOCK_LIMIT` for a frame that is too long, `ERR_SOCK_MALFORMED` for one that cannot be,
   * `ERR_SOCK_UNEXPECTED_END` when the stream ends in the middle of one, and what `Socket.recv` throws. The bytes of that frame can still be read.
   */
  frames(source: Socket | Reader, options?: Cancel): AsyncIterable<Uint8Array>;
  /** Sends frames over `socket`. */
  writer(socket: Socket): FrameWriter;
  /** The reading half without a socket. */
  decoder(): FrameDecoder<Uint8Array>;
}

/** Frames of one write, as a list. */
export function partsOf(frame: Uint8Array | readonly Uint8Array[]): readonly Uint8Array[] {
  return Array.isArray(frame) ? frame : [frame as Uint8Array];
}
