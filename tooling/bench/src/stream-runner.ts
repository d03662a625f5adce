import { Child } from './child.ts';
import type { ContestantName } from './contestants.ts';
import type { StreamFigure } from './figure.ts';
import { checkTally } from './handshake-tally.ts';
import type { Order, RunResult, Tally, Worker } from './orders.ts';
import type { Readings, Runner, Tools } from './runner.ts';
import { startWorker } from './runner.ts';
import { quantile } from './statistics.ts';
import type { Work } from './work.ts';
import { isHandshakes, isLoad, SERVICE_OF } from './work.ts';

/** A run is as long as that: many short runs in turns see more moods of a machine than a few long ones. */
const RUN_SECONDS = 0.3;
/** Of handshakes, of which several runs make one, in turns. */
const HANDSHAKES_SECONDS = 0.3;
/** Steps of the first run: bytes for those that carry many of them. */
const FIRST_COUNT: Readonly<Record<Exclude<Work['kind'], 'bulk' | 'mirrored' | 'file' | 'held'>, number>> = {
  pipelined: 10_000,
  awaited: 10_000,
  lines: 20_000,
  frames: 20_000,
  pings: 500,
  accepts: 1000,
  dials: 1000,
  full: 500,
  resumed: 500,
};
const FIRST_BYTES = 16 * 1024 * 1024;
/** How much less is done in a quick run. */
const QUICK = 50;

/**
 * One contestant's client and server, in processes that are warm. Each run has a connection of its own: within its first megabytes the kernel finds a
 * receive window for a connection, large or small, and keeps to it, so that one connection for all runs would be a sample of one. The same program came
 * to 0.9 GB/s and to 2.9 that way.
 */
export class StreamRunner implements Runner {
  readonly #connect: Extract<Order, { do: 'connect' }>;
  readonly #server: Worker;
  readonly #client: Worker;
  readonly #wantedSeconds: number;
  #count: number;

  private constructor(connect: Extract<Order, { do: 'connect' }>, server: Worker, client: Worker, quick: boolean) {
    this.#connect = connect;
    this.#server = server;
    this.#client = client;
    const { kind, bytes } = connect.work;
    const less = quick ? QUICK : 1;
    this.#wantedSeconds = (isHandshakes(kind) ? HANDSHAKES_SECONDS : RUN_SECONDS) / less;
    this.#count = Math.ceil((kind === 'bulk' || kind === 'mirrored' || kind === 'file' || kind === 'held' ? FIRST_BYTES / bytes : FIRST_COUNT[kind]) / less);
  }

  static async start(side: ContestantName, figure: StreamFigure, tools: Tools): Promise<StreamRunner> {
    const { carrier, work, server = side, client = side } = figure;
    const { material, quick } = tools;
    const serving = startWorker(server, tools);
    const asking = isLoad(work.kind) ? new Child() : startWorker(client, tools);
    try {
      const { port } = await serving.ask<{ port: number }>({ do: 'listen', contestant: server, carrier, service: SERVICE_OF[work.kind], material });
      const connect = { do: 'connect', contestant: client, carrier, port, material, work } as const;
      await asking.ask(connect);
      return new StreamRunner(connect, serving, asking, quick);
    } catch (error) {
      await Promise.all([asking[Symbol.asyncDispose](), serving[Symbol.asyncDispose]()]);
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
    return readingsOf(await this.#run(), this.#connect.work.bytes, this.#count);
  }

  async #run(): Promise<Run> {
    const { work } = this.#connect;
    const { kind } = work;
    if (!connectsItself(kind)) await this.#client.ask(this.#connect);
    await this.#server.ask<Tally>({ do: 'tally' });
    const result = await this.#client.ask<RunResult>({ do: 'run', work, count: this.#count });
    const tally = await this.#server.ask<Tally>({ do: 'tally' });
    if (isHandshakes(kind)) checkTally(kind, this.#count, tally);
    return { ...result, serverCpuSeconds: tally.cpuSeconds };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#client[Symbol.asyncDispose](), this.#server[Symbol.asyncDispose]()]);
  }
}

/** Connections are what it does, one for each step; what it remembers of them, such as a session, is for the next run, too. */
function connectsItself(kind: Work['kind']): boolean {
  return isHandshakes(kind) || kind === 'dials' || kind === 'accepts';
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
