import { Child } from './child.ts';
import type { PollFigure } from './figure.ts';
import type { RunResult } from './orders.ts';
import type { Readings, Runner, Tools } from './runner.ts';
import { median } from './statistics.ts';

/** Waits of one run, and of a quick one. */
const WAITS = 500;
const QUICK_WAITS = 10;
/** Until the code is compiled, and the sockets have moved to the old part of the heap. */
const FIRST_WAITS = 1500;

/** A process with a poll that watches some of many sockets in memory: no transport is measured. */
export class PollRunner implements Runner {
  readonly #child: Child;
  readonly #cold: boolean;
  readonly #quick: boolean;

  private constructor(child: Child, cold: boolean, quick: boolean) {
    this.#child = child;
    this.#cold = cold;
    this.#quick = quick;
  }

  static async start(side: string, { watched, ready = 100, cold = false }: PollFigure, { quick }: Tools): Promise<PollRunner> {
    return new PollRunner(await Child.told({ do: 'watch', watched: watched[side] ?? 0, sockets: Math.max(...Object.values(watched)), ready }), cold, quick);
  }

  async warmUp(): Promise<void> {
    await this.#wait(FIRST_WAITS);
  }

  async run(): Promise<Readings> {
    const { pingMicros = [] } = await this.#wait(WAITS);
    return { 'p50 µs': median(pingMicros) };
  }

  async #wait(count: number): Promise<RunResult> {
    return await this.#child.ask<RunResult>({ do: 'waits', count: this.#quick ? QUICK_WAITS : count, cold: this.#cold });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }
}
