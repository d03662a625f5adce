import { CChild } from './c-child.ts';
import type { CProgram } from './c-program.ts';
import { Child } from './child.ts';
import type { ContestantName } from './contestants.ts';
import type { Metric } from './figure.ts';
import type { Worker } from './orders.ts';
import type { Material } from './work.ts';

/** What was read off one run. */
export type Readings = Partial<Readonly<Record<Metric, number>>>;

/** One side of a figure. */
export interface Runner extends AsyncDisposable {
  /** Runs until the code is compiled and what is read off a run is worth something. */
  warmUp(): Promise<void>;
  run(): Promise<Readings>;
}

/** What all runners share. */
export interface Tools {
  readonly material: Material;
  readonly c: CProgram;
  /** Descriptors that a process may have; `null` is no limit. */
  readonly descriptors: number | null;
  /** Runs are as short as they can be: to see that everything works, and for no other use. */
  readonly quick: boolean;
}

/** A process for one end of a contestant's connection. */
export function startWorker(contestant: ContestantName, { c }: Tools): Worker {
  if (contestant !== 'c') return new Child();
  if ('missing' in c) throw new Error(c.missing);
  return new CChild(c.program);
}
