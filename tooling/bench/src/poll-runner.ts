import { Child } from './child.ts';
import type { PollFigure } from './figure.ts';
import type { RunResult } from './orders.ts';
import type { Readings, Runner } from './runner.ts';

/** Waits of one run. */
const WAITS = 1000;
/** Until the code is compiled, and the sockets have moved to the old part of the heap. */
const FIRST_WAITS = 3000;

/** A process with a poll that watches some of many sockets in memory: no transport is measured. */
export class PollRunner implements Runner {
  readonly #child = new Child();

  static async start(side: string, { watched }: PollFigure): Promise<PollRunner> {
    const runner = new PollRunner();
    await runner.#child.ask({ do: 'watch', watched: watched[side] ?? 0, sockets: Math.max(...Object.values(watched)) });
    return runner;
  }

  async warmUp(): Promise<void> {
    await this.#child.ask({ do: 'waits', count: FIRST_WAITS });
  }

  async run(): Promise<Readings> {
    const { seconds } = await this.#child.ask<RunResult>({ do: 'waits', count: WAITS });
    return { µs: (seconds * 1e6) / WAITS };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }
}
