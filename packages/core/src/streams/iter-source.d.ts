import type { Socket } from '../socket.ts';
/**
 * The received bytes in the shape of `node:stream/iter`: an async iterable of batches, each all chunks that have come, at least one, not copied. It
 * takes over the receiving at its first step and gives it back when the loop is left, by the end, by a `break` or by an error; the socket
 * stays open and loses nothing. (Follows the draft that is named at `iterWriter`.)
 *
 * @throws `ERR_SOCK_ARGUMENT`; from its first step `ERR_SOCK_BUSY` while another receive waits or another reader is at work; else as `recv`
 * @example
 * for await (const batch of fromSocket(socket)) for (const chunk of batch) hash.update(chunk);
 */
export declare function fromSocket(socket: Socket): AsyncIterable<Uint8Array[]>;
type Step = IteratorResult<Uint8Array[], undefined>;
/** The iterator of {@link fromSocket}. */
export declare class BatchIterator implements AsyncIterator<Uint8Array[], undefined> {
    #private;
    /** @param onOver - it has ended, or was left */
    constructor(socket: Socket, onOver: () => void);
    next(): Promise<Step>;
    return(): Promise<Step>;
}
export {};
//# sourceMappingURL=iter-source.d.ts.map