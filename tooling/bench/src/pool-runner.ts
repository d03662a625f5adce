import { Child } from './child.ts';
import type { PoolFigure } from './figure.ts';
import type { RunResult } from './orders.ts';
import type { PoolContestantName } from './pool-contestants.ts';
import type { Readings, Runner, Tools } from './runner.ts';
import { quantile } from './statistics.ts';

/** Borrowings of a run for the rate, of one for the times of each, and how much less a quick run does. */
const COUNT = 200_000;
const TIMED = 100_000;
const QUICK = 100;

/** A process with one contestant's pool, in memory: no transport is measured. */
export class PoolRunner implements Runner {
  readonly #child: Child;
  readonly #callers: number;
  readonly #less: number;

  private constructor(child: Child, callers: number, quick: boolean) {
    this.#child = child;
    this.#callers = callers;
    this.#less = quick ? QUICK : 1;
  }

  static async start(side: string, { connections, callers }: PoolFigure, { quick }: Tools): Promise<PoolRunner> {
    return new PoolRunner(await Child.told({ do: 'lend', contestant: side as PoolContestantName, connections }), callers, quick);
  }

  async warmUp(): Promise<void> {
    await this.run();
  }

  async run(): Promise<Readings> {
    const count = COUNT / this.#less;
    const { seconds, cpuSeconds } = await this.#borrow(count, false);
    const { pingMicros = [] } = await this.#borrow(TIMED / this.#less, true);
    return { 'k acquires/s': count / 1e3 / seconds, 'CPU ns': (cpuSeconds * 1e9) / count, 'p50 µs': quantile(pingMicros, 0.5), 'p99 µs': quantile(pingMicros, 0.99) };
  }

  async #borrow(count: number, timed: boolean): Promise<RunResult> {
    return await this.#child.ask<RunResult>({ do: 'borrow', callers: this.#callers, count, timed });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }
}
