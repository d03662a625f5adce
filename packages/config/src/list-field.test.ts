import fc from 'fast-check';
import { expect, it } from 'vitest';
import { list } from './list-field.ts';
import { duration, int } from './number-fields.ts';
import { section } from './section.ts';
import { string } from './text-fields.ts';

const word = string({ doc: 'A word.' });

it('reads arrays and text with commas', () => {
  const words = list(word, { default: ['h2'], doc: '' });
  expect(words.parse(['a', 'b,c'])).toEqual(['a', 'b,c']);
  expect(words.parse('a, b ,c' as never)).toEqual(['a', 'b', 'c']);
});

it('each item obeys the item field', () => {
  const waits = list(duration({ doc: '', max: '1m' }), { doc: '' });
  expect(waits.parse(['1s', 2])).toEqual([1000, 2]);
  expect(waits.parse(['1s', '2m'])).toBeUndefined();
  expect(waits.form).toBe('list of duration such as "30s" or 30000 (ms), 0ms to 1m');
});

it.each([['a,,b'], [','], [[1]], [[undefined]], [Array(3)], [null], [{}], [{ length: 0 }], [5]])('refuses %j', (input) => {
  expect(list(word, { doc: '' }).parse(input as never)).toBeUndefined();
});

it('keeps its number of items, and a giant costs nothing', () => {
  const few = list(word, { doc: '', minItems: 1, maxItems: 2, default: ['a'] });
  expect([few.parse([]), few.parse(['a', 'b']), few.parse(['a', 'b', 'c'])]).toEqual([undefined, ['a', 'b'], undefined]);
  expect(few.parse(Object.assign([], { length: 4_000_000_000 }))).toBeUndefined();
  expect(list(word, { doc: '' }).parse(Array(257).fill('a'))).toBeUndefined();
  expect(few.range).toBe('1 to 2 items');
});

it('is frozen and its own, so that nobody changes it afterwards', () => {
  const given = ['a'];
  const value = list(word, { doc: '' }).parse(given);
  given.push('b');
  expect(value).toEqual(['a']);
  expect(Object.isFrozen(value)).toBe(true);
  expect(Object.isFrozen(section('s', { words: list(word, { default: given, doc: '' }) }).defaults.words)).toBe(true);
});

it('is empty by default', () => {
  expect(section('s', { words: list(word, { doc: '' }) }).defaults.words).toEqual([]);
});

it('what it writes it reads back', () => {
  const numbers = list(int({ doc: '' }), { doc: '' });
  fc.assert(
    fc.property(fc.array(fc.maxSafeNat(), { maxLength: 256 }), (values) => {
      expect(numbers.parse(numbers.format(values) as never)).toEqual(values);
    }),
  );
});
