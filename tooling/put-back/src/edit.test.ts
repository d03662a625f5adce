import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { edited, withEdits } from './edit.ts';

const root = mkdtempSync(join(tmpdir(), 'edit-'));
afterAll(() => rmSync(root, { recursive: true }));
const text = (): string => readFileSync(join(root, 'a.ts'), 'utf8');
beforeEach(() => writeFileSync(join(root, 'a.ts'), 'one two two'));

test('a piece is replaced as it is, whatever stands in its place, and edits of one file add up', () => {
  const files = edited(root, [{ file: 'a.ts', find: 'one', replace: '$& $1' }, { file: 'a.ts', find: '$1 two', replace: 'three' }]);
  expect([...files]).toEqual([['a.ts', '$& three two']]);
  expect(text()).toBe('one two two');
});

test.each([
  ['nowhere', 'four', 'five', /a\.ts: nowhere stands "four"/],
  ['twice', 'two', 'five', /a\.ts: 2 times stands "two"/],
  ['replaced by itself', 'one', 'one', /replaced by itself/],
])('a piece that stands %s is an error, and nothing is changed', async (_, find, replace, words) => {
  const edits = [{ file: 'a.ts', find, replace }];
  expect(() => edited(root, edits)).toThrow(words);
  await expect(withEdits(root, edits, () => Promise.resolve(1))).rejects.toThrow(words);
  expect(text()).toBe('one two two');
});

test('files are as they were afterwards, also when the run throws', async () => {
  const edits = [{ file: 'a.ts', find: 'one', replace: 'nought' }];
  expect(await withEdits(root, edits, () => Promise.resolve(text()))).toBe('nought two two');
  expect(text()).toBe('one two two');
  await expect(withEdits(root, edits, () => Promise.reject(new Error('enough')))).rejects.toThrow('enough');
  expect(text()).toBe('one two two');
});
