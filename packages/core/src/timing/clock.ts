/** How a timer runs. */
export interface TimerOptions {
  /**
   * It keeps no program alive that has nothing else to wait for, where the runtime can do that: for upkeep. Default: **false**, for
   * timers that somebody waits for
   */
  readonly unref?: boolean | undefined;
}

/** Where time comes from. Tests put their own in its place. */
export interface Clock {
  /** Milliseconds from any start; never goes back. */
  now(): number;
  /**
   * Calls `run` once after so many milliseconds, never inside this call; fractions count upwards, and `Infinity` never comes. The answer takes it
   * back, and is harmless afterwards.
   */
  after(milliseconds: number, run: () => void, options?: TimerOptions): () => void;
}

/** setTimeout fires at once for anything longer: 24.8 days. */
export const LONGEST_TIMER_MS = 2_147_483_647;

/** The clock and the timers of the runtime. What is further away than 24.8 days takes one timer after another. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after: (milliseconds, run, options) => {
    if (milliseconds > LONGEST_TIMER_MS) return afterLong(milliseconds, run, options);
    // Upwards: one that fires early is looked at twice.
    const timer = setTimeout(run, Math.ceil(milliseconds));
    if (options?.unref === true) unref(timer);
    return () => clearTimeout(timer);
  },
};

function afterLong(milliseconds: number, run: () => void, options: TimerOptions | undefined): () => void {
  if (milliseconds === Infinity) return () => {};
  let cancel = systemClock.after(LONGEST_TIMER_MS, () => (cancel = systemClock.after(milliseconds - LONGEST_TIMER_MS, run, options)), options);
  return () => cancel();
}

function unref(timer: unknown): void {
  // Browsers have numbers for timers, and nothing to keep alive.
  (timer as { unref?: () => void }).unref?.();
}
