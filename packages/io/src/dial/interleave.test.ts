import { isIP } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { interleave } from './interleave.ts';

test('families take turns, the resolver\'s first one first, each in its own order', () => {
  expect(interleave(['::1', '::2', '::3', '127.0.0.1', '127.0.0.2'])).toEqual(['::1', '127.0.0.1', '::2', '127.0.0.2', '::3']);
  expect(interleave(['127.0.0.1', '::1', '::2', '127.0.0.2', '127.0.0.3'])).toEqual(['127.0.0.1', '::1', '127.0.0.2', '::2', '127.0.0.3']);
  expect(interleave(['127.0.0.1', '127.0.0.2'])).toEqual(['127.0.0.1', '127.0.0.2']);
  expect(interleave([])).toEqual([]);
});

test('none is lost, none comes twice, the order within a family stays; 64 at most', () => {
  fc.assert(fc.property(fc.array(fc.oneof(fc.ipV4(), fc.ipV6()), { maxLength: 90 }), (addresses) => {
    const mixed = interleave(addresses);
    expect(mixed.length).toBe(Math.min(64, addresses.length));
    for (const family of [4, 6]) {
      const before = addresses.filter((address) => isIP(address) === family);
      const after = mixed.filter((address) => isIP(address) === family);
      expect(after).toEqual(before.slice(0, after.length));
    }
  }), { numRuns: 1000 });
});
