import type { SocketError as AnySocketError } from '../errors.ts';
import { isSocketError, SocketError } from '../errors.ts';

/** One attempt that failed. */
export interface FailedAttempt {
  readonly error: unknown;
  /** When it began and how long it took, in milliseconds since the first one began. */
  readonly startedAfterMs: number;
  readonly tookMs: number;
}

/**
 * Why there was no further attempt:
 * - `attempts`: there were as many as `attempts` allows
 * - `budget`: `timeout` is used up, or would be before the next attempt begins
 * - `final`: the last error is not one that another attempt mends
 * - `aborted`: the signal fired
 */
export type RetryStop = 'attempts' | 'budget' | 'final' | 'aborted';

/** The most attempts that an error remembers: of more, the last ones. */
export const REMEMBERED = 100;

/**
 * The last error, told again with all that came before it: code, phase, category, endpoint and `retryable` are the last error's, which is
 * the `cause`. After an abort the code is `ERR_SOCK_ABORTED`, and the cause is the signal's reason. An error that is not of these packages
 * gives `ERR_SOCK_RETRY`.
 */
export class RetryError extends SocketError {
  override readonly name: string = 'RetryError';
  /** Every failed attempt in order, 100 at most: of more, the last ones. */
  readonly attempts: readonly FailedAttempt[];
  readonly stopped: RetryStop;

  constructor(stopped: RetryStop, why: string, attempts: readonly FailedAttempt[], signal?: AbortSignal) {
    const last = attempts.at(-1)?.error;
    const words = last instanceof Error ? last.message : String(last);
    if (stopped === 'aborted') {
      const message = `aborted by its signal ${why}${attempts.length === 0 ? '' : `; the last failed with: ${words}`}`;
      super('ERR_SOCK_ABORTED', message, { phase: phaseOf(last), category: 'aborted', endpoint: isSocketError(last) ? last.endpoint : undefined, cause: signal?.reason });
    } else if (isSocketError(last)) {
      const { code, phase, category, retryable, endpoint, bytesMoved } = last;
      super(code, `${words}; gave up ${why}`, { phase, category, retryable, endpoint, bytesMoved, cause: last });
    } else {
      super('ERR_SOCK_RETRY', `${words}; gave up ${why}`, { phase: 'connect', category: 'system', cause: last });
    }
    this.attempts = attempts;
    this.stopped = stopped;
  }
}

function phaseOf(error: unknown): AnySocketError['phase'] {
  return isSocketError(error) ? error.phase : 'connect';
}
