import { expect, test } from 'vitest';
import { Ejections } from './ejections.ts';
import { healthLimits } from './health-section.ts';

const limits = healthLimits({ baseEjection: '1s', maxEjection: '10s', jitter: 10 });
const none = (): number => 0;

/** How long so many ejections in a row last. */
function inARow(ejections: Ejections, count: number): number[] {
  return Array.from({ length: count }, () => ejections.next(0));
}

test('each ejection in a row is twice as long, and none is longer than the longest', () => {
  expect(inARow(new Ejections(limits, none), 7)).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
});

test('where the first time is the longest, all are of one length', () => {
  const ejections = new Ejections(healthLimits({ baseEjection: '10s', maxEjection: '10s' }), none);
  expect([...inARow(ejections, 3), ejections.inRow(0)]).toEqual([10_000, 10_000, 10_000, 1]);
});

test('chance makes it shorter by at most so many percent, at the longest time as well', () => {
  expect(inARow(new Ejections(limits, () => 0.5), 5)).toEqual([950, 1900, 3800, 7600, 9500]);
  expect(new Ejections(limits, () => 0.999_999).next(0)).toBeCloseTo(900, 2);
  expect(new Ejections(healthLimits({ jitter: 0 }), () => 0.5).next(0)).toBe(1000);
});

test('each longest time of health takes one back; less takes none', () => {
  const ejections = new Ejections(limits, none);
  inARow(ejections, 4);
  ejections.recovered(5000);
  expect([5000, 14_999, 15_000, 25_000, 45_000, 1e9].map((now) => ejections.inRow(now))).toEqual([4, 4, 3, 2, 0, 0]);
  expect(ejections.next(25_000)).toBe(4000);
  expect(ejections.inRow(1e9)).toBe(3);
});

test('a long outage is forgiven no later than one that just reached the longest time', () => {
  const ejections = new Ejections(limits, none);
  inARow(ejections, 1000);
  expect(ejections.inRow(0)).toBe(5);
  ejections.recovered(0);
  expect(ejections.next(50_000)).toBe(1000);
});
