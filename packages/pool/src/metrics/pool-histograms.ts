import { checkNames, wrongOption } from '@sock/config';
import type { PoolRecorders, Recorder } from '../pool-options.ts';
import type { PoolTimes, TimeSnapshot } from '../telemetry/time-snapshot.ts';
import type { TimeHistogram } from './time-histogram.ts';
import { timeHistogram } from './time-histogram.ts';

/** Options of `poolHistograms`. */
export interface PoolHistogramsOptions {
  /** Significant decimal figures that are kept of each time. **3**, 1 to 5. Why: a thousandth is finer than any time is worth, and each figure more takes ten times the memory. */
  readonly figures?: number | undefined;
}

/** The times of a pool, or of several that share them. */
export interface PoolHistograms {
  /** For `createPool(connector, { recorders })`. */
  readonly recorders: Readonly<Record<keyof PoolRecorders, Recorder>>;
  /** From `acquire` to the lease, of those that were answered with one. */
  readonly wait: TimeHistogram;
  /** Of dials that succeeded, `prepare` included. */
  readonly create: TimeHistogram;
  /** From the lease to its release. */
  readonly use: TimeHistogram;
  /** All three, in milliseconds. */
  snapshot(): Readonly<Record<keyof PoolTimes, TimeSnapshot>>;
  /** Forgets all times: a new period begins. */
  reset(): void;
}

/**
 * Histograms of what a pool measures.
 *
 * @throws `ERR_SOCK_CONFIG` for a wrong option
 * @example
 * ```ts
 * const times = poolHistograms();
 * const pool = createPool(tcp(), { recorders: times.recorders });
 * console.log(times.snapshot().wait.p99, times.wait.percentile(95));
 * ```
 */
export function poolHistograms(options: PoolHistogramsOptions = {}): PoolHistograms {
  checkNames('poolHistograms', options, ['figures']);
  const { figures = 3 } = options;
  if (!Number.isInteger(figures) || figures < 1 || figures > 5) throw wrongOption('poolHistograms', 'figures', figures, 'a whole number from 1 to 5');
  const wait = timeHistogram(figures);
  const create = timeHistogram(figures);
  const use = timeHistogram(figures);
  return {
    recorders: { wait, create, use },
    wait,
    create,
    use,
    snapshot: () => ({ wait: wait.snapshot(), create: create.snapshot(), use: use.snapshot() }),
    reset: () => {
      for (const histogram of [wait, create, use]) histogram.reset();
    },
  };
}
