import type { Socket } from '../socket.ts';
/** Options of {@link iterWriter}. */
export interface IterWriterOptions {
    /** Chunks are given away, see `send`: a write is over when they were accepted. Default: **false** */
    readonly owned?: boolean | undefined;
}
/** Options of one write or of `end`. */
export interface IterWriteOptions {
    /** Ends this call alone; the writer goes on. Rejects with `ERR_SOCK_ABORTED`; `error.bytesMoved` were sent already. */
    readonly signal?: AbortSignal | undefined;
}
/**
 * The `Writer` of the WinterTC draft "Iterable Streams API" (WinterTC55/iter-streams, index.bs at 0b57920; `node:stream/iter` of Node 26 and 27,
 * experimental there), over a socket. Text is sent as UTF-8.
 */
export interface IterWriter extends AsyncDisposable, Disposable {
    /** Whether there is room in the socket's queue; `null` when the writer ends, has ended or failed. */
    readonly canWrite: boolean | null;
    /** How many bytes of room. The name that Node 25.9 has in place of {@link canWrite}. */
    readonly desiredSize: number | null;
    /** Resolves as `Socket.send` does: in the order of the calls, and the chunk may be used again. */
    write(chunk: Uint8Array | string, options?: IterWriteOptions): Promise<void>;
    /** {@link write} of several chunks as one: nothing comes between them. */
    writev(chunks: readonly (Uint8Array | string)[], options?: IterWriteOptions): Promise<void>;
    /** Copies all of `chunk`, if there is room for it; `false` = none of it was taken, `write()` will wait. */
    writeSync(chunk: Uint8Array | string): boolean;
    /** {@link writeSync} of several chunks: all of them or none. */
    writevSync(chunks: readonly (Uint8Array | string)[]): boolean;
    /** This side's end (half-close), behind all that was written. Resolves, when it has left, with the number of bytes written. */
    end(options?: IterWriteOptions): Promise<number>;
    /** The number of bytes written after {@link end} has resolved, else -1: an end does not leave without waiting. */
    endSync(): number;
    /** Destroys the connection with `reason`, unless it has ended or failed: the peer sees a reset. */
    fail(reason?: unknown): void;
}
/**
 * An {@link IterWriter} over `socket`: what `pipeTo(source, writer)` of `node:stream/iter` writes to. Unlike with `push()`, writes that were not waited
 * for stand in line up to `maxWaitingSends`, and all errors are typed.
 *
 * @throws `ERR_SOCK_ARGUMENT`, `ERR_SOCK_CONFIG` for an option that is wrong. Writes fail as `send` does
 */
export declare function iterWriter(socket: Socket, options?: IterWriterOptions): IterWriter;
//# sourceMappingURL=iter-writer.d.ts.map