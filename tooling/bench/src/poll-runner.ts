import { Child } from './child.ts';
import type { PollFigure } from './figure.ts';
import type { RunResult } from './orders.ts';
import type { Readings, Runner, Tools } from './runner.ts';

/** Waits of one run, and of a quick one. */
const WAITS = 1000;
const QUICK_WAITS = 10;
/** Until the code is compiled, and the sockets have moved to the old part of the heap. */
const FIRST_WAITS = 3000;

/** A process with a poll that watches some of many sockets in memory: no transport is measured. */
export class PollRunner implements Runner {
  readonly #child = new Child();
  readonly #quick: boolean;

  private constructor(quick: boolean) {
    this.#quick = quick;
  }

  static async start(side: string, { watched }: PollFigure, { quick }: Tools): Promise<PollRunner> {
    const runner = new PollRunner(quick);
    await runner.#child.ask({ do: 'watch', watched: watched[side] ?? 0, sockets: Math.max(...Object.values(watched)) });
    return runner;
  }

  async warmUp(): Promise<void> {
    await this.#child.ask({ do: 'waits', count: this.#quick ? QUICK_WAITS : FIRST_WAITS });
  }

  async run(): Promise<Readings> {
    const count = this.#quick ? QUICK_WAITS : WAITS;
    const { seconds } = await this.#child.ask<RunResult>({ do: 'waits', count });
    return { µs: (seconds * 1e6) / count };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }
}
