// Support of the tests: not compiled into dist, and not published.
import type { Clock } from '@sock/core/timing';

/** A clock that stands until it is moved. */
export interface FakeClock extends Clock {
  /** Timers that run. */
  readonly timers: number;
  /** Lets time pass, each timer at its time, and after each what follows from it. */
  advance(milliseconds: number): Promise<void>;
  /** Time passes within a turn: a program is at work, and no timer can run. */
  work(milliseconds: number): void;
}

/** Lets what was promised happen. Forty steps are more than any chain of promises in this package has. */
export async function settle(): Promise<void> {
  for (let step = 0; step < 40; step += 1) await nothing;
}

const nothing = Promise.resolve();

export function fakeClock(): FakeClock {
  let time = 1000;
  let added = 0;
  const timers = new Set<{ readonly at: number; readonly order: number; readonly run: () => void }>();
  return {
    now: () => time,
    after: (milliseconds, run) => {
      const timer = { at: time + Math.max(0, milliseconds), order: added++, run };
      if (milliseconds !== Infinity) timers.add(timer);
      return () => void timers.delete(timer);
    },
    get timers() {
      return timers.size;
    },
    advance: async (milliseconds) => {
      const end = time + milliseconds;
      await settle();
      for (;;) {
        const next = [...timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at || a.order - b.order)[0];
        if (next === undefined) break;
        time = Math.max(time, next.at);
        timers.delete(next);
        next.run();
        await settle();
      }
      time = Math.max(time, end);
    },
    work: (milliseconds) => {
      time += milliseconds;
    },
  };
}
