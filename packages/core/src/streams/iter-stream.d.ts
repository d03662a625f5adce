import type { Socket } from '../socket.ts';
import type { IterWriter, IterWriterOptions } from './iter-writer.ts';
/** Both directions of a socket in the shape of `node:stream/iter`: what its draft calls a `DuplexChannel`. */
export interface IterStream extends AsyncDisposable {
    /** See `fromSocket`. */
    readonly readable: AsyncIterable<Uint8Array[]>;
    /** See `iterWriter`. */
    readonly writer: IterWriter;
    /** Ends the iteration and closes the socket: what was written leaves, what still comes is dropped. Calling it again waits for the same close. */
    close(): Promise<void>;
}
/**
 * An adapter between a socket and `node:stream/iter`, whose functions take both halves as they are: `pipeTo(channel.readable, gzip, other.writer)`.
 * Which draft it follows stands at `iterWriter`.
 *
 * @throws `ERR_SOCK_ARGUMENT`, `ERR_SOCK_CONFIG` for an option that is wrong
 */
export declare function iterStream(socket: Socket, options?: IterWriterOptions): IterStream;
//# sourceMappingURL=iter-stream.d.ts.map