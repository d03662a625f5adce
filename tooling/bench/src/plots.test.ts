import { expect, it } from 'vitest';
import { compare } from './comparison.ts';
import { FIGURES } from './figures.ts';
import type { Machine } from './machine.ts';
import { drawPlot } from './plot-drawing.ts';
import { PLOTS, pointsOf } from './plots.ts';

const machine = { descriptors: 4096 } as Machine;
const bulk = compare({ name: 'tls-bulk-over-4', sides: ['sock', 'c', 'node'] }, new Map([['MB/s', { sock: [300, 100, 200], node: [90] }]]));
const held = compare({ name: 'tcp-held', sides: ['sock', 'node'] }, new Map([['RSS KiB', { sock: [2], node: [4] }]]));

it.each(PLOTS.flatMap(({ metric, panels }) => panels.flatMap(({ points }) => points.flatMap(({ figure, sides }) => Object.keys(sides).map((side) => [figure, side, metric] as const)))))(
  'what a picture shows is measured: %s, %s',
  (name, side, metric) => {
    const figure = FIGURES.find((one) => one.name === name);
    expect(figure?.sides).toContain(side);
    expect(figure?.metrics).toContain(metric);
  },
);

it('a point is the median, with the least and the most; a side that was not measured has none', () => {
  const plot = PLOTS.find(({ name }) => name === 'connections');
  expect(plot && pointsOf(plot, { comparisons: bulk, machine })).toEqual([
    { panel: 'TLS', side: 'Sock', x: 4, y: 200, min: 100, max: 300 },
    { panel: 'TLS', side: 'Node', x: 4, y: 90, min: 90, max: 90 },
  ]);
});

it('memory is drawn for as many connections as there were', () => {
  const plot = PLOTS.find(({ name }) => name === 'memory');
  const [sock] = plot === undefined ? [] : pointsOf(plot, { comparisons: held, machine });
  expect(sock).toMatchObject({ x: 3496, y: (2 * 3496) / 1024 });
});

it.each(['light', 'dark'] as const)('a picture names its sides and axes, without a background: %s', async (theme) => {
  const plot = PLOTS.find(({ name }) => name === 'connections');
  if (plot === undefined) throw new Error('there is no such plot');
  const svg = await drawPlot(plot, pointsOf(plot, { comparisons: bulk, machine }), theme);
  expect(svg).toMatch(/^<svg [^>]*viewBox=/);
  for (const text of ['Sock', 'Node', 'connections at a time', 'MB/s', plot.title]) expect(svg).toContain(`>${text}<`);
  expect(svg).not.toMatch(/NaN|undefined/);
});
