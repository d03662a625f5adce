import type { ReceiveSide } from '../receive-side.ts';
import type { Socket } from '../socket.ts';
import type { Parts } from '../socket-parts.ts';
/** The parts of `socket`, for `what`. @throws `ERR_SOCK_ARGUMENT` for anything that has none */
export declare function partsOf(socket: Socket, what: string): Parts;
/**
 * The receiving of a socket, taken over until {@link release}: it stands there as a receive that waits, so that every other receive, and an
 * upgrade, is refused with `ERR_SOCK_BUSY`. It takes nothing by itself: the owner does, from {@link side}, as much as it has use for.
 */
export declare class Receiving {
    #private;
    readonly side: ReceiveSide;
    /**
     * @param onArrival - bytes, the end or a failure may have come
     * @param onLost - the socket was closed here: nobody can receive from it any more
     * @throws `ERR_SOCK_BUSY` while another receive waits, `ERR_SOCK_CLOSED`, `ERR_SOCK_DETACHED`
     */
    constructor({ life, side }: Parts, what: string, onArrival: () => void, onLost: (error: unknown) => void);
    /** After `side.take()` gave nothing: whether nothing more will come. Not when it was lost: that is no end, and is told. @throws the failure, when that is why */
    atEnd(): boolean;
    /** Gives the receiving back to the socket. Doing it again does nothing. */
    release(): void;
}
//# sourceMappingURL=receiving.d.ts.map