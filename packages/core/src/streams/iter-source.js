import { at } from '../endpoint-text.js';
import { SocketError } from '../errors.js';
import { partsOf, Receiving } from './receiving.js';
/**
 * The received bytes in the shape of `node:stream/iter`: an async iterable of batches, each all chunks that have come, at least one, not copied. It
 * takes over the receiving at its first step and gives it back when the loop is left, by the end, by a `break` or by an error; the socket
 * stays open and loses nothing. (Follows the draft that is named at `iterWriter`.)
 *
 * @throws `ERR_SOCK_ARGUMENT`; from its first step `ERR_SOCK_BUSY` while another receive waits or another reader is at work; else as `recv`
 * @example
 * for await (const batch of fromSocket(socket)) for (const chunk of batch) hash.update(chunk);
 */
export function fromSocket(socket) {
    partsOf(socket, 'fromSocket');
    return { [Symbol.asyncIterator]: () => new BatchIterator(socket, () => { }) };
}
/** The iterator of {@link fromSocket}. */
export class BatchIterator {
    #socket;
    #onOver;
    #receiving;
    #pending;
    #over = false;
    /** Why it is over, when nobody has been told yet: a stream that was cut off must not look like one that ended. */
    #lost;
    /** @param onOver - it has ended, or was left */
    constructor(socket, onOver) {
        this.#socket = socket;
        this.#onOver = onOver;
    }
    async next() {
        const lost = this.#lost;
        this.#lost = undefined;
        // oxlint-disable-next-line only-throw-error -- passes on what ended it
        if (lost !== undefined)
            throw lost;
        if (this.#over)
            return DONE;
        if (this.#pending !== undefined)
            throw busy(this.#socket);
        this.#receiving ??= new Receiving(partsOf(this.#socket, 'fromSocket'), 'fromSocket', () => this.#arrived(), (error) => this.#fail(error));
        const pending = new Promise((resolve, reject) => {
            this.#pending = { resolve, reject };
        });
        this.#arrived();
        return await pending;
    }
    async return() {
        this.#lost = undefined;
        this.#finish();
        return await Promise.resolve(DONE);
    }
    #arrived() {
        const pending = this.#pending;
        const side = this.#receiving?.side;
        if (pending === undefined || side === undefined)
            return;
        // To take a chunk may bring the next one before it returns: that one belongs to this batch.
        this.#pending = undefined;
        try {
            const value = side.takeAll();
            if (value.length > 0) {
                side.calls += 1;
                pending.resolve({ done: false, value });
            }
            else if (this.#receiving?.atEnd() === true) {
                this.#finish();
                pending.resolve(DONE);
            }
            else {
                this.#pending = pending;
            }
        }
        catch (error) {
            this.#finish();
            pending.reject(error);
        }
    }
    #fail(error) {
        const pending = this.#pending;
        this.#pending = undefined;
        if (pending === undefined)
            this.#lost = error;
        else
            pending.reject(error);
        this.#finish();
    }
    #finish() {
        this.#over = true;
        this.#receiving?.release();
        this.#pending?.resolve(DONE);
        this.#pending = undefined;
        this.#onOver();
    }
}
const DONE = { done: true, value: undefined };
function busy({ remote }) {
    return new SocketError('ERR_SOCK_BUSY', `fromSocket()${at('from', remote)} while its last step still waits for bytes: one step at a time`, {
        phase: 'recv', category: 'usage', endpoint: remote,
    });
}
//# sourceMappingURL=iter-source.js.map