/**
 * For Node.js: the times of a pool in histograms of `node:perf_hooks`.
 *
 * @module
 */
export { poolHistograms } from './metrics/pool-histograms.ts';
export type { PoolHistograms, PoolHistogramsOptions } from './metrics/pool-histograms.ts';
export type { TimeHistogram } from './metrics/time-histogram.ts';
export type { PoolTimes, TimeSnapshot } from './telemetry/time-snapshot.ts';
