import type { Socket } from '../socket.ts';
/**
 * The received bytes as a WHATWG `ReadableStream`: a byte stream where the runtime has them (a BYOB reader's buffer is filled from the socket,
 * with no chunk between), else one of chunks. It takes over the receiving of `socket` at once, and holds nothing itself: what nobody reads
 * stays in the socket and stops the peer.
 *
 * It closes at the clean end and fails with the connection's error, after all bytes that came before. `cancel()`, and with it leaving a
 * `for await` loop, gives the receiving back: the socket stays open and loses nothing.
 *
 * @throws `ERR_SOCK_BUSY` while another receive waits or another reader is at work, `ERR_SOCK_CLOSED`, `ERR_SOCK_DETACHED`, `ERR_SOCK_ARGUMENT`
 * @example
 * for await (const chunk of readable(socket).pipeThrough(new DecompressionStream('gzip'))) console.log(chunk.length);
 */
export declare function readable(socket: Socket): ReadableStream<Uint8Array>;
/** {@link readable}; `onCancel` hears of a cancel after the receiving was given back. */
export declare function readableOf(socket: Socket, what: string, onCancel: () => void): ReadableStream<Uint8Array>;
//# sourceMappingURL=readable.d.ts.map