import { expect, it } from 'vitest';
import { median, quantile } from './statistics.ts';

it('the median is the middle value, or lies between the two in the middle', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([1, 9, 2, 4])).toBe(3);
  expect(median([])).toBeNaN();
});

it('a quantile is one of the values', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(quantile(values, 0.5)).toBe(51);
  expect(quantile(values, 0.99)).toBe(100);
  expect(quantile([7], 0.99)).toBe(7);
});
