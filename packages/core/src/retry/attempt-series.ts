import { wrongOption } from '@sock/config';
import { LONGEST_TIMER_MS } from '../timing/clock.ts';
import type { Attempted } from './one-attempt.ts';
import { oneAttempt } from './one-attempt.ts';
import type { FailedAttempt, RetryStop } from './retry-error.ts';
import { REMEMBERED, RetryError } from './retry-error.ts';
import type { RetrySettings } from './retry-options.ts';

/** Failures in a row, as the waits count them. */
export interface Streak {
  failures: number;
  /** The wait before the last attempt, in milliseconds. */
  waitMs: number;
}

/** Attempts, each after a wait, until one succeeds or there is a reason to stop. One budget covers all of it. */
export class AttemptSeries<T> {
  /** A new attempt begins. */
  onAttempt: ((attempt: number) => void) | undefined;
  readonly #attempted: Attempted<T>;
  readonly #settings: RetrySettings<T>;
  readonly #streak: Streak;
  readonly #startedAt: number;
  readonly #failed: FailedAttempt[] = [];
  #count = 0;

  constructor(attempted: Attempted<T>, settings: RetrySettings<T>, streak: Streak = { failures: 0, waitMs: 0 }) {
    this.#attempted = attempted;
    this.#settings = settings;
    this.#streak = streak;
    this.#startedAt = settings.clock.now();
  }

  /**
   * @param lost - begins with the wait after this failure, rather than with an attempt
   * @throws {@link RetryError}; the first attempt's own error when that is final
   */
  async run(lost?: unknown): Promise<T> {
    const { clock, timeoutMs, attemptTimeoutMs, retryIf, signal } = this.#settings;
    if (lost !== undefined) await this.#wait(lost);
    for (;;) {
      if (signal?.aborted === true) throw this.#error('aborted');
      const startedAt = clock.now();
      this.#count += 1;
      this.onAttempt?.(this.#count);
      try {
        return await oneAttempt(this.#attempted, this.#count, Math.min(this.#leftMs(), attemptTimeoutMs), this.#settings);
      } catch (error) {
        this.#remember(error, startedAt);
        // Asked through the variable again: the signal may have fired meanwhile, which the compiler does not expect.
        if (this.#settings.signal?.aborted === true) throw this.#error('aborted');
        if (!retryIf(error, this.#streak.failures + 1)) {
          if (this.#count === 1) throw error;
          throw this.#error('final', ': this error is not one that another attempt mends');
        }
        if (timeoutMs !== Infinity && this.#leftMs() <= 0) throw this.#error('budget', `: the budget of ${timeoutMs} ms is used up`);
        await this.#wait(error);
      }
    }
  }

  /** The wait after a failure. @throws {@link RetryError} when there is to be no further attempt */
  async #wait(error: unknown): Promise<void> {
    const { attempts, backoff, onRetry, timeoutMs } = this.#settings;
    const streak = this.#streak;
    streak.failures += 1;
    if (this.#count === 0) this.#remember(error, this.#startedAt);
    if (streak.failures >= attempts) throw this.#error('attempts');
    const waitMs = backoff(streak.failures, streak.waitMs);
    if (typeof waitMs !== 'number' || !(waitMs >= 0 && waitMs <= LONGEST_TIMER_MS)) {
      throw wrongOption('retry', 'backoff', waitMs, 'a function that gives milliseconds, from 0 to 24.8 days');
    }
    const leftMs = this.#leftMs();
    if (waitMs >= leftMs) {
      throw this.#error('budget', `: the next one would begin in ${Math.round(waitMs)} ms, and ${Math.max(0, Math.round(leftMs))} ms of the budget of ${timeoutMs} ms are left`);
    }
    streak.waitMs = waitMs;
    onRetry?.({ failures: streak.failures, error, waitMs });
    await this.#sleep(waitMs);
  }

  #sleep(waitMs: number): Promise<void> {
    const { clock, signal } = this.#settings;
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(this.#error('aborted'));
      const onAbort = (): void => {
        cancel();
        reject(this.#error('aborted'));
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      const cancel = clock.after(waitMs, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
    });
  }

  #leftMs(): number {
    const { clock, timeoutMs } = this.#settings;
    return timeoutMs === Infinity ? Infinity : Math.max(0, this.#startedAt + timeoutMs - clock.now());
  }

  #remember(error: unknown, startedAt: number): void {
    const now = this.#settings.clock.now();
    if (this.#failed.length === REMEMBERED) this.#failed.shift();
    this.#failed.push({ error, startedAfterMs: startedAt - this.#startedAt, tookMs: now - startedAt });
  }

  #error(stopped: RetryStop, why: string = ''): RetryError {
    const tries = this.#count === 0 ? 'before the first attempt' : `after ${this.#count} attempt${this.#count === 1 ? '' : 's'}`;
    return new RetryError(stopped, `${tries}${why}`, [...this.#failed], this.#settings.signal);
  }
}
