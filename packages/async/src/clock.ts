/** Where operations have their time from. Tests put their own in its place. */
export interface OperationsClock {
  /** Milliseconds from any start; never goes back. */
  now(): number;
  /** Calls `run` once after so many milliseconds, 2,147,483,647 at most; one at a time is asked for. Answers what {@link stop} takes. */
  start(run: () => void, milliseconds: number): unknown;
  stop(timer: unknown): void;
}

/** The clock of the runtime. */
export function systemClock(): OperationsClock {
  return {
    now: () => performance.now(),
    start: (run, milliseconds) => setTimeout(run, milliseconds),
    stop: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
  };
}
