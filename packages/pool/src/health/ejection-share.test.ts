import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mayEjectOneMore } from './ejection-share.ts';

test.each([
  [0, 2, 50, true], [1, 2, 50, false], [1, 2, 100, true],
  [1, 4, 50, true], [2, 4, 50, false], [2, 4, 74, false], [2, 4, 75, true],
  [1, 3, 50, false], [1, 3, 66, false], [1, 3, 67, true],
])('with %i of %i ejected, and %i percent allowed: one more %s', (ejected, total, percent, may) => {
  expect(mayEjectOneMore(ejected, total, percent)).toBe(may);
});

test('of several, one may always be ejected, however small the share; but a share of 0 means none', () => {
  expect([mayEjectOneMore(0, 4, 10), mayEjectOneMore(1, 4, 10), mayEjectOneMore(0, 4, 0)]).toEqual([true, false, false]);
});

test('the share says nothing about a single endpoint', () => {
  expect([mayEjectOneMore(0, 1, 0), mayEjectOneMore(0, 1, 1), mayEjectOneMore(0, 0, 0)]).toEqual([true, true, true]);
});

test('however many ask, the share is kept, and one more would pass it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 500 }), fc.integer({ min: 1, max: 100 }), (total, percent) => {
      let ejected = 0;
      while (ejected < total && mayEjectOneMore(ejected, total, percent)) ejected += 1;
      expect(ejected).toBe(Math.max(1, Math.floor((total * percent) / 100)));
    }),
    { numRuns: 10_000 },
  );
});
