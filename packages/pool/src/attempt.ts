import type { Cancel } from '@sock/core';
import type { Clock } from '@sock/core/timing';

/** How much longer than its time-out something may take before it is left behind: those who keep to it know better what they waited for. */
const GRACE_MS = 50;

/** Work that is under way. */
export interface Attempt<R> {
  /** As the work, or an error when it takes too long or is given up. */
  readonly done: Promise<R>;
  /** Gives it up: its signal fires, and `done` rejects at once. */
  readonly giveUp: (cause: unknown) => void;
}

/**
 * Runs `work` with a signal and a time-out of its own. Work that does not listen is left behind.
 *
 * @param late - gets what is answered after that
 */
export function attempt<R>(
  clock: Clock,
  limitMs: number,
  work: (cancel: Cancel & { readonly signal: AbortSignal }) => Promise<R>,
  { tooSlow, late, unref }: { readonly tooSlow: () => Error; readonly late?: (result: R) => void; readonly unref?: boolean },
): Attempt<R> {
  const stop = new AbortController();
  let over = false;
  let fail: (cause: unknown) => void = () => {};
  const done = new Promise<R>((resolve, reject) => {
    const finish = (): boolean => {
      if (over) return false;
      over = true;
      untime();
      return true;
    };
    fail = (cause) => {
      if (!finish()) return;
      // oxlint-disable-next-line prefer-promise-reject-errors -- passes on why it was given up
      reject(cause);
      stop.abort(cause);
    };
    const untime = clock.after(limitMs + GRACE_MS, () => fail(tooSlow()), { unref });
    work({ signal: stop.signal, timeout: limitMs }).then(
      (result) => (finish() ? resolve(result) : late?.(result)),
      (error: unknown) => {
        // oxlint-disable-next-line prefer-promise-reject-errors -- passes on what the work rejected with
        if (finish()) reject(error);
      },
    );
  });
  return { done, giveUp: (cause) => fail(cause) };
}
