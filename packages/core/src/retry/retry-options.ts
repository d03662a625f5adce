import type { DurationField, Optional, Section, SectionInput } from '@sock/config';
import { checkNames, duration, section, wrongOption } from '@sock/config';
import type { Cancel } from '../connector.ts';
import type { Clock } from '../timing/clock.ts';
import { systemClock } from '../timing/clock.ts';
import type { Backoff, BackoffOptions } from './backoff.ts';
import { backoff } from './backoff.ts';

/** A failed attempt that will be followed by another one. */
export interface Retry {
  /** Failures in a row so far, from 1 on. */
  readonly failures: number;
  readonly error: unknown;
  /** Milliseconds until the next attempt begins. */
  readonly waitMs: number;
}

/** What {@link retrySection} holds. */
export interface RetryFields {
  /** The budget over all attempts and waits. **none**, 0 to 1 d. Why: `attempts` bounds it already; give one where somebody waits. */
  readonly timeout: Optional<DurationField>;
  /** The most time for each attempt. **none**, 1 ms to 1 d. Why: what is tried has a time-out of its own, as `connect` has. */
  readonly attemptTimeout: Optional<DurationField>;
}

/** The times of `retry`. Environment: `SOCK_RETRY_…`. */
export const retrySection: Section<'retry', RetryFields> = /*#__PURE__*/ section('retry', {
  timeout: /*#__PURE__*/ duration({ max: '1d', doc: 'The budget over all attempts and waits' }),
  attemptTimeout: /*#__PURE__*/ duration({ min: '1ms', max: '1d', doc: 'The most time for each attempt' }),
});

/** Options of `retry`: what is tried again, how often, and when it is over. */
export interface RetryOptions<T = unknown> extends SectionInput<Section<'retry', RetryFields>>, Pick<Cancel, 'signal'> {
  /** Attempts in all, the first one included: a whole number from 1 on, or `Infinity`. Default: **5** */
  readonly attempts?: number | undefined;
  /** The waits between them. Default: **`backoff()`**: full jitter from 100 ms, doubled, 30 s at most */
  readonly backoff?: Backoff | BackoffOptions | undefined;
  /** Whether to try again after this error. Default: **`error.retryable`**, which the error tables of these packages set; other errors are final */
  readonly retryIf?: ((error: unknown, failures: number) => boolean) | undefined;
  /** Hears of each failure that is followed by another attempt, before the wait. What it throws ends the whole. Default: **none** */
  readonly onRetry?: ((retry: Retry) => void) | undefined;
  /** Gets what an attempt answered after it had been given up: close it here. Must not throw. Default: **it is dropped** */
  readonly discard?: ((late: T) => void) | undefined;
  /** Time. Default: **the runtime's** */
  readonly clock?: Clock | undefined;
}

/** {@link RetryOptions}, resolved. Times are in milliseconds, Infinity for none. */
export interface RetrySettings<T> {
  readonly attempts: number;
  readonly timeoutMs: number;
  readonly attemptTimeoutMs: number;
  readonly backoff: Backoff;
  readonly retryIf: (error: unknown, failures: number) => boolean;
  readonly onRetry: ((retry: Retry) => void) | undefined;
  readonly discard: ((late: T) => void) | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

const NAMES = ['attempts', 'attemptTimeout', 'backoff', 'clock', 'discard', 'onRetry', 'retryIf', 'signal', 'timeout'] as const;

/** Checks the options of `what`. @throws `ERR_SOCK_CONFIG` */
export function retrySettings<T>(
  what: string,
  options: RetryOptions<T> = {},
  { attempts: byDefault = 5, more = [], without = [] }: { attempts?: number; more?: readonly string[]; without?: readonly string[] } = {},
): RetrySettings<T> {
  checkNames(what, options, [...NAMES.filter((name) => !without.includes(name)), ...more]);
  const { timeout = Infinity, attemptTimeout = Infinity } = retrySection.pick(options, `${what}()`);
  const { attempts = byDefault, retryIf = isRetryable, onRetry, discard, clock = systemClock, signal } = options;
  if (attempts !== Infinity && !(Number.isSafeInteger(attempts) && attempts >= 1)) throw wrongOption(what, 'attempts', attempts, 'a whole number from 1 on, or Infinity');
  for (const [name, value] of Object.entries({ retryIf, onRetry, discard })) {
    if (value !== undefined && typeof value !== 'function') throw wrongOption(what, name, value, 'a function');
  }
  if (typeof (clock as Partial<Clock> | null)?.now !== 'function' || typeof clock.after !== 'function') throw wrongOption(what, 'clock', clock, 'an object with now() and after()');
  if (signal !== undefined && typeof (signal as Partial<AbortSignal> | null)?.addEventListener !== 'function') throw wrongOption(what, 'signal', signal, 'an AbortSignal');
  const waits = typeof options.backoff === 'function' ? options.backoff : backoff(options.backoff);
  return { attempts, timeoutMs: timeout, attemptTimeoutMs: attemptTimeout, backoff: waits, retryIf, onRetry, discard, clock, signal };
}

/**
 * Whether the same thing, tried again later, may well succeed. By the word of the error, not by its class: errors of two installed copies, and of other libraries that
 * have the word, agree.
 */
export function isRetryable(error: unknown): boolean {
  return error instanceof Error && 'retryable' in error && error.retryable === true;
}
