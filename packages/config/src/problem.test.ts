import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ConfigError } from './errors.ts';
import { show, showName, showSource } from './problem.ts';

it('a shown value is one line of at most a few words, and obeys no terminal', () => {
  const anything = fc.oneof(fc.anything({ withBigInt: true, withSparseArray: true, withNullPrototype: true }), fc.string({ unit: 'binary', maxLength: 500 }));
  fc.assert(
    fc.property(anything, (value) => {
      const shown = show(value);
      expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(shown.length).toBeLessThan(6000);
    }),
  );
});

it('a shown value tells its type', () => {
  const circle: unknown[] = [];
  circle.push(circle);
  const values = ['5', 5, null, true, 10n, {}, circle, () => 1, [1, 'a'], NaN, Infinity];
  expect(values.map((value) => show(value))).toEqual([
    '"5"', '5', 'null', 'true', '10', 'an object', '[a list]', 'a function', '[1, "a"]', 'NaN', 'Infinity',
  ]);
  expect(show(Array.from({ length: 20 }, () => 1))).toBe('[1, 1, 1, 1, 1, 1, 1, 1, …]');
  expect(show('x'.repeat(100))).toBe(`"${'x'.repeat(60)}…"`);
});

it('a name that is not plain is quoted', () => {
  expect(showName('tls.minVersion')).toBe('tls.minVersion');
  expect(showName('a\nb')).toBe('"a\\nb"');
});

it('a source is named as precisely as it is known', () => {
  expect(showSource({ kind: 'file', path: 'a.json', line: 3 })).toBe('a.json:3');
  expect(showSource({ kind: 'file', path: 'a.json', line: 3, column: 7 })).toBe('a.json:3:7');
  expect(showSource({ kind: 'file', path: 'a.json' })).toBe('a.json');
  expect(showSource({ kind: 'env', name: 'SOCK_A_B' })).toBe('environment variable SOCK_A_B');
  expect(showSource({ kind: 'value' })).toBe('the given value');
  expect(showSource({ kind: 'value', name: 'connect()' })).toBe('connect()');
  expect(showSource({ kind: 'default' })).toBe('the default');
});

it('an error has a line for every problem, and keeps its cause', () => {
  const cause = new Error('disk');
  const source = { kind: 'file', path: 'a.json', line: 2 } as const;
  const error = new ConfigError(
    [
      { key: 'a.b', source, found: '1', allowed: '2' },
      { key: 'a.hots', source, found: 'an unknown name', allowed: 'host, port', nearest: 'host' },
    ],
    { cause },
  );
  expect(error.message).toBe(
    'Invalid configuration:\n  a.b: found 1 in a.json:2; allowed: 2\n  a.hots: found an unknown name in a.json:2; allowed: host, port; did you mean host?',
  );
  expect(error).toMatchObject({ name: 'ConfigError', code: 'ERR_SOCK_CONFIG', phase: 'config', category: 'config', retryable: false, cause });
});

it.each(['\u001b[31m', '\u007f', '\u009b31m', '\u202e', '\u2066', '\u2028', '\r\n'])('%j does not reach a terminal as it is', (text) => {
  expect(show(text)).toMatch(/^"[ -~]+"$/);
  expect(showName(text)).toMatch(/^"[ -~]+"$/);
});
