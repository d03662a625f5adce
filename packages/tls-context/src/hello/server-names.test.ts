import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TlsConfigError } from '../errors.ts';
import { ServerNames } from './server-names.ts';

const table = new ServerNames(
  [['example.test', 'apex'], ['*.example.test', 'any'], ['WWW.Example.Test.', 'www'], ['*.deep.example.test', 'deep'], ['bücher.test', 'books'], ['_srv.x_y.test', 'service'], ['localhost', 'local']],
  'names',
);

describe('a name finds', () => {
  test.each([
    ['example.test', 'apex'],
    ['EXAMPLE.test.', 'apex'],
    ['www.example.test', 'www'],
    ['other.example.test', 'any'],
    ['deep.example.test', 'any'],
    ['a.deep.example.test', 'deep'],
    ['xn--bcher-kva.test', 'books'],
    ['_srv.x_y.test', 'service'],
    ['localhost', 'local'],
    ['a.b.example.test', undefined],
    ['.example.test', undefined],
    ['test', undefined],
    ['', undefined],
    ['.', undefined],
    ['localhost..', undefined],
    ['\u212aelvin.test', undefined],
    [undefined, undefined],
  ])('%j: %j', (name, value) => {
    expect(table.lookup(name)).toBe(value);
  });

  test('the exact one before the wildcard, whichever came first', () => {
    for (const entries of [[['*.a.test', 1], ['b.a.test', 2]], [['b.a.test', 2], ['*.a.test', 1]]] as [string, number][][]) expect(new ServerNames(entries, 'names').lookup('b.a.test')).toBe(2);
  });
});

describe('a pattern is refused', () => {
  test.each([
    ['*', 'asterisk'],
    ['a*.b', 'asterisk'],
    ['*.*.b', 'asterisk'],
    ['*a.b', 'asterisk'],
    ['*.', 'no server name'],
    ['', 'no server name'],
    ['a..b', 'no server name'],
    ['.a', 'no server name'],
    ['a/b', 'no server name'],
    ['a b', 'no server name'],
    [`${'a'.repeat(64)}.test`, 'no server name'],
    [`*.${Array.from({ length: 63 }, () => 'abc').join('.')}d`, 'more than 253'],
    [Array.from({ length: 64 }, () => 'abc').join('.'), 'more than 253'],
    ['127.0.0.1', 'an address'],
    ['0x7f.1', 'an address'],
    ['::1', 'an address'],
  ])('%j', (pattern, why) => {
    expect(() => new ServerNames([[pattern, 1]], 'names')).toThrow(TlsConfigError);
    expect(() => new ServerNames([[pattern, 1]], 'names')).toThrow(expect.objectContaining({ code: 'ERR_SOCK_TLS_OPTION', option: `names[${JSON.stringify(pattern.slice(0, 80))}]`, message: expect.stringContaining(why) }));
  });

  test('that stands there twice, in whatever spelling; the two kinds are no doubles', () => {
    expect(() => new ServerNames([['A.test', 1], ['a.test.', 2]], 'names')).toThrow('names["a.test."]: this name stands in the table already');
    const long = `${Array.from({ length: 62 }, () => 'abc').join('.')}.ab`;
    const both = new ServerNames([['a.test', 1], ['*.a.test', 2], [`*.${long}`, 3]], 'names');
    expect(['a.test', 'b.a.test', `a.${long}`].map((name) => both.lookup(name))).toEqual([1, 2, 3]);
  });
});

test('it answers as a walk through all patterns does', () => {
  const label = fc.constantFrom('a', 'b', 'B', 'c_d', 'e-1', 'xn--bcher-kva');
  const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
  const pattern = fc.tuple(fc.boolean(), name, fc.constantFrom('', '.')).map(([wild, rest, dot]) => `${wild ? '*.' : ''}${rest}${dot}`);
  const normal = (text: string): string => text.toLowerCase().replace(/\.$/, '');
  const patterns = fc.uniqueArray(pattern, { selector: normal, maxLength: 12 });
  fc.assert(
    fc.property(patterns, fc.array(name, { minLength: 1, maxLength: 10 }), (list, asked) => {
      const names = new ServerNames(list.map((text) => [text, text] as const), 'names');
      for (const text of asked) {
        const exact = list.find((one) => normal(one) === normal(text));
        const parent = normal(text).split('.').slice(1).join('.');
        const wild = list.find((one) => parent !== '' && normal(one) === `*.${parent}`);
        expect(names.lookup(text)).toBe(exact ?? wild);
      }
    }),
  );
});

test('10,000 names are looked up as fast as ten', () => {
  const names = new ServerNames(Array.from({ length: 10_000 }, (_, index) => [`${index % 2 === 0 ? '*.' : ''}host${index}.test`, index] as const), 'names');
  const startedAt = performance.now();
  for (let index = 0; index < 10_000; index += 1) expect(names.lookup(`${index % 2 === 0 ? 'www.' : ''}host${index}.test`) === index).toBe(true);
  expect(performance.now() - startedAt).toBeLessThan(2000);
});
