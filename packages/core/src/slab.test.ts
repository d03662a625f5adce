import { assertSameBytes, pattern } from '@sock/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Slab } from './slab.ts';

test('whatever is copied comes out sealed, in order, and stays as it was until the rewind', () => {
  const step = fc.oneof(fc.record({ copy: fc.integer({ min: 1, max: 3000 }) }), fc.record({ copy: fc.integer({ min: 3000, max: 90_000 }) }), fc.constant({ seal: true } as const));
  fc.assert(
    fc.property(fc.array(fc.array(step, { maxLength: 12 }), { maxLength: 5 }), (rounds) => {
      const slab = new Slab();
      for (const [round, steps] of rounds.entries()) {
        const sealed: Uint8Array[] = [];
        const expected: Uint8Array[] = [];
        for (const [index, one] of steps.entries()) {
          if ('seal' in one) {
            slab.seal(sealed);
            const before = sealed.length;
            slab.seal(sealed);
            expect(sealed).toHaveLength(before);
            continue;
          }
          const source = pattern(one.copy + 10, round * 100 + index);
          slab.copy(source, 5, one.copy, sealed);
          expected.push(source.slice(5, 5 + one.copy));
          source.fill(0xee);
        }
        slab.seal(sealed);
        // Compared at the very end: no later copy may have touched an earlier region.
        assertSameBytes(Buffer.concat(sealed), Buffer.concat(expected));
        slab.rewind();
      }
    }),
    { numRuns: 60 },
  );
});

test('a rewind while a region is open keeps it', () => {
  const slab = new Slab();
  const sealed: Uint8Array[] = [];
  slab.copy(pattern(10), 0, 10, sealed);
  slab.rewind();
  slab.copy(pattern(10, 1), 0, 10, sealed);
  slab.seal(sealed);
  assertSameBytes(Buffer.concat(sealed), Buffer.concat([pattern(10), pattern(10, 1)]));
});

test('small copies of one turn come out as one region', () => {
  const slab = new Slab();
  const sealed: Uint8Array[] = [];
  for (let count = 0; count < 100; count += 1) slab.copy(pattern(10), 0, 10, sealed);
  slab.seal(sealed);
  expect(sealed).toHaveLength(1);
});

test('a burst makes the buffer grow, and quiet turns let it go again', () => {
  const slab = new Slab();
  const sizeOf = (bytes: number): number => {
    const sealed: Uint8Array[] = [];
    slab.copy(new Uint8Array(bytes), 0, bytes, sealed);
    slab.seal(sealed);
    slab.rewind();
    return (sealed.at(-1) as Uint8Array).buffer.byteLength;
  };
  expect(sizeOf(10)).toBe(1024);
  expect(sizeOf(200_000)).toBe(64 * 1024);
  let last = 0;
  for (let turn = 0; turn < 10; turn += 1) last = sizeOf(10);
  expect(last).toBe(1024);
});
