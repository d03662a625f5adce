import { checkNames, wrongOption } from '@sock/config';
import type { Cancel } from '../connector.ts';
import { Budget, wait } from '../deadline.ts';
import { isSocketError } from '../errors.ts';
import type { Socket } from '../socket.ts';
import { PipeError } from './pipe-error.ts';
import { Pump } from './pump.ts';
import { partsOf } from './receiving.ts';

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
export async function pipe(from: Socket, to: Socket, options: PipeOptions = {}): Promise<number> {
  checkNames('pipe', options, ['signal', 'timeout', 'end', 'onProgress']);
  const { end = true, onProgress } = options;
  if (typeof end !== 'boolean') throw wrongOption('pipe', 'end', end, 'true or false');
  if (onProgress !== undefined && typeof onProgress !== 'function') throw wrongOption('pipe', 'onProgress', onProgress, 'a function');
  // Before anything is touched.
  partsOf(to, 'pipe');
  const budget = new Budget(options);
  const failed = (side: 'from' | 'to', cause: unknown, bytes: number): PipeError => {
    const error = new PipeError(side, side === 'from' ? from : to, bytes, cause);
    if (end) (side === 'from' ? to : from).destroy(error);
    return error;
  };
  const bytes = await pumped(from, to, budget, onProgress, failed);
  const context = { phase: 'send', what: 'pipe', endpoint: to.remote, moved: () => bytes } as const;
  let cause: unknown;
  const written = (end ? to.shutdown() : to.flush()).catch((error: unknown) => {
    cause = error;
    throw error;
  });
  await wait<void>(budget.rest(), context, (resolve, reject) => void written.then(resolve, reject)).catch((error: unknown) => {
    throw error === cause && isSocketError(error) ? failed('to', error, bytes) : error;
  });
  return bytes;
}

type Failed = (side: 'from' | 'to', cause: unknown, bytes: number) => PipeError;

/** Moves everything up to the end of `from`. */
function pumped(from: Socket, to: Socket, budget: Budget, onProgress: PipeOptions['onProgress'], failed: Failed): Promise<number> {
  let pump: Pump | undefined;
  const context = { phase: 'send', what: 'pipe', endpoint: to.remote, moved: () => pump?.bytes ?? 0 } as const;
  return wait<number>(budget.rest(), context, (resolve, reject) => {
    const running = new Pump(from, to, 'pipe', {
      moved: () => {
        if (onProgress === undefined) return;
        try {
          onProgress(running.bytes);
        } catch (error) {
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
