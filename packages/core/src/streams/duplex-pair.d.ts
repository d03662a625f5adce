import type { Socket } from '../socket.ts';
import type { WritableOptions } from './writable.ts';
/** Both directions of a socket as WHATWG streams, as `pipeThrough` takes them. */
export interface DuplexPair {
    readonly readable: ReadableStream<Uint8Array>;
    readonly writable: WritableStream<Uint8Array>;
}
/**
 * `readable` and `writable` of one socket, which is theirs from now on: when nobody is left who reads or writes, it is released. Each half ends by
 * itself (`writable.close()` is a half-close); aborting the writable destroys the connection, and with it the readable; when the readable was
 * cancelled and the writable is closed, the socket is closed: what was written leaves, what still comes is dropped.
 *
 * @throws as `readable` and `writable`
 */
export declare function duplexPair(socket: Socket, options?: WritableOptions): DuplexPair;
//# sourceMappingURL=duplex-pair.d.ts.map