import { Child } from './child.ts';
import type { ContestantName } from './contestants.ts';
import type { StreamFigure } from './figure.ts';
import { checkTally } from './handshake-tally.ts';
import type { RunResult, Tally, Worker } from './orders.ts';
import type { Readings, Runner, Tools } from './runner.ts';
import { startWorker } from './runner.ts';
import { quantile } from './statistics.ts';
import type { Work } from './work.ts';
import { isHandshakes, isLoad, SERVICE_OF } from './work.ts';

/** A run is as long as that; shorter ones say more about the moment than about the code. */
const RUN_SECONDS = 0.6;
/** Processor time comes in ticks, and garbage in heaps: handshakes need longer. They also have more code, which takes some thousand of them to be compiled. */
const HANDSHAKES_SECONDS = 1.5;
/** Steps of the first run: bytes for those that carry many of them. */
const FIRST_COUNT: Readonly<Record<Exclude<Work['kind'], 'bulk' | 'mirrored' | 'file' | 'held'>, number>> = {
  pipelined: 10_000,
  awaited: 10_000,
  lines: 20_000,
  frames: 20_000,
  pings: 500,
  accepts: 1000,
  dials: 1000,
  full: 2500,
  resumed: 2500,
};
const FIRST_BYTES = 16 * 1024 * 1024;
/** How much less is done in a quick run. */
const QUICK = 50;

/** One contestant's client and server, over connections that are warm. */
export class StreamRunner implements Runner {
  readonly #work: Work;
  readonly #server: Worker;
  readonly #client: Worker;
  readonly #wantedSeconds: number;
  #count: number;

  private constructor(work: Work, server: Worker, client: Worker, quick: boolean) {
    this.#work = work;
    this.#server = server;
    this.#client = client;
    const { kind, bytes } = work;
    const less = quick ? QUICK : 1;
    this.#wantedSeconds = (isHandshakes(kind) ? HANDSHAKES_SECONDS : RUN_SECONDS) / less;
    this.#count = Math.ceil((kind === 'bulk' || kind === 'mirrored' || kind === 'file' || kind === 'held' ? FIRST_BYTES / bytes : FIRST_COUNT[kind]) / less);
  }

  static async start(side: ContestantName, figure: StreamFigure, tools: Tools): Promise<StreamRunner> {
    const { carrier, work, server = side, client = side } = figure;
    const { material, quick } = tools;
    const runner = new StreamRunner(work, startWorker(server, tools), isLoad(work.kind) ? new Child() : startWorker(client, tools), quick);
    try {
      const { port } = await runner.#server.ask<{ port: number }>({ do: 'listen', contestant: server, carrier, service: SERVICE_OF[work.kind], material });
      await runner.#client.ask({ do: 'connect', contestant: client, carrier, port, material, work });
      return runner;
    } catch (error) {
      await runner[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Finds out, too, how many steps make a run. */
  async warmUp(): Promise<void> {
    for (;;) {
      const { seconds } = await this.#run();
      if (seconds > this.#wantedSeconds / 3) {
        this.#count = Math.ceil((this.#count * this.#wantedSeconds) / seconds);
        return;
      }
      this.#count *= 2;
    }
  }

  async run(): Promise<Readings> {
    return readingsOf(await this.#run(), this.#work.bytes, this.#count);
  }

  async #run(): Promise<Run> {
    const { kind } = this.#work;
    await this.#server.ask<Tally>({ do: 'tally' });
    const result = await this.#client.ask<RunResult>({ do: 'run', work: this.#work, count: this.#count });
    const tally = await this.#server.ask<Tally>({ do: 'tally' });
    if (isHandshakes(kind)) checkTally(kind, this.#count, tally);
    return { ...result, serverCpuSeconds: tally.cpuSeconds };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#client[Symbol.asyncDispose](), this.#server[Symbol.asyncDispose]()]);
  }
}

/** A run, with what it cost the server. */
export interface Run extends RunResult {
  readonly serverCpuSeconds: number;
}

/** Everything that can be read off a run of `count` steps of `bytes` each. */
export function readingsOf({ seconds, cpuSeconds, serverCpuSeconds, pingMicros = [] }: Run, bytes: number, count: number): Readings {
  const perStep = (value: number): number => (value * 1e6) / count;
  const perGigabyte = (value: number): number => (value * 1e12) / (bytes * count);
  return {
    'MB/s': (bytes * count) / 1e6 / seconds,
    'sender CPU ms/GB': perGigabyte(cpuSeconds),
    'receiver CPU ms/GB': perGigabyte(serverCpuSeconds),
    'k msg/s': count / 1e3 / seconds,
    'sender CPU ns/msg': perStep(cpuSeconds) * 1000,
    'receiver CPU ns/msg': perStep(serverCpuSeconds) * 1000,
    'p50 µs': quantile(pingMicros, 0.5),
    'p99 µs': quantile(pingMicros, 0.99),
    'p99.9 µs': quantile(pingMicros, 0.999),
    'CPU µs': perStep(cpuSeconds + serverCpuSeconds),
    'client CPU µs': perStep(cpuSeconds),
    'server CPU µs': perStep(serverCpuSeconds),
    'k conn/s': count / 1e3 / seconds,
  };
}
