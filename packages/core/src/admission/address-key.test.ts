import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressKey } from './address-key.ts';

describe('addressKey', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'], ['::ffff:192.0.2.1', '192.0.2.1'], ['0:0:0:0:0:ffff:c000:0201', '192.0.2.1'], ['2001:DB8::1', '2001:db8:0:0:0:0:0:0/64'], ['::1', '0:0:0:0:0:0:0:0/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2:0:0:0:0/64'], ['fe80::1%eth0', 'fe80:0:0:0:0:0:0:0/64'], ['some.name', undefined], ['1:2:3', undefined], ['1::2::3', undefined], ['1:2:3:4:5:6:7:8::', undefined], ['g::', undefined],
  ])('%s: %s', (host, key) => {
    expect(addressKey({ host, port: 1 }, 64)).toBe(key);
  });

  test('two addresses share a key just when their first bits are the same; nothing throws', () => {
    const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 });
    const write = (value: Uint8Array): string => Buffer.from(value).toString('hex').match(/.{4}/g)?.join(':') ?? '';
    const bitsOf = (value: Uint8Array, count: number): string => [...value].map((byte) => byte.toString(2).padStart(8, '0')).join('').slice(0, count);
    fc.assert(fc.property(bytes, bytes, fc.integer({ min: 1, max: 128 }), fc.integer({ min: 0, max: 16 }), (one, two, bits, same) => {
      two.set(one.subarray(0, same));
      if (one[0] === 0 || two[0] === 0) return;
      expect(addressKey({ host: write(one), port: 1 }, bits) === addressKey({ host: write(two), port: 1 }, bits)).toBe(bitsOf(one, bits) === bitsOf(two, bits));
    }), { numRuns: 3000 });
    fc.assert(fc.property(fc.string({ maxLength: 50 }), (host) => void addressKey({ host, port: 1 }, 64)), { numRuns: 10_000 });
  });
});
