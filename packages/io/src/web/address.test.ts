import fc from 'fast-check';
import { isSocketError } from '@sock/core';
import { expect, test } from 'vitest';
import { toTarget } from './address.ts';
import { SocketError } from './socket-error.ts';

test.each([
  ['example.test:443', { host: 'example.test', port: 443 }],
  ['EXAMPLE.test:443', { host: 'example.test', port: 443 }],
  ['127.0.0.1:1', { host: '127.0.0.1', port: 1 }],
  ['[::1]:65535', { host: '::1', port: 65_535 }],
  ['unix:80', { host: 'unix', port: 80 }],
  [{ hostname: 'example.test', port: 443 }, { host: 'example.test', port: 443 }],
  [{ hostname: '::1', port: 443 }, { host: '::1', port: 443 }],
  [{ hostname: '[::1]', port: 443 }, { host: '::1', port: 443 }],
  [new URL('http://example.test:8080/path'), { host: 'example.test', port: 8080 }],
])('%j is an address', (address, target) => {
  expect(toTarget(address as string)).toEqual(target);
});

test.each(['unix:/run/x', 'unix:@name', 'unix:', 'a:0', '[::1]:0', 'a:1:2', 'a@b:1', 'a/b:1'])('"%s" is none', (address) => {
  expect(() => toTarget(address)).toThrow(Error);
});

test('whatever text is given, the answer is an address of TCP or a typed error', () => {
  const near = fc.string({ unit: fc.constantFrom(...'unix:[]1.80/@a \0') });
  fc.assert(
    fc.property(fc.oneof(fc.string(), near), (address) => {
      try {
        const { host, port } = toTarget(address);
        expect(host).not.toBe('');
        expect(port).toBeGreaterThan(0);
        expect(port).toBeLessThan(65_536);
      } catch (error) {
        expect(error instanceof SocketError || isSocketError(error, 'ERR_SOCK_ENDPOINT')).toBe(true);
      }
    }),
    { numRuns: 5000 },
  );
});

test('whatever object is given, the answer is an address of TCP or a typed error', () => {
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.record({ hostname: fc.oneof(fc.domain(), fc.anything()), port: fc.oneof(fc.integer(), fc.anything()) })), (address) => {
      try {
        expect(toTarget(address as string).port).toBeGreaterThan(0);
      } catch (error) {
        expect(error instanceof SocketError || isSocketError(error, 'ERR_SOCK_ENDPOINT')).toBe(true);
      }
    }),
    { numRuns: 5000 },
  );
});
