/** The times that were recorded so far, at one moment. All but `count` in milliseconds; all 0 while there are none. */
export interface TimeSnapshot {
  readonly count: number;
  /** All together. Exact, and never smaller than in an earlier snapshot, until a reset. */
  readonly sum: number;
  readonly min: number;
  /** `sum / count` */
  readonly mean: number;
  /** Half of them took no longer. */
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  /** 99.9 of 100 took no longer. */
  readonly p999: number;
  readonly max: number;
}

/** Snapshots of what a pool measures; see `PoolRecorders`. */
export interface PoolTimes {
  readonly wait?: TimeSnapshot | undefined;
  readonly create?: TimeSnapshot | undefined;
  readonly use?: TimeSnapshot | undefined;
}

/** The names, and what they mean, for those who export them. */
export const TIMES: Readonly<Record<keyof PoolTimes, string>> = {
  wait: 'From acquire to the lease, of calls that were answered with one',
  create: 'Dials that succeeded, prepare included',
  use: 'From the lease to its release',
};
