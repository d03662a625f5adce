import { callHook } from '../hook.ts';
import type { PoolRecorders, Recorder } from '../pool-options.ts';

/** Joins recorders into one: each gets every time that it takes, whatever the others throw. A time that none of them takes is not measured. */
export function recorders(...joined: readonly PoolRecorders[]): PoolRecorders {
  return { wait: together(joined, 'wait'), create: together(joined, 'create'), use: together(joined, 'use') };
}

function together(joined: readonly PoolRecorders[], name: keyof PoolRecorders): Recorder | undefined {
  const takers = joined.flatMap((each) => each[name] ?? []);
  if (takers.length < 2) return takers[0];
  return {
    record: (nanoseconds) => {
      // One that fails must not cost the others their times.
      for (const taker of takers) callHook(() => taker.record(nanoseconds));
    },
  };
}
