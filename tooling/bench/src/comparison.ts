import type { Figure, Metric } from './figure.ts';
import type { Measurement, Values } from './measurement.ts';
import { median } from './statistics.ts';
import type { Target } from './targets.ts';
import { targetOf } from './targets.ts';

/** One line of the result: one metric of the measured side, beside one other side. */
export interface Comparison {
  readonly figure: string;
  readonly metric: Metric;
  /** Who is measured, and the measure; nothing where the value counts by itself. */
  readonly side: string;
  readonly over: string | undefined;
  /** Medians of all pairs; nothing where it was not measured. */
  readonly value: number | undefined;
  readonly overValue: number | undefined;
  /** The measured side over the other one, pair by pair. */
  readonly ratio: Spread | undefined;
  readonly target: Target | undefined;
  /** Nothing without a target, or when it was not measured. */
  readonly met: boolean | undefined;
  /** Everything that was measured, of all sides. */
  readonly values: Values;
}

/** A median, and what it lies between. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** One line per metric and other side. */
export function compare({ name, sides }: Pick<Figure, 'name' | 'sides'>, measurement: Measurement): Comparison[] {
  const [side, ...others] = sides;
  return [...measurement].flatMap(([metric, values]) =>
    (others.length === 0 ? [undefined] : others).map((over): Comparison => {
      const own = values[side] ?? [];
      const other = over === undefined ? own : (values[over] ?? []);
      const target = targetOf(name, metric, over);
      return {
        figure: name,
        metric,
        side,
        over,
        value: own.length === 0 ? undefined : median(own),
        overValue: over === undefined || other.length === 0 ? undefined : median(other),
        ratio: over === undefined || own.length === 0 || other.length === 0 ? undefined : spread(pairwise(own, other, (mine, theirs) => mine / theirs)),
        target,
        met: isMet(target, own, over === undefined ? undefined : other),
        values,
      };
    }),
  );
}

/** Whether a target is kept by the values of the measured side, and of the other one, where there is one; nothing without a target, or without values. */
export function isMet(target: Target | undefined, own: readonly number[], other: readonly number[] | undefined): boolean | undefined {
  if (target === undefined || own.length === 0 || other?.length === 0) return undefined;
  const bounded = spread(boundedValues(target, own, other ?? own)).median;
  return bounded >= (target.atLeast ?? -Infinity) && bounded <= (target.atMost ?? Infinity);
}

function boundedValues({ over, of }: Target, own: readonly number[], other: readonly number[]): number[] {
  if (over === undefined) return [...own];
  return pairwise(own, other, (mine, theirs) => (of === 'difference' ? mine - theirs : mine / theirs));
}

function pairwise(own: readonly number[], other: readonly number[], join: (mine: number, theirs: number) => number): number[] {
  return own.map((value, pair) => join(value, other[pair] ?? Number.NaN));
}

function spread(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}
