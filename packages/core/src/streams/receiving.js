import { argumentError } from '../framing/framing-errors.js';
import { PARTS } from '../socket-parts.js';
/** The parts of `socket`, for `what`. @throws `ERR_SOCK_ARGUMENT` for anything that has none */
export function partsOf(socket, what) {
    const parts = socket?.get?.(PARTS);
    if (parts === undefined)
        throw argumentError('recv', `${what}() needs a Socket of @sock/core: give one, of the same installed copy`);
    return parts;
}
/**
 * The receiving of a socket, taken over until {@link release}: it stands there as a receive that waits, so that every other receive, and an
 * upgrade, is refused with `ERR_SOCK_BUSY`. It takes nothing by itself: the owner does, from {@link side}, as much as it has use for.
 */
export class Receiving {
    side;
    #onArrival;
    /** Nothing is told while it begins: the owner is not put together yet, and asks for itself. */
    #state = 'beginning';
    /**
     * @param onArrival - bytes, the end or a failure may have come
     * @param onLost - the socket was closed here: nobody can receive from it any more
     * @throws `ERR_SOCK_BUSY` while another receive waits, `ERR_SOCK_CLOSED`, `ERR_SOCK_DETACHED`
     */
    constructor({ life, side }, what, onArrival, onLost) {
        const refusal = life.recvRefusal(side, what);
        if (refusal !== undefined)
            throw refusal;
        this.side = side;
        this.#onArrival = onArrival;
        const lost = () => {
            this.#state = 'over';
        };
        side.until({ what, attempt: () => this.#attempt(), undo: lost }, undefined).catch(onLost);
        this.#state = 'held';
    }
    /** After `side.take()` gave nothing: whether nothing more will come. Not when it was lost: that is no end, and is told. @throws the failure, when that is why */
    atEnd() {
        return this.#state !== 'over' && this.side.atEnd();
    }
    /** Gives the receiving back to the socket. Doing it again does nothing. */
    release() {
        if (this.#state !== 'held')
            return;
        this.#state = 'over';
        // Asks the attempt below once more, which now answers.
        this.side.changed(~0);
    }
    #attempt() {
        if (this.#state === 'held')
            this.#onArrival();
        return this.#state === 'over' ? { value: undefined } : undefined;
    }
}
//# sourceMappingURL=receiving.js.map