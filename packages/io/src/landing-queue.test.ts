import { assertSameBytes, pattern } from '@sock/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LandingQueue } from './landing-queue.ts';

/** What a taker does when bytes have come: copies so many of them out, takes the rest as it is, or leaves it. */
const takings = fc.record({ into: fc.array(fc.nat(40), { maxLength: 3 }), takesRest: fc.boolean(), listens: fc.boolean() });
const arrivals = fc.array(fc.record({ size: fc.integer({ min: 1, max: 100 }), takings, pulls: fc.nat(2) }), { maxLength: 30 });

test('whoever takes what, and when: all bytes come in order, once, though the memory is written over after each arrival', () => {
  fc.assert(
    fc.property(arrivals, (steps) => {
      const queue = new LandingQueue(1_000_000);
      const memory = new Uint8Array(100);
      const sent: Uint8Array[] = [];
      const taken: Uint8Array[] = [];
      for (const [index, { size, takings: { into, takesRest, listens }, pulls }] of steps.entries()) {
        queue.taker = listens
          ? {
              arrived: () => {
                for (const length of into) {
                  const target = new Uint8Array(length);
                  const before = queue.bytes;
                  const count = queue.shiftInto(target);
                  expect(queue.bytes).toBe(before - count);
                  taken.push(target.subarray(0, count));
                }
                if (takesRest) taken.push(queue.shift() ?? new Uint8Array(0));
              },
            }
          : undefined;
        const bytes = pattern(size, index);
        memory.set(bytes);
        sent.push(bytes);
        queue.land(memory, size);
        // The next read, of this connection or another.
        memory.fill(0xee);
        expect(queue.shiftInto(new Uint8Array(1)), 'outside of an arrival nothing is there to be copied').toBe(0);
        for (let count = 0; count < pulls; count += 1) taken.push(queue.shift() ?? new Uint8Array(0));
      }
      taken.push(...queue.drain());
      expect(queue.bytes).toBe(0);
      assertSameBytes(Buffer.concat(taken), Buffer.concat(sent));
    }),
    { numRuns: 2000 },
  );
});

test('drained while bytes lie where they landed it gives them, too, as the last', () => {
  const queue = new LandingQueue(1000);
  const drained: Uint8Array[] = [];
  queue.taker = { arrived: () => void drained.push(...queue.drain()) };
  const memory = pattern(10);
  queue.land(memory, 10);
  memory.fill(0);
  assertSameBytes(Buffer.concat(drained), pattern(10));
  expect(queue.bytes).toBe(0);
});
