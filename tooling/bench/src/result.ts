import type { Comparison } from './comparison.ts';
import { isMet } from './comparison.ts';
import type { Machine } from './machine.ts';
import { targetOf } from './targets.ts';

/** Everything that a run of the bench came to, as `--json` writes it. */
export interface BenchResult {
  /** ISO 8601. */
  readonly startedAt: string;
  readonly minutes: number;
  /** Of the repository, with `-dirty` where there were changes beside it; nothing outside of one. */
  readonly commit?: string | undefined;
  readonly pairs: number;
  readonly quick: boolean;
  readonly machine: Machine;
  /** Load averages of the last minute after each figure, those of the bench itself (2 to 3) included: what is more was the work of others. */
  readonly loads: readonly number[];
  /** Why figures were not measured that should have been. */
  readonly failures: readonly string[];
  readonly comparisons: readonly Comparison[];
}

/** A line for each comparison: what changes from run to run can be seen. */
export function encodeResult({ comparisons, ...run }: BenchResult): string {
  const head = JSON.stringify(run, null, 2).replace(/\n\}$/, '');
  return `${head},\n  "comparisons": [\n${comparisons.map((one) => `    ${JSON.stringify(one, rounded)}`).join(',\n')}\n  ]\n}\n`;
}

/** Reads what {@link encodeResult} wrote. The targets are those of today: they are a matter of the repository, and not of the run. */
export function decodeResult(text: string): BenchResult {
  const result = JSON.parse(text) as BenchResult;
  return {
    ...result,
    comparisons: result.comparisons.map((one) => {
      const target = targetOf(one.figure, one.metric, one.over);
      return { ...one, target, met: isMet(target, one.values[one.side] ?? [], one.over === undefined ? undefined : (one.values[one.over] ?? [])) };
    }),
  };
}

/** Nine digits are more than any figure has. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(9)) : value;
}
