import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

test.each([['100/s', 100, 100], ['90/m', 1.5, 2], ['5/h', 5 / 3600, 1], ['0.5/s', 0.5, 1]] as const)('"%s" is %d in a second, %d at once', (rate, perSecond, burst) => {
  expect(new TokenBucket(rate, () => 0)).toMatchObject({ perSecond, burst });
});

test('in any stretch of time no more than the burst and the rate times its length, and no fewer when more came', () => {
  fc.assert(fc.property(fc.double({ min: 0.01, max: 1000, noNaN: true }), fc.integer({ min: 1, max: 50 }), fc.array(fc.integer({ min: 0, max: 2000 }), { maxLength: 200 }), (perSecond, burst, gaps) => {
    let clock = 0;
    const bucket = new TokenBucket({ perSecond, burst }, () => clock);
    const taken: number[] = [];
    for (const gap of gaps) {
      clock += gap;
      const had = bucket.tokens;
      const took = bucket.take();
      expect(took).toBe(had >= 1 - 1e-6);
      if (took) taken.push(clock);
      expect(bucket.tokens).toBeGreaterThanOrEqual(0);
      expect(bucket.tokens).toBeLessThanOrEqual(burst);
    }
    for (let start = 0; start < taken.length; start += 1) {
      for (let end = start; end < taken.length; end += 1) {
        const allowed = burst + (((taken[end] as number) - (taken[start] as number)) * perSecond) / 1000;
        expect(end - start + 1).toBeLessThanOrEqual(allowed + 1e-3);
      }
    }
  }), { numRuns: 300 });
});

test('a clock that goes back gives nothing', () => {
  let clock = 1000;
  const bucket = new TokenBucket('1/s', () => clock);
  expect(bucket.take()).toBe(true);
  clock = 0;
  expect(bucket.take()).toBe(false);
  clock = 1999;
  expect(bucket.take()).toBe(false);
  clock = 2000;
  expect(bucket.take()).toBe(true);
});
