import { expect, it } from 'vitest';
import { compare } from './comparison.ts';
import type { Figure } from './figures.ts';

const figure: Figure = { name: 'tcp-bulk', carrier: 'tcp', work: 'bulk', metrics: ['MB/s', 'CPU ms/GB'], target: { metric: 'MB/s', atLeast: 1.3 } };

it('ratios are taken pair by pair, and their median decides about the target', () => {
  const [rate, cpu] = compare(figure, new Map([
    ['MB/s', { sock: [200, 100, 390], node: [100, 100, 300] }],
    ['CPU ms/GB', { sock: [1, 2, 3], node: [2, 4, 6] }],
  ]));
  expect(rate).toMatchObject({ sock: 200, node: 100, ratio: { median: 1.3, min: 1, max: 2 }, met: true });
  expect(cpu).toMatchObject({ ratio: { median: 0.5, min: 0.5, max: 0.5 }, target: undefined, met: undefined });
});

it('a ratio above an upper bound is not met', () => {
  const ping: Figure = { ...figure, metrics: ['p50 µs'], target: { metric: 'p50 µs', atMost: 1.05 } };
  expect(compare(ping, new Map([['p50 µs', { sock: [106], node: [100] }]]))[0]?.met).toBe(false);
});
