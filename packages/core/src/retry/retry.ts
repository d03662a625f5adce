import { wrongOption } from '@sock/config';
import { AttemptSeries } from './attempt-series.ts';
import type { Attempted } from './one-attempt.ts';
import type { RetryOptions } from './retry-options.ts';
import { retrySettings } from './retry-options.ts';

/**
 * Calls `attempted` until it succeeds, with a wait after each failure: only after errors that are `retryable`, so often as `attempts` says, and
 * within `timeout`, which is one budget for all attempts and waits together. A budget that would end before the next attempt begins ends at once.
 *
 * Every attempt gets `{ signal, timeout }`, to hand on: the signal fires when the attempt is given up, and the time-out is what it may take.
 * One that does not listen is left behind; what it answers later goes to `discard`.
 *
 * @throws {@link RetryError} with the code of the last error and all attempts; the error itself when the first attempt failed with a final one.
 * `ERR_SOCK_ABORTED`; `ERR_SOCK_CONFIG` for an option that makes no sense
 * @example
 * const socket = await retry((cancel) => connect('db.internal:5432', cancel), { timeout: '20s' });
 */
export async function retry<T>(attempted: Attempted<T>, options?: RetryOptions<T>): Promise<T> {
  const settings = retrySettings('retry', options);
  if (typeof attempted !== 'function') throw wrongOption('retry', 'attempted', attempted, 'a function');
  return await new AttemptSeries(attempted, settings).run();
}
