import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Child } from './child.ts';
import type { CoresFigure } from './figure.ts';
import type { RunResult } from './orders.ts';
import type { Readings, Runner, Tools } from './runner.ts';
import type { Work } from './work.ts';

const PROGRAM: string = /*#__PURE__*/ fileURLToPath(/*#__PURE__*/ new URL('./many-cores.js', import.meta.url));
/** Lines of a run, and of a quick one: the same for all, so that a server that is faster is only done earlier. */
const LINES = 200_000;
const QUICK_LINES = 400;

/** The program of many-cores.ts with some workers, and a client that sends lines over some connections at the same time. */
export class CoresRunner implements Runner {
  readonly #server: ChildProcess;
  readonly #client = new Child();
  readonly #work: Work;
  readonly #count: number;

  private constructor(workers: number, { connections }: CoresFigure, quick: boolean) {
    this.#server = spawn(process.execPath, [PROGRAM, String(workers)], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#work = { kind: 'lines', bytes: 100, connections };
    this.#count = quick ? QUICK_LINES : LINES;
  }

  static async start(side: string, figure: CoresFigure, { quick, material }: Tools): Promise<CoresRunner> {
    const runner = new CoresRunner(figure.workers[side] ?? availableParallelism(), figure, quick);
    try {
      const port = await portOf(runner.#server);
      await runner.#client.ask({ do: 'connect', contestant: 'node', carrier: 'tcp', port, material, work: runner.#work });
      return runner;
    } catch (error) {
      await runner[Symbol.asyncDispose]();
      throw error;
    }
  }

  async warmUp(): Promise<void> {
    await this.run();
  }

  async run(): Promise<Readings> {
    const { seconds } = await this.#client.ask<RunResult>({ do: 'run', work: this.#work, count: this.#count });
    return { 'k msg/s': this.#count / 1e3 / seconds };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
    const { exitCode, signalCode } = this.#server;
    if (exitCode !== null || signalCode !== null) return;
    const ended = once(this.#server, 'exit');
    // Its workers end when their channel does.
    this.#server.kill();
    await ended;
  }
}

async function portOf({ stdout }: ChildProcess): Promise<number> {
  if (stdout === null) throw new Error('a server without an output');
  for await (const line of createInterface({ input: stdout })) {
    const port = /listen on (\d+)$/.exec(line)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error('the server on many cores has ended before it listened');
}
