import { describe, expect, it } from 'vitest';
import { boolean, oneOf, string } from './text-fields.ts';

describe('boolean', () => {
  const on = boolean({ default: true, doc: '' });

  it.each([[true, true], [false, false], ['true', true], ['false', false], ['1', true], ['0', false]])('%j is %j', (input, value) => {
    expect(on.parse(input as boolean)).toBe(value);
  });

  it.each(['', 'yes', 'TRUE', 1, 0, null, {}])('%j is refused', (input) => {
    expect(on.parse(input as never)).toBeUndefined();
  });

  it('is written as it is read', () => {
    expect([true, false].map((value) => on.parse(on.format(value) as never))).toEqual([true, false]);
  });
});

describe('oneOf', () => {
  const version = oneOf(['TLSv1.2', 'TLSv1.3'], { default: 'TLSv1.2', doc: '' });

  it('reads its words, exactly', () => {
    expect(version.parse('TLSv1.3')).toBe('TLSv1.3');
    expect(version.format('TLSv1.3')).toBe('TLSv1.3');
    for (const other of ['tlsv1.3', 'TLSv1.3 ', '', 1, null, 'constructor']) expect(version.parse(other as never)).toBeUndefined();
  });

  it('tells its words', () => {
    expect(version.form).toBe('"TLSv1.2" or "TLSv1.3"');
  });
});

describe('string', () => {
  it('keeps text as it is', () => {
    expect(string({ doc: '' }).parse(' a ')).toBe(' a ');
    expect(string({ doc: '' }).format(' a ')).toBe(' a ');
  });

  it('keeps its limits of length', () => {
    const name = string({ doc: '', minLength: 2, maxLength: 3 });
    expect(['a', 'ab', 'abc', 'abcd'].map((text) => name.parse(text))).toEqual([undefined, 'ab', 'abc', undefined]);
    expect(name.range).toBe('2 to 3 characters');
  });

  it('is neither empty nor longer than a path, unless its limits say so', () => {
    const plain = string({ doc: '' });
    expect([plain.parse(''), plain.parse('x'.repeat(4096)), plain.parse('x'.repeat(4097))]).toEqual([undefined, 'x'.repeat(4096), undefined]);
    expect(string({ doc: '', minLength: 0 }).parse('')).toBe('');
  });

  it.each([1, null, true, ['a'], {}])('refuses %j', (input) => {
    expect(string({ doc: '' }).parse(input as never)).toBeUndefined();
  });
});
