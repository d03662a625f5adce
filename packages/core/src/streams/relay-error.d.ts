import { SocketError } from '../errors.ts';
import type { Socket } from '../socket.ts';
/** What a {@link relay} has moved. */
export interface RelayStats {
    /** Bytes from the first socket that the second has accepted. */
    readonly aToB: number;
    /** Bytes from the second socket that the first has accepted. */
    readonly bToA: number;
    /** Since it began. */
    readonly milliseconds: number;
}
/** A `relay` ended before both directions had. Its `code` is that of the failure, which is the `cause`; `bytesMoved` is the sum of both directions. */
export declare class RelayError extends SocketError {
    readonly name: string;
    /** The socket that failed; `undefined` when it was neither: nothing moved for `idleTimeout`. */
    readonly side: 'a' | 'b' | undefined;
    /** What was moved before. */
    readonly stats: RelayStats;
    private constructor();
    /** One of the sockets failed, in receiving or in sending. */
    static of(side: 'a' | 'b', phase: 'recv' | 'send', socket: Socket, stats: RelayStats, cause: unknown): RelayError;
    /** Nothing moved, in either direction. */
    static idle(idleMs: number, a: Socket, b: Socket, stats: RelayStats): RelayError;
}
//# sourceMappingURL=relay-error.d.ts.map