import type { ContestantName } from './contestants.ts';
import type { Figure, Metric } from './figure.ts';
import { CoresRunner } from './cores-runner.ts';
import { HeldRunner } from './held-runner.ts';
import { ImportRunner } from './import-runner.ts';
import { PollRunner } from './poll-runner.ts';
import { PoolRunner } from './pool-runner.ts';
import type { Readings, Runner, Tools } from './runner.ts';
import { SizeRunner } from './size-runner.ts';
import { StreamRunner } from './stream-runner.ts';

const WARM_PAIRS = 12;

/** One value per pair for each side; the same place in all lists is the same pair. */
export type Values = Readonly<Record<string, readonly number[]>>;

/** What a figure came to. Sides that could not take part have no values. */
export type Measurement = ReadonlyMap<Metric, Values>;

/** Measures a figure in `pairs` rounds of runs, one of each side, in turns. */
export async function measure(figure: Figure, pairs: number, tools: Tools, onPair: (pair: number, pairs: number) => void): Promise<Measurement> {
  const rounds = Math.min(pairs, figure.mostPairs ?? pairs);
  const { turns = 1 } = figure;
  const sides = takingPart(figure, 'program' in tools.c);
  const values = new Map(figure.metrics.map((metric) => [metric, Object.fromEntries(sides.map((side): [string, number[]] => [side, []]))]));
  const runners: [string, Runner][] = [];
  onPair(0, rounds);
  try {
    for (const side of sides) runners.push([side, await start(side, figure, tools)]);
    for (const [, runner] of runners) await runner.warmUp();
    for (let pair = turns > 1 && !tools.quick ? 1 - WARM_PAIRS : 1; pair <= rounds; pair += 1) {
      if (pair > 0) onPair(pair, rounds);
      const readings = new Map(runners.map(([side]): [string, Readings[]] => [side, []]));
      for (let turn = pair; turn < pair + turns; turn += 1) {
        // Every other time the other way round: nobody always comes second.
        for (const [side, runner] of turn % 2 === 0 ? runners.toReversed() : runners) readings.get(side)?.push(await runner.run());
      }
      if (pair > 0) for (const [metric, lists] of values) for (const [side, list] of Object.entries(lists)) list.push(mean(readings.get(side) ?? [], metric));
    }
  } finally {
    await Promise.all(runners.map(([, runner]) => runner[Symbol.asyncDispose]()));
  }
  return values;
}

function mean(runs: readonly Readings[], metric: Metric): number {
  return runs.reduce((sum, readings) => sum + (readings[metric] ?? Number.NaN), 0) / runs.length;
}

/** The sides of a figure that can be measured, with or without the program in C; none when what is left is nothing to compare. */
export function takingPart(figure: Figure, withC: boolean): readonly string[] {
  if (withC) return figure.sides;
  if (figure.kind === 'stream' && (figure.client === 'c' || figure.server === 'c')) return [];
  const sides = figure.sides.filter((side) => side !== 'c');
  return sides.length === 1 && figure.sides.length > 1 ? [] : sides;
}

async function start(side: string, figure: Figure, tools: Tools): Promise<Runner> {
  switch (figure.kind) {
    case 'stream':
      return await StreamRunner.start(side as ContestantName, figure, tools);
    case 'held':
      return new HeldRunner(side as ContestantName, figure, tools);
    case 'poll':
      return await PollRunner.start(side, figure, tools);
    case 'pool':
      return await PoolRunner.start(side, figure, tools);
    case 'cores':
      return await CoresRunner.start(side, figure, tools);
    case 'import':
      return new ImportRunner(side, figure);
    case 'size':
      return new SizeRunner(figure);
  }
}
