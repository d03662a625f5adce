// Support of the tests: not compiled into dist, and not published.
import type { Clock } from '@sock/core/timing';
import { turns } from '@sock/testkit';
import { vi } from 'vitest';

export interface FakeClock extends Clock {
  /** Timers that run. */
  readonly timers: number;
  /** Lets time pass, the wall clock's too, each timer at its time, and what follows from it before the next. */
  advance(milliseconds: number): Promise<void>;
}

/** Time that stands until it is moved. The file has to call `vi.useRealTimers()` in the end: the wall clock stands, too. */
export function fakeClock(): FakeClock {
  let time = 1000;
  const wall = 1_700_000_000_000;
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  vi.useFakeTimers({ toFake: ['Date'], now: wall });
  const move = (to: number): void => {
    vi.setSystemTime(Date.now() + to - time);
    time = to;
  };
  return {
    now: () => time,
    after: (milliseconds, run) => {
      if (milliseconds === Infinity) return () => {};
      const timer = { at: time + milliseconds, run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    get timers() {
      return timers.size;
    },
    advance: async (milliseconds) => {
      const end = time + milliseconds;
      for (;;) {
        const next = [...timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        move(Math.max(time, next.at));
        timers.delete(next);
        next.run();
        await turns(1);
      }
      move(end);
      await turns(1);
    },
  };
}
