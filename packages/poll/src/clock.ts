/** Where a poll has its time from. Tests put their own in its place. */
export interface PollClock {
  /** Milliseconds from any start; never goes back. */
  now(): number;
  /** Calls `run` once after so many milliseconds, 2,147,483,647 at most; one at a time is asked for. Answers what {@link stop} takes. */
  start(run: () => void, milliseconds: number): unknown;
  stop(timer: unknown): void;
  /** Calls `run` after the runtime has looked for I/O, as soon as it may. */
  turn(run: () => void): void;
}

/** The clock of the runtime: `performance.now`, `setTimeout`, and `setImmediate` where there is one. */
export function systemClock(): PollClock {
  // Not every runtime has it, so it is asked for; the time-out of 0 that stands in for it costs a millisecond.
  const { setImmediate: immediate } = globalThis as { setImmediate?: (run: () => void) => unknown };
  return {
    now: () => performance.now(),
    start: (run, milliseconds) => setTimeout(run, milliseconds),
    stop: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
    turn: immediate === undefined ? (run) => void setTimeout(run, 0) : (run) => void immediate(run),
  };
}
