import type { Metric } from './figure.ts';
import { FIGURES } from './figures.ts';
import { connectionsOf } from './held-runner.ts';
import type { BenchResult } from './result.ts';
import { median } from './statistics.ts';

/** A picture of how something grows. */
export interface Plot {
  /** Its file is called so. */
  readonly name: string;
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** Default: **each step on the x axis is so many times the one before** */
  readonly even?: boolean;
  /** The metric of all its figures. */
  readonly metric: Metric;
  /** One diagram each, side by side. */
  readonly panels: readonly Panel[];
}

interface Panel {
  readonly title: string;
  readonly points: readonly { readonly figure: string; readonly x: number; readonly sides: Readonly<Record<string, string>> }[];
  /** What is drawn of a value. Default: **the value** */
  readonly draw?: (value: number, x: number) => number;
}

/** A point of a line: the median of all runs, and the least and the most. */
export interface PlotPoint {
  readonly panel: string;
  readonly side: string;
  readonly x: number;
  readonly y: number;
  readonly min: number;
  readonly max: number;
}

const ALL = { sock: 'Sock', node: 'Node', c: 'C' };
const BOTH = ['tcp', 'tls'] as const;

/** Every picture of the page. */
export const PLOTS: readonly Plot[] = [
  {
    name: 'connections',
    title: 'Throughput in sends of 64 KiB, all connections together',
    x: 'connections at a time',
    y: 'MB/s',
    metric: 'MB/s',
    panels: BOTH.map((carrier) => panel(carrier, ALL, [[`${carrier}-bulk`, 1], [`${carrier}-bulk-over-4`, 4], [`${carrier}-bulk-over-16`, 16], [`${carrier}-bulk-over-64`, 64]])),
  },
  {
    name: 'sizes',
    title: 'Throughput of one connection',
    x: 'KiB of one send',
    y: 'MB/s',
    metric: 'MB/s',
    panels: BOTH.map((carrier) =>
      panel(carrier, ALL, [[`${carrier}-bulk-4k`, 4], [`${carrier}-bulk-16k`, 16], [`${carrier}-bulk`, 64], [`${carrier}-bulk-256k`, 256], [`${carrier}-bulk-1m`, 1024]]),
    ),
  },
  {
    name: 'poll',
    title: 'One wait of a poll with ten ready sockets',
    x: 'registrations',
    y: 'µs',
    metric: 'p50 µs',
    panels: [{ title: 'in memory', points: [10, 100, 1000, 10_000, 20_000].map((x) => ({ figure: 'poll-registrations', x, sides: { [`of ${x.toLocaleString('en')}`]: 'Sock' } })) }],
  },
  {
    name: 'memory',
    title: 'Memory of a server with idle connections (RSS)',
    x: 'connections',
    y: 'MiB',
    even: true,
    metric: 'RSS KiB',
    panels: [
      { ...panel('tcp', { sock: 'Sock', node: 'Node' }, [['tcp-held-1k', 1000], ['tcp-held-4k', 4000], ['tcp-held', 10_000]]), draw: inMebibytes },
      { ...panel('tls', { sock: 'Sock', node: 'Node' }, [['tls-held-1k', 1000], ['tls-held-2500', 2500], ['tls-held', 5000]]), draw: inMebibytes },
    ],
  },
];

/** What a plot draws of a result. Sides that were not measured have no points. */
export function pointsOf({ panels, metric }: Plot, { comparisons, machine }: Pick<BenchResult, 'comparisons' | 'machine'>): PlotPoint[] {
  return panels.flatMap(({ title, points, draw = (value) => value }) =>
    points.flatMap(({ figure, x: wanted, sides }) =>
      Object.entries(sides).flatMap(([key, side]): PlotPoint[] => {
        const values = comparisons.find((one) => one.figure === figure && one.metric === metric)?.values[key] ?? [];
        if (values.length === 0) return [];
        // Descriptors may not have allowed all connections.
        const x = FIGURES.some(({ name, kind }) => name === figure && kind === 'held') ? connectionsOf(wanted, machine.descriptors) : wanted;
        return [{ panel: title, side, x, y: draw(median(values), x), min: draw(Math.min(...values), x), max: draw(Math.max(...values), x) }];
      }),
    ),
  );
}

function panel(carrier: 'tcp' | 'tls', sides: Readonly<Record<string, string>>, points: readonly (readonly [figure: string, x: number])[]): Panel {
  return { title: carrier.toUpperCase(), points: points.map(([figure, x]) => ({ figure, x, sides })) };
}

function inMebibytes(kibibytes: number, connections: number): number {
  return (kibibytes * connections) / 1024;
}
