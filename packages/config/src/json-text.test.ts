import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonSyntaxError, parseJson } from './json-text.ts';

/** What `JSON.parse` makes of a text, or that it refuses it. */
function reference(text: string): { value: unknown } | 'refused' {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return 'refused';
  }
}

function ours(text: string): { value: unknown } | 'refused' {
  try {
    return { value: parseJson(text).value };
  } catch (error) {
    if (error instanceof JsonSyntaxError) return 'refused';
    throw error;
  }
}

const document = fc.tuple(fc.json({ maxDepth: 5 }), fc.constantFrom(undefined, 1, '\t', '\r\n')).map(([json, indent]) => {
  const text = JSON.stringify(JSON.parse(json), undefined, indent === '\r\n' ? 1 : indent);
  return indent === '\r\n' ? text.replaceAll('\n', '\r\n') : text;
});

describe('agreement with JSON.parse', () => {
  it('reads every document as JSON.parse does', () => {
    fc.assert(
      fc.property(document, (text) => {
        expect(ours(text)).toEqual(reference(text));
      }),
    );
  });

  it('refuses exactly the texts that JSON.parse refuses', () => {
    const piece = fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', 'tru', '1', '-', '.', 'e', '0', ' ', '\n', '\u0000', '\u00a0', "'", '//');
    fc.assert(
      fc.property(document, fc.nat(), fc.nat(3), piece, (text, at, removed, inserted) => {
        const position = at % (text.length + 1);
        const mangled = text.slice(0, position) + inserted + text.slice(position + removed);
        expect(ours(mangled)).toEqual(reference(mangled));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    '', ' ', 'nul', 'nulll', '01', '1.', '.1', '+1', '1e', '1e5', '-0', '"\\x"', '"\\u12"', '"\t"', "'a'", '[1,]', '[,1]', '{"a":1,}', '{a:1}', '{"a"}',
    '[1 2]', '{} {}', '// x', '\ufeff1', '1\u00a0', '"\u2028"', '{"__proto__":{"a":1}}', '{"a":1,"a":2}', 'NaN', 'Infinity', 'undefined', '1e999',
  ])('%j: the same answer', (text) => {
    expect(ours(text)).toEqual(reference(text));
  });
});

describe('places', () => {
  it('every name knows its line, whatever ends the lines', () => {
    for (const end of ['\n', '\r\n', '\r']) {
      const text = ['{', '  "a": {', '    "b": 1,', '', '    "c": [', '      2', '    ]', '  }, "d": 3', '}'].join(end);
      const root = parseJson(text).members;
      expect(root?.map(({ name, line }) => [name, line])).toEqual([['a', 2], ['d', 8]]);
      expect(root?.[0]?.members?.map(({ name, line, value }) => [name, line, value])).toEqual([['b', 3, 1], ['c', 5, [2]]]);
    }
  });

  it('a member knows the line that JSON.stringify put it on', () => {
    const names = fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(names, (keys) => {
        const lines = parseJson(JSON.stringify(Object.fromEntries(keys.map((key) => [`k${key}`, 1])), undefined, 2)).members;
        expect(lines?.map(({ line }) => line)).toEqual(keys.map((_, index) => index + 2));
      }),
    );
  });

  it('a name that stands there twice is kept twice', () => {
    expect(parseJson('{"a":1,\n"a":2}').members?.map(({ line, value }) => [line, value])).toEqual([[1, 1], [2, 2]]);
  });

  it.each([
    ['{\n  "a": 1,\n  "b" 2\n}', '"2"', '":"', 3, 7],
    ['{\n  "a": 1\n  "b": 2\n}', '"\\""', '"," or "}"', 3, 3],
    ['{\r\n  "a": ?\r\n}', '"?"', 'a value', 2, 8],
    ['{ a: 1 }', '"a"', 'a name in double quotes', 1, 3],
    ['[1, 2', 'the end of the file', '"," or "]"', 1, 6],
    ['', 'the end of the file', 'a value', 1, 1],
    ['{} x', '"x"', 'the end of the file', 1, 4],
    ['["open', '"\\""', 'a closed string without line breaks and wrong escapes', 1, 2],
    ['["bad \\x"]', '"\\""', 'a closed string without line breaks and wrong escapes', 1, 2],
  ])('%j: the error names the place', (text, found, expected, line, column) => {
    expect(() => parseJson(text)).toThrow(expect.objectContaining({ found, expected, line, column }));
  });

  it('an error shows one character of the file, never more', () => {
    expect(() => parseJson('{"password": hunter2}')).toThrow('found "h" in line 1, column 14; expected a value');
  });
});

describe('hostile files', () => {
  it('depth has a limit, so that no file can exhaust the stack', () => {
    for (const text of ['['.repeat(100_000), '{"a":'.repeat(100_000)]) {
      expect(() => parseJson(text)).toThrow(expect.objectContaining({ name: 'JsonSyntaxError', expected: 'at most 32 levels' }));
    }
    expect(parseJson('['.repeat(33) + ']'.repeat(33)).value).toBeInstanceOf(Array);
  });

  it('a very long string is read', () => {
    const long = 'x\\n'.repeat(300_000);
    expect(parseJson(`"${long}"`).value).toBe('x\n'.repeat(300_000));
  });

  it('a long string that is never closed is refused in linear time', () => {
    for (const text of [`"${'x'.repeat(1_000_000)}`, `"${'\\n'.repeat(500_000)}`, `"${'x\\n'.repeat(300_000)}\\`]) {
      expect(() => parseJson(text)).toThrow(expect.objectContaining({ name: 'JsonSyntaxError', line: 1, column: 1 }));
    }
  });

  it('a member called __proto__ changes no prototype', () => {
    const { value } = parseJson('{"__proto__": {"polluted": true}}');
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect((value as { polluted?: unknown }).polluted).toBeUndefined();
  });
});
