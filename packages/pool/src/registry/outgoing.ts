import type { Cancel, SendOptions, Socket } from '@sock/core';
import { WRITABLE } from '@sock/core';
import type { LineWriter, LineWriterOptions } from '@sock/core/framing';
import { lineWriter } from '@sock/core/framing';

/** The sending of a connection. It stands before the socket's send queue and holds no byte itself: limits, order and back-pressure are the socket's. */
export interface Outgoing {
  /** Bytes that the socket took and has not written yet. */
  readonly buffered: number;
  /** A write would not wait. */
  readonly writable: boolean;
  /** `Socket.send`. */
  write(bytes: Uint8Array, options?: SendOptions): Promise<void>;
  /** Sends a line and its end, with the registry's `lines` options; see `lineWriter` of `@sock/core/framing`. */
  line(line: string | Uint8Array, options?: SendOptions): Promise<void>;
  /** `Socket.flush`: resolves when everything sent so far was written. */
  flush(options?: Cancel): Promise<void>;
}

/** The sending of `socket`. @throws `ERR_SOCK_CONFIG` for a wrong option, at the first line */
export function outgoing(socket: Socket, lines: LineWriterOptions | undefined): Outgoing {
  let writer: LineWriter | undefined;
  return {
    get buffered() {
      return socket.stats.sendQueueBytes;
    },
    get writable() {
      return (socket.ready & WRITABLE) !== 0;
    },
    write: (bytes, options) => socket.send(bytes, options),
    line: (line, options) => (writer ??= lineWriter(socket, lines)).write(line, options),
    flush: (options) => socket.flush(options),
  };
}
