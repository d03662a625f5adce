import type { Clock } from '@sock/core/timing';
import { systemClock } from '@sock/core/timing';

/** Where a poll has its time from. Tests put their own in its place. A poll runs one timer at a time, and none while nobody waits. */
export interface PollClock extends Clock {
  /** Calls `run` after the runtime has looked for I/O, as soon as it may. */
  turn(run: () => void): void;
}

/** The clock of the runtime, with `setImmediate` for turns where there is one. */
export function systemPollClock(): PollClock {
  // Not every runtime has it, so it is asked for; the time-out of 0 that stands in for it costs a millisecond.
  const { setImmediate: immediate } = globalThis as { setImmediate?: (run: () => void) => unknown };
  return { ...systemClock, turn: immediate === undefined ? (run) => void setTimeout(run, 0) : (run) => void immediate(run) };
}
