import { expect, test } from 'vitest';
import { assertSameBytes, pattern } from './bytes.ts';

test('a pattern is the same for the same seed, and no word of it occurs twice', () => {
  const first = pattern(40_000);
  assertSameBytes(pattern(40_000), first);
  expect(Buffer.compare(pattern(40_000, 1), first)).not.toBe(0);
  const words = new Uint32Array(first.buffer);
  expect(new Set(words).size).toBe(words.length);
});

test('the comparison names the first byte that differs, and a missing tail', () => {
  const spoiled = pattern(100);
  spoiled[41] = (spoiled[41] as number) ^ 1;
  expect(() => assertSameBytes(spoiled, pattern(100))).toThrow(/from byte 41 on/);
  expect(() => assertSameBytes(pattern(99), pattern(100))).toThrow(/99 bytes instead of 100; from byte 99 on/);
});
