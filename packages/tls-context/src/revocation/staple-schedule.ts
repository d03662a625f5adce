import type { GoodStaple } from './staple-verifier.ts';

/** Failures are tried again at least that often. */
const LONGEST_RETRY_MS = 3_600_000;
/** A timer that is set for longer than 24.8 days fires at once. */
const LONGEST_TIMER_MS = 86_400_000 * 24;

/**
 * How long to wait until a good response is refreshed, in milliseconds: until half of its life, up to a tenth of the wait earlier, so that many
 * servers do not ask at once; when that is over, half of what is left. Never less than `minInterval`.
 *
 * @param random - 0 to 1
 */
export function refreshDelay({ thisUpdate, validUntil }: GoodStaple, now: number, minInterval: number, random: number): number {
  const half = thisUpdate + (validUntil - thisUpdate) / 2 - now;
  const wait = half > 0 ? half : (validUntil - now) / 2;
  return Math.min(Math.max(wait * (1 - random / 10), minInterval), LONGEST_TIMER_MS);
}

/** How long to wait after so many failures in a row: twice as long each time up to an hour, and up to a tenth more. Never less than `minInterval`. */
export function retryDelay(failures: number, minInterval: number, random: number): number {
  const wait = Math.min(minInterval * 2 ** Math.min(failures - 1, 30), LONGEST_RETRY_MS / 1.1);
  return Math.max(wait * (1 + random / 10), minInterval);
}
