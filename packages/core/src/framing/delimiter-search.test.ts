import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteQueue } from './byte-queue.ts';
import { DelimiterSearch } from './delimiter-search.ts';

test('it finds the first delimiter over any split, and rules out only what is before it', () => {
  // Few letters, so that nearly every delimiter nearly occurs.
  const letters = fc.array(fc.integer({ min: 97, max: 98 }), { maxLength: 60 });
  const delimiters = fc.array(fc.integer({ min: 97, max: 98 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(letters, delimiters, fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 60 }), fc.nat(20), (text, delimiter, cuts, skipped) => {
      const all = Buffer.from(text);
      const queue = new ByteQueue(undefined);
      const search = new DelimiterSearch(Uint8Array.from(delimiter));
      const expected = all.indexOf(Buffer.from(delimiter));
      let at = 0;
      for (const cut of [...cuts, text.length]) {
        queue.push(Uint8Array.from(text.slice(at, at + cut)));
        at = Math.min(text.length, at + cut);
        const found = search.find(queue);
        if (found !== -1) {
          expect(found).toBe(expected);
          expect(expected + delimiter.length).toBeLessThanOrEqual(at);
        } else {
          expect(all.subarray(0, at).includes(Buffer.from(delimiter))).toBe(false);
          expect(search.ruledOut).toBeLessThanOrEqual(expected === -1 ? at : expected);
          expect(search.ruledOut).toBeGreaterThan(at - delimiter.length);
        }
      }
      expect(search.find(queue)).toBe(expected);
      // After something was taken it looks from the new front.
      const count = Math.min(skipped, text.length);
      queue.skip(count);
      expect(search.find(queue)).toBe(all.subarray(count).indexOf(Buffer.from(delimiter)));
    }),
    { numRuns: 10_000 },
  );
});

test('a long delimiter that nearly occurs everywhere, in crumbs, costs time in proportion to the bytes', () => {
  const search = new DelimiterSearch(new Uint8Array(4001).fill(97).with(4000, 98));
  const queue = new ByteQueue(undefined);
  let early = 0;
  for (let count = 0; count < 400_000; count += 1) {
    queue.push(Uint8Array.of(97));
    if (search.find(queue) !== -1) early += 1;
  }
  expect(early).toBe(0);
  queue.push(Uint8Array.of(98));
  expect(search.find(queue)).toBe(400_000 - 4000);
}, 10_000);
