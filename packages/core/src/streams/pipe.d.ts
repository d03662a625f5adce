import type { Cancel } from '../connector.ts';
import type { Socket } from '../socket.ts';
/** Options of {@link pipe}. `timeout` is the budget of the whole call. */
export interface PipeOptions extends Cancel {
    /**
     * Passes on what happens: the end of `from` as the end of `to` (half-close), the failure of either as a reset of the other. With `false` both
     * sockets stay the caller's, whatever happens. Default: **true**
     */
    readonly end?: boolean | undefined;
    /** Hears, after each chunk, how many bytes `to` has accepted so far. What it throws ends the pipe, as a signal does. Default: **none** */
    readonly onProgress?: ((bytes: number) => void) | undefined;
}
/**
 * Sends everything that `from` receives to `to`, and resolves with the number of bytes when all of it, and the end, was written. Large chunks
 * are not copied. Nothing is read that `to` has no room for: the pipe is bounded by the queues of the two sockets.
 *
 * When either socket fails, the other is destroyed with the error, so that its peer sees a reset and not an end. A `signal` or a `timeout` only stops
 * the pipe: both sockets stay as they are, `error.bytesMoved` bytes were accepted by `to`, and all others can be received from `from`.
 *
 * @throws {@link PipeError} with the failure's code, which tells the side; `ERR_SOCK_TIMEOUT`, `ERR_SOCK_ABORTED`; before anything is touched
 * `ERR_SOCK_BUSY`, `ERR_SOCK_CLOSED`, `ERR_SOCK_DETACHED`, `ERR_SOCK_ARGUMENT`, and `ERR_SOCK_CONFIG` for an option that is wrong
 */
export declare function pipe(from: Socket, to: Socket, options?: PipeOptions): Promise<number>;
//# sourceMappingURL=pipe.d.ts.map