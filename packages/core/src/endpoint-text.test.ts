import { rejection } from '@sock/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Endpoint } from './endpoint.ts';
import { at, formatEndpoint, parseEndpoint, toEndpoint } from './endpoint-text.ts';
import { isSocketError } from './errors.ts';

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/);
const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
const v6 = fc.ipV6().filter((text) => /^[0-9a-f:.]+$/.test(text));
const port = fc.integer({ min: 0, max: 65_535 });
const path = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((text) => !text.includes('\0'));

describe('what is written is read back as it was', () => {
  test('TCP endpoints', () => {
    fc.assert(
      fc.property(fc.oneof(name, fc.ipV4(), v6), port, (host, number) => {
        expect(parseEndpoint(formatEndpoint({ host, port: number }))).toEqual({ host, port: number });
      }),
      { numRuns: 200 },
    );
  });

  test('Unix endpoints, by path and abstract: no two different ones share a text', () => {
    fc.assert(
      fc.property(path, fc.boolean(), (text, abstract) => {
        const endpoint = { path: abstract ? `\0${text}` : text };
        const written = formatEndpoint(endpoint);
        const read = parseEndpoint(written);
        // A file called "@x" is written "./@x", which names the same file.
        expect(read).toEqual(text.startsWith('@') && !abstract ? { path: `./${text}` } : endpoint);
        expect(formatEndpoint(read)).toBe(written);
      }),
      { numRuns: 200 },
    );
    expect(formatEndpoint({ path: '@x' })).not.toBe(formatEndpoint({ path: '\0x' }));
  });
});

test('any text is read or refused typed, and what was read is written the same way twice', () => {
  const pieces = fc.array(fc.constantFrom('[', ']', ':', '::1', 'unix:', '@', '\0', '/', '%', ' ', '\n', '80', '99999', 'a.b', '-1', 'é', '0x50', '..'), { maxLength: 6 });
  fc.assert(
    fc.property(fc.oneof(fc.string(), pieces.map((parts) => parts.join(''))), (text) => {
      let endpoint: Endpoint;
      try {
        endpoint = parseEndpoint(text);
      } catch (error) {
        expect(isSocketError(error, 'ERR_SOCK_ENDPOINT')).toBe(true);
        return;
      }
      const written = formatEndpoint(endpoint);
      expect(formatEndpoint(parseEndpoint(written))).toBe(written);
      if ('port' in endpoint) expect(endpoint.port).toBeLessThanOrEqual(65_535);
    }),
    { numRuns: 300 },
  );
});

test.each([
  ['localhost:80', { host: 'localhost', port: 80 }],
  ['EXAMPLE.Com:0', { host: 'example.com', port: 0 }],
  ['[::1]:443', { host: '::1', port: 443 }],
  ['[FE80::1%eth0]:22', { host: 'fe80::1%eth0', port: 22 }],
  ['[::ffff:127.0.0.1]:1', { host: '::ffff:127.0.0.1', port: 1 }],
  ['unix:/run/x.sock', { path: '/run/x.sock' }],
  ['unix:run/x.sock', { path: 'run/x.sock' }],
  ['unix:@name', { path: '\0name' }],
])('%s is read', (text, endpoint) => {
  expect(parseEndpoint(text)).toEqual(endpoint);
  expect(toEndpoint(text)).toEqual(endpoint);
  expect(toEndpoint(endpoint)).toEqual(endpoint);
});

test.each([
  ['', /the port is missing/],
  ['localhost', /the port is missing/],
  ['localhost:', /the port is missing/],
  [':80', /the host is missing/],
  ['::1:80', /stands in brackets/],
  ['localhost:65536', /not within 0 to 65535/],
  ['[::1]:65536', /not within 0 to 65535/],
  ['[::1]', /the port is missing/],
  ['[]:80', /no IPv6 address/],
  ['[localhost]:80', /no IPv6 address/],
  ['localhost:0x50', /no port number/],
  ['localhost:+80', /no port number/],
  ['localhost:80 ', /no port number/],
  ['local host:80', /a character that no name has/],
  ['user@host:80', /a character that no name has/],
  ['http://host:80', /stands in brackets|a character/],
  ['host\r\n:80', /a character that no name has/],
  ['host\0:80', /a character that no name has/],
  [`${'a'.repeat(256)}:80`, /256 characters/],
  ['unix:', /the path is missing/],
  ['unix:@', /the path is missing/],
  ['unix:/a\0b', /NUL byte/],
  [`unix:/${'é'.repeat(60)}`, /121 bytes/],
])('%j is refused, and told why', async (text, why) => {
  const error = await rejection(Promise.resolve().then(() => parseEndpoint(text)));
  expect(error).toMatchObject({ code: 'ERR_SOCK_ENDPOINT', phase: 'config', category: 'usage' });
  expect(error.message).toMatch(why);
});

test.each([
  [{ host: '', port: 1 }, /host is missing/],
  [{ host: 'h', port: 1.5 }, /port 1.5/],
  [{ host: 'h', port: -1 }, /port -1/],
  [{ host: 'h', port: '80' }, /port 80/],
  [{ host: 7, port: 80 }, /host is missing/],
  [{ host: 'x:y', port: 80 }, /neither a name nor an IPv6/],
  [{ path: '' }, /path is missing/],
  [{ path: 'a\0b' }, /NUL/],
  [{}, /neither \{ host, port \} nor \{ path \}/],
  [null, /neither text nor an endpoint/],
  [7, /neither text nor an endpoint/],
])('the object %j is refused, and told why', (input, why) => {
  expect(() => toEndpoint(input as unknown as Endpoint)).toThrow(why);
});

test('a very long text is shown in part', () => {
  expect(() => parseEndpoint('x'.repeat(5000))).toThrow(/^"x{120}…" is no endpoint/);
});

test('at() names an endpoint in a message, or nothing', () => {
  expect(at('to', { host: '::1', port: 5 })).toBe(' to [::1]:5');
  expect(at('to', { memory: 'm' })).toBe(' to memory:m');
  expect(at('to', undefined)).toBe('');
});
