import { Budget, wait } from '../deadline.js';
import { isSocketError } from '../errors.js';
import { checkNames, wrongOption } from '../framing/framing-limits.js';
import { PipeError } from './pipe-error.js';
import { Pump } from './pump.js';
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
export async function pipe(from, to, options = {}) {
    checkNames('pipe', options, ['signal', 'timeout', 'end', 'onProgress']);
    const { end = true, onProgress } = options;
    if (typeof end !== 'boolean')
        throw wrongOption('pipe', 'end', end, 'true or false');
    if (onProgress !== undefined && typeof onProgress !== 'function')
        throw wrongOption('pipe', 'onProgress', onProgress, 'a function');
    const budget = new Budget(options);
    const failed = (side, cause, bytes) => {
        const error = new PipeError(side, side === 'from' ? from : to, bytes, cause);
        if (end)
            (side === 'from' ? to : from).destroy(error);
        return error;
    };
    const bytes = await pumped(from, to, budget, onProgress, failed);
    const context = { phase: 'send', what: 'pipe', endpoint: to.remote, moved: () => bytes };
    let cause;
    const written = (end ? to.shutdown() : to.flush()).catch((error) => {
        cause = error;
        throw error;
    });
    await wait(budget.rest(), context, (resolve, reject) => void written.then(resolve, reject)).catch((error) => {
        throw error === cause && isSocketError(error) ? failed('to', error, bytes) : error;
    });
    return bytes;
}
/** Moves everything up to the end of `from`. */
function pumped(from, to, budget, onProgress, failed) {
    let pump;
    const context = { phase: 'send', what: 'pipe', endpoint: to.remote, moved: () => pump?.bytes ?? 0 };
    return wait(budget.rest(), context, (resolve, reject) => {
        const running = new Pump(from, to, 'pipe', {
            moved: () => {
                if (onProgress === undefined)
                    return;
                try {
                    onProgress(running.bytes);
                }
                catch (error) {
                    running.stop();
                    reject(error);
                }
            },
            ended: () => resolve(running.bytes),
            failed: (side, cause) => reject(failed(side, cause, running.bytes)),
        });
        pump = running;
        running.start();
        return () => running.stop();
    });
}
//# sourceMappingURL=pipe.js.map