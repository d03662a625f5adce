// Support of the tests: not compiled into dist, and not published.
import type { Clock } from '@sock/core/timing';
import { turns } from '@sock/testkit';

export interface FakeClock extends Clock {
  /** Timers that run. */
  readonly timers: number;
  /** Lets time pass, each timer at its time, and then what follows from them. */
  advance(milliseconds: number): Promise<void>;
  /** {@link advance} without waiting for what follows. */
  move(milliseconds: number): void;
}

export function fakeClock(): FakeClock {
  let time = 1000;
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  const move = (milliseconds: number): void => {
    const end = time + milliseconds;
    for (;;) {
      const next = [...timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      time = next.at;
      timers.delete(next);
      next.run();
    }
    time = end;
  };
  return {
    now: () => time,
    after: (milliseconds, run) => {
      const timer = { at: time + milliseconds, run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    get timers() {
      return timers.size;
    },
    move,
    advance: async (milliseconds) => {
      move(milliseconds);
      await turns(1);
    },
  };
}
