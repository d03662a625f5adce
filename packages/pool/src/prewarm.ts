import { parseDuration } from '@sock/config';
import { wait } from '@sock/core';
import type { Clock } from '@sock/core/timing';
import { PoolError } from './errors.ts';
import type { Group } from './group.ts';
import type { PrewarmOptions, PrewarmResult } from './pool.ts';
import type { PoolLimits } from './pool-section.ts';
import type { Supply } from './supply.ts';

/** What {@link prewarm} stands on. */
export interface PrewarmParts<T, D> {
  readonly clock: Clock;
  readonly limits: PoolLimits;
  readonly supply: Supply<T, D>;
  /** Where the end of the pool finds it. */
  readonly warmUps: Set<(error: unknown) => void>;
}

/** A year; the runtime's timers are not so long, and the clock puts several in a row. */
const FOREVER_MS = 365 * 24 * 3_600_000;

/** `pool.prewarm()`: dials until there are so many, as the limits allow, one after the other or several at a time. */
export async function prewarm<T, D>(group: Group<T, D>, options: PrewarmOptions, { clock, limits, supply, warmUps }: PrewarmParts<T, D>): Promise<PrewarmResult> {
  const { count = Math.max(1, limits.minPerKey), stagger = 0, failFast = false, signal, timeout } = options;
  if (!Number.isSafeInteger(count) || count < 0) throw new PoolError('ERR_SOCK_POOL_ARGUMENT', `prewarm() got a count of ${String(count)}: it takes a whole number from 0 on`);
  const staggerMs = parseDuration(stagger);
  const errors: unknown[] = [];
  let opened = 0;
  let under = 0;
  let left = Math.max(0, count - group.size);
  return await wait<PrewarmResult>({ signal, timeout }, { phase: 'connect', what: 'prewarm' }, (resolve, reject) => {
    let over = false;
    /** No dial before, by the clock. */
    let nextAt = -Infinity;
    group.pins += 1;
    // What it waits for may have timers that hold no process: it does.
    const unhold = clock.after(FOREVER_MS, () => {});
    let cancel: (() => void) | undefined;
    const finish = (): void => {
      if (!over) group.pins -= 1;
      over = true;
      cancel?.();
      unhold();
      group.warming.delete(go);
      warmUps.delete(fail);
    };
    const fail = (error: unknown): void => {
      if (over) return;
      finish();
      reject(error);
    };
    const ended = (ok: boolean, error?: unknown): void => {
      under -= 1;
      if (ok) opened += 1;
      else errors.push(error);
      if (over) return;
      if (!ok && failFast) return fail(error);
      cancel?.();
      cancel = clock.after(0, go);
    };
    /** Dials what may be dialled now, and comes again when that changes. */
    const go = (): void => {
      if (over) return;
      cancel?.();
      while (left > 0) {
        if (supply.paused || supply.mustWait(group)) return void group.warming.add(go);
        const now = clock.now();
        // Also when one has ended: that it was fast is no reason to dial faster.
        if (now < nextAt) return void (cancel = clock.after(nextAt - now, go));
        if (!supply.spare(group, now, ended)) {
          const { retryAt, error } = supply.obstacle(group, now);
          if (retryAt !== undefined) return void (cancel = clock.after(retryAt - now, go));
          if (error !== undefined && failFast) return fail(error);
          if (error !== undefined) {
            errors.push(error);
            left = 0;
          }
          break;
        }
        under += 1;
        left -= 1;
        nextAt = now + staggerMs;
      }
      // Nothing is on its way, and no more may be: the limits, or a failure, say so.
      if (under > 0) return;
      finish();
      resolve({ opened, errors });
    };
    warmUps.add(fail);
    go();
    return finish;
  });
}
