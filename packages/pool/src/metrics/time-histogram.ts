import { createHistogram } from 'node:perf_hooks';
import type { Recorder } from '../pool-options.ts';
import type { TimeSnapshot } from '../telemetry/time-snapshot.ts';

/** Times in a histogram of Node.js (`node:perf_hooks`), which takes the same space however many they are. */
export interface TimeHistogram extends Recorder {
  /** Times so far. */
  readonly count: number;
  /** So many percent of them took no longer: milliseconds, 0 while there are none. @param percent - above 0, up to 100 */
  percentile(percent: number): number;
  /** Count, sum and percentiles at this moment. */
  snapshot(): TimeSnapshot;
  /** Forgets all of them. */
  reset(): void;
}

/** @param figures - significant decimal figures that are kept of each time */
export function timeHistogram(figures: number): TimeHistogram {
  const histogram = createHistogram({ figures });
  // Added up here: the mean of the histogram is one of rounded values, and a sum made of it may fall.
  let sum = 0;
  const percentile = (percent: number): number => milliseconds(histogram.count === 0 ? 0 : Math.min(histogram.percentile(percent), histogram.max));
  return {
    record: (nanoseconds) => {
      // What is longer than 104 days is refused by the histogram. The sum takes the same: one endless time would leave it Infinity until the next reset.
      const time = Math.min(nanoseconds, Number.MAX_SAFE_INTEGER);
      histogram.record(time);
      sum += time;
    },
    get count() {
      return histogram.count;
    },
    percentile,
    snapshot: () => {
      const { count } = histogram;
      if (count === 0) return { count, sum: 0, min: 0, mean: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 };
      return {
        count,
        sum: milliseconds(sum),
        min: milliseconds(histogram.min),
        mean: milliseconds(sum / count),
        p50: percentile(50),
        p90: percentile(90),
        p99: percentile(99),
        p999: percentile(99.9),
        max: milliseconds(histogram.max),
      };
    },
    reset: () => {
      histogram.reset();
      sum = 0;
    },
  };
}

function milliseconds(nanoseconds: number): number {
  return nanoseconds / 1e6;
}
