import { at } from '../endpoint-text.ts';
import type { SendOptions } from '../socket-options.ts';
import type { Socket } from '../socket.ts';
import { isBytes } from './delimiter.ts';
import { argumentError, checkSocket, tooLongToSend } from './framing-errors.ts';
import { limitOf } from './framing-limits.ts';
import type { ByteSize } from '@sock/config';
import { checkNames, wrongOption } from '@sock/config';

/** Options of {@link lineWriter}. */
export interface LineWriterOptions {
  /** What ends a line. Default: **`\r\n`**: most protocols of the Internet ask for it, and `lines` reads both. */
  readonly ending?: '\n' | '\r\n' | undefined;
  /** The most bytes that a line may have, without its end. Default: **64 KiB**, as `lines` takes it */
  readonly limit?: ByteSize | undefined;
}

/** Sends lines, see {@link lineWriter}. */
export interface LineWriter {
  /**
   * Sends one line and its end, as `Socket.send` does, in one piece.
   *
   * @throws `ERR_SOCK_ARGUMENT` for a CR or LF inside it (it would be two lines), for half a surrogate pair, and for what is neither text nor bytes;
   * `ERR_SOCK_LIMIT`; both before anything is sent. Else as `Socket.send`
   */
  write(line: string | Uint8Array, options?: SendOptions): Promise<void>;
}

/**
 * Sends lines over `socket`: text as UTF-8, or bytes as they are. What is within a line can never end it.
 *
 * @throws `ERR_SOCK_CONFIG` for an option that is wrong, `ERR_SOCK_ARGUMENT` for what is no socket
 */
export function lineWriter(socket: Socket, options: LineWriterOptions = {}): LineWriter {
  checkSocket('lineWriter()', socket);
  checkNames('lineWriter', options, ['ending', 'limit']);
  const { ending = '\r\n' } = options;
  if (ending !== '\n' && ending !== '\r\n') throw wrongOption('lineWriter', 'ending', ending, '"\\n" or "\\r\\n"');
  const limit = limitOf('lineWriter', options.limit, 64 * 1024);
  const encoder = new TextEncoder();
  const end = encoder.encode(ending);
  return {
    write: async (line, sendOptions) => {
      const fault = faultOf(line);
      if (fault !== undefined) throw argumentError('send', `a line${at('to', socket.remote)} ${fault}`, socket.remote);
      const bytes = typeof line === 'string' ? encoder.encode(line + ending) : line;
      const length = typeof line === 'string' ? bytes.length - end.length : bytes.length;
      if (length > limit) throw tooLongToSend('a line', limit, length, socket.remote);
      if (typeof line !== 'string') return socket.sendv([bytes, end], sendOptions);
      // Encoded for this call: nobody else has it.
      return socket.send(bytes, { signal: sendOptions?.signal, timeout: sendOptions?.timeout, owned: true });
    },
  };
}

function faultOf(line: string | Uint8Array): string | undefined {
  if (typeof line === 'string') {
    if (!/[\r\n\p{Surrogate}]/u.test(line)) return undefined;
    return /[\r\n]/.test(line) ? 'has a CR or LF inside: it would arrive as two' : 'has half a surrogate pair: it cannot be sent as UTF-8';
  }
  if (!isBytes(line)) return `is ${line === null ? 'null' : typeof line}: give text or a Uint8Array`;
  return line.includes(10) || line.includes(13) ? 'has a CR or LF inside: it would arrive as two' : undefined;
}
