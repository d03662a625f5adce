import { expect, test } from 'vitest';
import { infoKey } from './info-key.ts';

test('keys of one name are one key, keys of different names are not', () => {
  expect(infoKey('x.facts').symbol).toBe(infoKey('x.facts').symbol);
  expect(infoKey('x.facts').symbol).not.toBe(infoKey('x.other').symbol);
});
