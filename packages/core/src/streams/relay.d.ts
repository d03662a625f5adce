import type { Duration } from '@sock/config';
import type { Cancel } from '../connector.ts';
import type { Socket } from '../socket.ts';
import type { RelayStats } from './relay-error.ts';
/** Options of {@link relay}. `timeout` is the budget of the whole call. */
export interface RelayOptions extends Cancel {
    /**
     * The longest time in which no byte moves in either direction, 1 ms to 24 days; then both sockets are destroyed. It ends a half-open connection whose
     * other half never comes, and a peer that stopped reading. Default: **none**
     */
    readonly idleTimeout?: Duration | undefined;
    /** Hears after each chunk. What it throws ends the relay, as a signal does. Default: **none** */
    readonly onProgress?: ((stats: RelayStats) => void) | undefined;
}
/**
 * Joins two sockets, as a proxy does: what each of them receives the other one sends, until both have ended. An end is passed on as a half-close
 * while the other direction goes on. Bounded and copied as little as with `pipe`.
 *
 * When one socket fails, the other is destroyed with the error: its peer sees a reset. A `signal` or a `timeout` only stops the relay, and both
 * sockets stay as they are; no byte is lost.
 *
 * @throws {@link RelayError} with the failure's code, `side` and `stats`; `ERR_SOCK_TIMEOUT`, `ERR_SOCK_ABORTED`; before anything is touched
 * `ERR_SOCK_BUSY`, `ERR_SOCK_CLOSED`, `ERR_SOCK_DETACHED`, `ERR_SOCK_ARGUMENT`, and `ERR_SOCK_CONFIG` for an option that is wrong
 * @example
 * for await (const client of listener) {
 *   void relay(client, await connect('db.internal:5432'), { idleTimeout: '5m' }).catch((error) => log(error));
 * }
 */
export declare function relay(a: Socket, b: Socket, options?: RelayOptions): Promise<RelayStats>;
//# sourceMappingURL=relay.d.ts.map