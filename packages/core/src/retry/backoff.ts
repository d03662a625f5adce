import type { DurationField, OneOfField, Section, SectionInput } from '@sock/config';
import { checkNames, duration, oneOf, section, wrongOption } from '@sock/config';

/**
 * How long to wait before the next attempt, in milliseconds.
 *
 * @param failures - failures in a row so far, from 1 on
 * @param previousMs - the wait before the last attempt; 0 when there was none
 */
export type Backoff = (failures: number, previousMs: number) => number;

/**
 * What chance does to a wait (AWS Architecture Blog, "Exponential Backoff And Jitter"). With `step = min(max, base × factor^(failures − 1))`:
 * - `full`: anywhere from 0 to `step`
 * - `equal`: half of `step`, and up to as much again
 * - `decorrelated`: anywhere from `base` to three times the wait before, `max` at most; `factor` has no part in it
 * - `none`: `step` itself
 */
export type Jitter = 'full' | 'equal' | 'decorrelated' | 'none';

/** What {@link backoffSection} holds. */
export interface BackoffFields {
  /** The longest wait after the first failure. **100 ms**, 1 ms to 1 h. Why: a few round trips, and a restart on the same machine. */
  readonly base: DurationField;
  /** No wait is longer. **30 s**, 1 ms to 1 d. Why: a service that is back is found within half a minute. */
  readonly max: DurationField;
  /** What chance does to a wait. **`full`**. Why: clients that failed together must not come back together, and it costs the least work in all. */
  readonly jitter: OneOfField<Jitter>;
}

/** The waits of {@link backoff}. Environment: `SOCK_BACKOFF_…`. */
export const backoffSection: Section<'backoff', BackoffFields> = /*#__PURE__*/ section('backoff', {
  base: /*#__PURE__*/ duration({ default: '100ms', min: '1ms', max: '1h', doc: 'The longest wait after the first failure' }),
  max: /*#__PURE__*/ duration({ default: '30s', min: '1ms', max: '1d', doc: 'No wait before an attempt is longer' }),
  jitter: /*#__PURE__*/ oneOf(['full', 'equal', 'decorrelated', 'none'], { default: 'full', doc: 'What chance does to a wait' }),
});

/** Options of {@link backoff}. */
export interface BackoffOptions extends SectionInput<Section<'backoff', BackoffFields>> {
  /** What each failure multiplies the wait by, 1 to 100; fractions are fine. Default: **2** */
  readonly factor?: number | undefined;
  /** Chance: from 0 up to, and without, 1. Default: **`Math.random`** */
  readonly random?: (() => number) | undefined;
}

/**
 * Waits that grow with each failure, up to a cap, and that chance spreads.
 *
 * @throws `ERR_SOCK_CONFIG` for an option that it does not have, or a value out of range
 * @example
 * backoff({ base: '200ms', max: '10s' }) // up to 200 ms, 400 ms, 800 ms … 10 s
 */
export function backoff(options: BackoffOptions = {}): Backoff {
  checkNames('backoff', options, ['base', 'max', 'jitter', 'factor', 'random']);
  const { base, max, jitter } = backoffSection.pick(options, 'backoff()');
  const { factor = 2, random = Math.random } = options;
  if (typeof factor !== 'number' || !(factor >= 1 && factor <= 100)) throw wrongOption('backoff', 'factor', factor, 'a number from 1 to 100');
  if (typeof random !== 'function') throw wrongOption('backoff', 'random', random, 'a function that gives numbers from 0 to 1');
  if (base > max) throw wrongOption('backoff', 'base', base, `a duration up to max, which is ${max} ms`);
  const between = (low: number, high: number): number => Math.floor(low + random() * (high - low));
  if (jitter === 'decorrelated') return (_, previousMs) => Math.min(max, between(base, Math.max(base, previousMs) * 3));
  // A power that overflows is Infinity, and so the cap.
  const step = (failures: number): number => Math.min(max, base * factor ** (failures - 1));
  if (jitter === 'none') return (failures) => Math.floor(step(failures));
  return (failures) => between(jitter === 'equal' ? step(failures) / 2 : 0, step(failures));
}
