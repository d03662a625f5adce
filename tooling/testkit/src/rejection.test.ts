import { expect, test } from 'vitest';
import { rejection } from './rejection.ts';

test('gives the error of a rejection, and fails when there is none', async () => {
  const error = new RangeError('no');
  expect(await rejection(Promise.reject(error))).toBe(error);
  await expect(rejection(Promise.resolve(7))).rejects.toThrow('it resolved with 7');
});
