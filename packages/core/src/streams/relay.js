import { parseDuration } from '@sock/config';
import { wait } from '../deadline.js';
import { checkNames, wrongOption } from '../framing/framing-limits.js';
import { Pump } from './pump.js';
import { RelayError } from './relay-error.js';
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
export async function relay(a, b, options = {}) {
    checkNames('relay', options, ['signal', 'timeout', 'idleTimeout', 'onProgress']);
    const { onProgress } = options;
    if (onProgress !== undefined && typeof onProgress !== 'function')
        throw wrongOption('relay', 'onProgress', onProgress, 'a function');
    const idleMs = idleOf(options.idleTimeout);
    let joint;
    const context = { phase: 'send', what: 'relay', endpoint: b.remote, moved: () => (joint === undefined ? 0 : joint.stats.aToB + joint.stats.bToA) };
    return await wait(options, context, (resolve, reject) => {
        joint = new Joint(a, b, idleMs, onProgress, resolve, reject);
        return joint.start();
    });
}
/** The two directions of one relay, and what ends both. */
class Joint {
    #a;
    #b;
    #there;
    #back;
    #idleMs;
    #resolve;
    #reject;
    #startedAt = performance.now();
    #movedAt = this.#startedAt;
    #idle;
    #left = 2;
    #over = false;
    constructor(a, b, idleMs, onProgress, resolve, reject) {
        this.#a = a;
        this.#b = b;
        this.#idleMs = idleMs;
        this.#resolve = resolve;
        this.#reject = reject;
        const moved = () => {
            this.#movedAt = performance.now();
            if (onProgress === undefined)
                return;
            try {
                onProgress(this.stats);
            }
            catch (error) {
                if (this.#stop())
                    reject(error);
            }
        };
        this.#there = new Pump(a, b, 'relay', { moved, ended: () => this.#pass(b, 'b'), failed: (side, cause) => this.#fail(side === 'from' ? 'a' : 'b', side, cause) });
        try {
            this.#back = new Pump(b, a, 'relay', { moved, ended: () => this.#pass(a, 'a'), failed: (side, cause) => this.#fail(side === 'from' ? 'b' : 'a', side, cause) });
        }
        catch (error) {
            this.#there.stop();
            throw error;
        }
    }
    get stats() {
        return { aToB: this.#there.bytes, bToA: this.#back.bytes, milliseconds: performance.now() - this.#startedAt };
    }
    /** @returns what stops it without harm */
    start() {
        if (this.#idleMs !== Infinity)
            this.#idle = setTimeout(this.#look, this.#idleMs);
        this.#there.start();
        if (!this.#over)
            this.#back.start();
        return () => void this.#stop();
    }
    /** The end of one socket, to the other. */
    #pass(to, side) {
        this.#movedAt = performance.now();
        to.shutdown().then(() => {
            this.#left -= 1;
            if (this.#left === 0 && this.#stop())
                this.#resolve(this.stats);
        }, (error) => this.#fail(side, 'to', error));
    }
    #fail(side, half, cause) {
        if (!this.#stop())
            return;
        const error = RelayError.of(side, half === 'from' ? 'recv' : 'send', side === 'a' ? this.#a : this.#b, this.stats, cause);
        (side === 'a' ? this.#b : this.#a).destroy(error);
        this.#reject(error);
    }
    /** One timer that looks back, rather than one for each chunk. */
    #look = () => {
        const rest = this.#movedAt + this.#idleMs - performance.now();
        if (rest > 0) {
            this.#idle = setTimeout(this.#look, rest);
            return;
        }
        if (!this.#stop())
            return;
        const error = RelayError.idle(this.#idleMs, this.#a, this.#b, this.stats);
        this.#a.destroy(error);
        this.#b.destroy(error);
        this.#reject(error);
    };
    /** Whether it ran until now. */
    #stop() {
        if (this.#over)
            return false;
        this.#over = true;
        clearTimeout(this.#idle);
        this.#there.stop();
        this.#back.stop();
        return true;
    }
}
const LONGEST_MS = 24 * 24 * 60 * 60 * 1000;
function idleOf(idleTimeout) {
    if (idleTimeout === undefined)
        return Infinity;
    const milliseconds = parseDuration(idleTimeout);
    if (milliseconds < 1 || milliseconds > LONGEST_MS)
        throw wrongOption('relay', 'idleTimeout', idleTimeout, '1 ms to 24 days, or no idleTimeout at all');
    return milliseconds;
}
//# sourceMappingURL=relay.js.map