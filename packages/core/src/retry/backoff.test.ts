import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BackoffOptions, Jitter } from './backoff.ts';
import { backoff } from './backoff.ts';

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('without jitter the waits are the exponential steps, up to the cap', () => {
  const wait = backoff({ base: '100ms', factor: 3, max: '2s', jitter: 'none' });
  expect([1, 2, 3, 4, 1000].map((failures) => wait(failures, 0))).toEqual([100, 300, 900, 2000, 2000]);
});

test('the defaults are full jitter from 100 ms, doubled, 30 s at most', () => {
  const wait = backoff({ random: () => 0.999_999 });
  expect([1, 2, 3, 20].map((failures) => wait(failures, 0))).toEqual([99, 199, 399, 29_999]);
  expect(backoff({ random: () => 0 })(7, 0)).toBe(0);
});

test('every jitter stays within its bounds, whatever chance gives', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<Jitter>('full', 'equal', 'decorrelated', 'none'),
      fc.integer({ min: 1, max: 3_600_000 }), fc.integer({ min: 0, max: 3_600_000 }), fc.double({ min: 1, max: 100, noNaN: true }),
      fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 0, max: 86_400_000 }), random,
      (jitter, base, above, factor, failures, previousMs, chance) => {
        const max = base + above;
        const wait = backoff({ jitter, base, max, factor, random: () => chance })(failures, previousMs);
        const step = Math.min(max, base * factor ** (failures - 1));
        const low = { full: 0, equal: step / 2 - 1, decorrelated: Math.min(base, max), none: Math.floor(step) }[jitter];
        const high = { full: step, equal: step, decorrelated: Math.min(max, Math.max(base, previousMs) * 3), none: step }[jitter];
        expect(wait).toBeGreaterThanOrEqual(low);
        expect(wait).toBeLessThanOrEqual(high);
        expect(Number.isInteger(wait)).toBe(true);
      },
    ),
    { numRuns: 10_000 },
  );
});

test('full jitter spreads clients over the whole step', () => {
  const wait = backoff({ base: '1s', max: '1s' });
  const quarters = [0, 0, 0, 0];
  for (let client = 0; client < 4000; client += 1) quarters[Math.floor(wait(1, 0) / 250)]! += 1;
  for (const clients of quarters) expect(clients).toBeGreaterThan(800);
});

test.each<[BackoffOptions, RegExp]>([
  [{ factor: 0.5 }, /factor: found 0.5 in backoff\(\).* allowed: a number from 1 to 100/],
  [{ factor: NaN }, /factor: found NaN/],
  [{ base: '2s', max: '1s' }, /base: found 2000 in backoff\(\); allowed: a duration up to max, which is 1000 ms/],
  [{ base: 0 }, /backoff.base: found 0 in backoff\(\)/],
  [{ jitter: 'some' as Jitter }, /backoff.jitter: found "some"/],
  [{ random: 4 as never }, /random: found 4/],
  [{ maxx: 4 } as BackoffOptions, /maxx: found an option that it does not have .*did you mean max/],
])('%j is refused by the name of the option', (options, words) => {
  expect(() => backoff(options)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_CONFIG', message: expect.stringMatching(words) }));
});
