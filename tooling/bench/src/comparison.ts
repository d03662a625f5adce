import type { Figure, Metric, Target } from './figures.ts';
import type { Measurement, Values } from './measurement.ts';
import { median } from './statistics.ts';

/** One line of the result. */
export interface Comparison {
  readonly figure: string;
  readonly metric: Metric;
  /** Medians of all pairs. */
  readonly sock: number;
  readonly node: number;
  /** Sock over Node, pair by pair. */
  readonly ratio: { readonly median: number; readonly min: number; readonly max: number };
  readonly target: Target | undefined;
  readonly met: boolean | undefined;
  /** Everything that was measured. */
  readonly values: Values;
}

/** Ratios of what was measured, one line per metric. */
export function compare({ name, target }: Figure, measurement: Measurement): Comparison[] {
  return [...measurement].map(([metric, values]) => {
    const ratios = values.sock.map((value, pair) => value / (values.node[pair] ?? Number.NaN));
    const ratio = { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) };
    const own = target?.metric === metric ? target : undefined;
    const met = own === undefined ? undefined : ratio.median >= (own.atLeast ?? 0) && ratio.median <= (own.atMost ?? Infinity);
    return { figure: name, metric, sock: median(values.sock), node: median(values.node), ratio, target: own, met, values };
  });
}
