import type { Socket } from '../socket.ts';
/** Options of {@link writable}. */
export interface WritableOptions {
    /** Chunks are given away, see `send`: a write is over when its chunk was accepted. The fastest way for large chunks. Default: **false** */
    readonly owned?: boolean | undefined;
}
/**
 * The sending of `socket` as a WHATWG `WritableStream`. The stream holds nothing itself: `ready` waits, and `desiredSize` is not positive, while a
 * chunk waits for room in the socket's queue. A write resolves when its chunk may be used again, as `send` does.
 *
 * `close()` is `shutdown()`, and receiving goes on; `abort(reason)` is `destroy(reason)`, at once, also while a write waits. A chunk that is no
 * bytes fails the write and the stream, and destroys the connection: the peer must not take what came before for the whole.
 *
 * @throws `ERR_SOCK_CLOSED`, `ERR_SOCK_DETACHED`, `ERR_SOCK_ARGUMENT`, `ERR_SOCK_CONFIG` for an option that is wrong. Writes fail as `send` does
 * @example
 * await response.body.pipeTo(writable(socket));
 */
export declare function writable(socket: Socket, options?: WritableOptions): WritableStream<Uint8Array>;
/** {@link writable}; `onEnd` hears when this side's end has left. */
export declare function writableOf(socket: Socket, what: string, options: WritableOptions | undefined, onEnd: () => void): WritableStream<Uint8Array>;
//# sourceMappingURL=writable.d.ts.map