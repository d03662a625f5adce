import { expect, it } from 'vitest';
import { compare } from './comparison.ts';
import type { Measurement } from './measurement.ts';

const figure = { name: 'tls-bulk', sides: ['sock', 'c', 'node'] } as const;

function measured(...metrics: [string, Record<string, number[]>][]): Measurement {
  return new Map(metrics) as Measurement;
}

it('ratios are taken pair by pair with each other side, and their median decides about the target', () => {
  const [c, node, cpu] = compare(figure, measured(['MB/s', { sock: [200, 100, 390], c: [100, 200, 400], node: [100, 100, 300] }], ['sender CPU ms/GB', { sock: [1, 2, 3], c: [2, 4, 6], node: [1, 1, 1] }]));
  expect(c).toMatchObject({ side: 'sock', over: 'c', value: 200, overValue: 200, ratio: { median: 0.975, min: 0.5, max: 2 }, met: true });
  expect(node).toMatchObject({ over: 'node', value: 200, overValue: 100, ratio: { median: 1.3, min: 1, max: 2 }, met: true });
  expect(cpu).toMatchObject({ over: 'c', ratio: { median: 0.5, min: 0.5, max: 0.5 }, target: undefined, met: undefined });
});

it('a ratio above an upper bound is not met', () => {
  const [line] = compare({ name: 'tcp-ping', sides: ['sock', 'node'] }, measured(['p50 µs', { sock: [106], node: [100] }]));
  expect(line?.met).toBe(false);
});

it('a side that could not take part leaves its line without a ratio and without a verdict', () => {
  const [c, node] = compare(figure, measured(['MB/s', { sock: [140], node: [100] }]));
  expect(c).toMatchObject({ over: 'c', value: 140, overValue: undefined, ratio: undefined, met: undefined });
  expect(node).toMatchObject({ over: 'node', met: true });
});

it('memory is bounded by what it is more, not by how many times', () => {
  const held = { name: 'tls-held', sides: ['sock', 'node'] } as const;
  expect(compare(held, measured(['RSS KiB', { sock: [41.9], node: [40] }]))[0]?.met).toBe(true);
  expect(compare(held, measured(['RSS KiB', { sock: [42.1], node: [40] }]))[0]?.met).toBe(false);
});

it('a side that is alone is bounded by its value', () => {
  const size = { name: 'size-core-io', sides: ['sock'] } as const;
  expect(compare(size, measured(['KiB', { sock: [11.9] }]))).toMatchObject([{ value: 11.9, over: undefined, ratio: undefined, met: true }]);
  expect(compare(size, measured(['KiB', { sock: [12.1] }]))[0]?.met).toBe(false);
});
