/** Where time comes from; a test gives its own. */
export interface Clock {
  /** Milliseconds that only grow. */
  readonly now: () => number;
  /** Calls `run` once after so many milliseconds; the answer takes it back, and is harmless afterwards. */
  readonly after: (milliseconds: number, run: () => void) => () => void;
}

/** setTimeout fires at once for anything longer. */
export const LONGEST_TIMER_MS = 2_147_483_647;

/** The clock and the timers of the runtime. What is further away than 24.8 days never comes. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after: (milliseconds, run) => {
    if (milliseconds > LONGEST_TIMER_MS) return () => {};
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};
