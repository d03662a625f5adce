import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

interface Cost {
  /** Of heap. */
  readonly bytes: number;
  readonly promises: number;
  /** Of the stream below: each is a call into the system. */
  readonly writes: number;
}

/**
 * What one operation may cost, a fifth above what it does cost. Times are not held here: on a machine with others at work they say little. What is counted says the same
 * everywhere, and a promise, an object or a write more on a hot path is seen at once.
 */
const LIMITS: Readonly<Record<string, Cost>> = {
  'send of 128 bytes': { bytes: 280, promises: 1, writes: 0.01 },
  'round trip of 64 bytes': { bytes: 7200, promises: 6, writes: 2 },
  'acquire and release': { bytes: 430, promises: 2, writes: 0 },
  'event of a poll, 100 at a time': { bytes: 110, promises: 0.05, writes: 0 },
};

test('no hot path costs more memory, promises or writes than it did', () => {
  const program = fileURLToPath(new URL('programs/costs.mjs', import.meta.url));
  const counts = execFileSync(process.execPath, ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64', program], { encoding: 'utf8', timeout: 60_000 });
  const costs = JSON.parse(counts) as Record<string, Cost>;
  expect(Object.keys(costs)).toEqual(Object.keys(LIMITS));
  for (const [operation, limit] of Object.entries(LIMITS)) {
    const cost = costs[operation] as Cost;
    for (const name of ['bytes', 'promises', 'writes'] as const) {
      expect(cost[name], `${name} of one ${operation}`).toBeLessThanOrEqual(limit[name]);
      // A counter that counts nothing would hold any limit.
      if (limit[name] >= 1) expect(cost[name], `${name} of one ${operation} are counted`).toBeGreaterThan(limit[name] / 4);
    }
  }
});
