import fc from 'fast-check';
import { expect, test } from 'vitest';
import { refreshDelay, retryDelay } from './staple-schedule.ts';

const MINUTE = 60_000;
const random = fc.double({ min: 0, max: 1, noNaN: true });

test('a refresh comes before the response runs out, at about half of its life, and never sooner than minInterval', () => {
  fc.assert(
    fc.property(fc.integer({ min: 4 * MINUTE, max: 30 * 24 * 60 * MINUTE }), fc.double({ min: 0, max: 0.99, noNaN: true }), random, (life, passed, dice) => {
      const staple = { thisUpdate: 1_000_000, validUntil: 1_000_000 + life, responder: '' };
      const now = 1_000_000 + Math.floor(life * passed);
      const delay = refreshDelay(staple, now, MINUTE, dice);
      expect(delay).toBeGreaterThanOrEqual(MINUTE);
      expect(delay).toBeLessThanOrEqual(Math.max(MINUTE, life / 2));
      expect(delay).toBeLessThan(2 ** 31);
      if (staple.validUntil - now > 2 * MINUTE) expect(now + delay).toBeLessThan(staple.validUntil);
    }),
  );
  expect(refreshDelay({ thisUpdate: 0, validUntil: 100 * MINUTE, responder: '' }, 0, MINUTE, 0)).toBe(50 * MINUTE);
});

test('a retry is never sooner than minInterval, never later than an hour unless that is longer, and each is later than the one before', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1000, max: 24 * 60 * MINUTE }), random, (failures, minInterval, dice) => {
      const delay = retryDelay(failures, minInterval, dice);
      expect(delay).toBeGreaterThanOrEqual(minInterval);
      expect(delay).toBeLessThanOrEqual(Math.max(60 * MINUTE + 1, minInterval));
      expect(retryDelay(failures + 1, minInterval, dice)).toBeGreaterThanOrEqual(delay);
    }),
  );
  expect([1, 2, 3, 4].map((failures) => retryDelay(failures, MINUTE, 0))).toEqual([1, 2, 4, 8].map((minutes) => minutes * MINUTE));
});
