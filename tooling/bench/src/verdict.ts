import type { Comparison } from './comparison.ts';
import type { Target, TargetRow } from './targets.ts';
import { boundText } from './targets.ts';

/** What became of one row of the targets. */
export interface RowVerdict {
  readonly name: string;
  /** The bounds as people write them. */
  readonly asked: string;
  /** One for each target of the row. */
  readonly measured: readonly { readonly target: Target; readonly text: string; readonly comparison: Comparison | undefined }[];
  /** All targets of the row; nothing where one was not measured and none was missed. */
  readonly met: boolean | undefined;
  readonly missing: string | undefined;
}

/** Looks up what a row asks for among the lines of a result. */
export function verdictOf({ name, targets, missing }: TargetRow, comparisons: readonly Comparison[]): RowVerdict {
  const measured = targets.map((target) => {
    const comparison = comparisons.find((one) => one.target === target);
    return { target, comparison, text: comparison?.met === undefined ? '–' : number(boundedValue(comparison)) };
  });
  const all = measured.map(({ comparison }) => comparison?.met);
  const met = all.includes(false) ? false : all.length === 0 || all.includes(undefined) ? undefined : true;
  return { name, asked: [...new Set(targets.map(boundText))].join(', '), measured, met, missing };
}

export function verdictText(met: boolean | undefined): string {
  return met === undefined ? 'not measured' : met ? 'met' : 'NOT MET';
}

/** With as many digits as mean something. What JSON has as `null` was a division by nothing. */
export function number(value: number | null | undefined): string {
  if (value === undefined || value === null) return '–';
  return value.toLocaleString('en', { maximumFractionDigits: Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0 });
}

function boundedValue({ target, ratio, value, overValue }: Comparison): number | undefined {
  if (target?.over === undefined) return value;
  return target.of === 'difference' ? (value ?? Number.NaN) - (overValue ?? Number.NaN) : ratio?.median;
}
