import type { Cancel } from '../connector.ts';
import { SocketError } from '../errors.ts';
import type { RetrySettings } from './retry-options.ts';

/** What is tried. It gets a signal and a time-out of its own, and the number of the attempt, from 1 on. */
export type Attempted<T> = (cancel: Cancel, attempt: number) => PromiseLike<T> | T;

/**
 * One attempt, over at `limitMs` at the latest, also when it does not listen to its signal: what it answers later is discarded.
 *
 * @throws what it throws; `ERR_SOCK_TIMEOUT`; when the outer signal fires, whatever: the caller looks at the signal
 */
export function oneAttempt<T>(attempted: Attempted<T>, number: number, limitMs: number, { clock, signal, discard }: RetrySettings<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = new AbortController();
    let over = false;
    const finish = (): boolean => {
      if (over) return false;
      over = true;
      untime?.();
      signal?.removeEventListener('abort', onAbort);
      return true;
    };
    const giveUp = (error: unknown): void => {
      if (!finish()) return;
      stop.abort(error);
      // oxlint-disable-next-line prefer-promise-reject-errors -- a signal's reason is what its owner made it
      reject(error);
    };
    const onAbort = (): void => giveUp(signal?.reason);
    signal?.addEventListener('abort', onAbort);
    const untime = limitMs === Infinity ? undefined : clock.after(limitMs, () => giveUp(tooSlow(number, limitMs)));
    const cancel: Cancel = { signal: stop.signal, timeout: limitMs === Infinity ? undefined : limitMs };
    const answered = new Promise<T>((answer) => answer(attempted(cancel, number)));
    void answered.then(
      (value) => (finish() ? resolve(value) : discard?.(value)),
      (error) => {
        // oxlint-disable-next-line prefer-promise-reject-errors -- passes on what the work rejected with
        if (finish()) reject(error);
      },
    );
  });
}

function tooSlow(number: number, limitMs: number): SocketError<'ERR_SOCK_TIMEOUT'> {
  return new SocketError('ERR_SOCK_TIMEOUT', `attempt ${number} did not finish within ${Math.round(limitMs)} ms`, {
    phase: 'connect', category: 'timeout', retryable: true,
  });
}
