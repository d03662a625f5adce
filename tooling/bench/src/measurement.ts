import { Child } from './child.ts';
import type { ContestantName } from './contestants.ts';
import type { Material, Work } from './contestant.ts';
import { isHandshakes, STEP_BYTES } from './contestant.ts';
import type { Figure, Metric } from './figures.ts';
import type { RunResult, Tally } from './orders.ts';
import { checkTally } from './handshake-tally.ts';
import { quantile } from './statistics.ts';

/** One value per pair and contestant; the same place in both lists is the same pair. */
export type Values = Readonly<Record<ContestantName, readonly number[]>>;

/** What a figure came to. */
export type Measurement = ReadonlyMap<Metric, Values>;

/** A run is as long as that; shorter ones say more about the moment than about the code. */
const RUN_SECONDS = 0.6;
/** Processor time comes in ticks, and garbage in heaps: handshakes need longer. They also have more code, which takes some thousand of them to be compiled. */
const HANDSHAKES_SECONDS = 1.5;
const FIRST_COUNT: Readonly<Record<Work, number>> = { bulk: 256, bulk16k: 1024, bulkLent: 256, pipelined: 10_000, awaited: 10_000, pings: 500, full: 2500, resumed: 2500 };

/** Measures a figure in `pairs` pairs of runs, one of each contestant, over connections that are warm. */
export async function measure(figure: Figure, pairs: number, material: Material, onPair: (pair: number) => void): Promise<Measurement> {
  await using sock = await Runner.start('sock', figure, material);
  await using node = await Runner.start('node', figure, material);
  onPair(0);
  await sock.warmUp();
  await node.warmUp();
  const values = new Map(figure.metrics.map((metric) => [metric, { sock: [] as number[], node: [] as number[] }]));
  for (let pair = 1; pair <= pairs; pair += 1) {
    onPair(pair);
    // Every other pair the other way round: nobody always comes second.
    for (const runner of pair % 2 === 0 ? [node, sock] : [sock, node]) {
      const result = await runner.run();
      for (const [metric, lists] of values) lists[runner.name].push(read(metric, result, figure.work, runner.count));
    }
  }
  return values;
}

/** One contestant's client and server. */
class Runner implements AsyncDisposable {
  readonly name: ContestantName;
  readonly #work: Work;
  readonly #server: Child;
  readonly #client: Child;
  #count: number;

  private constructor(name: ContestantName, work: Work, server: Child, client: Child) {
    this.name = name;
    this.#work = work;
    this.#server = server;
    this.#client = client;
    this.#count = FIRST_COUNT[work];
  }

  static async start(contestant: ContestantName, { carrier, work }: Figure, material: Material): Promise<Runner> {
    const runner = new Runner(contestant, work, new Child(), new Child());
    try {
      if (isHandshakes(work)) {
        const { port } = await runner.#server.ask<{ port: number }>({ do: 'listenForHandshakes', contestant, carrier, material });
        await runner.#client.ask({ do: 'handshakes', contestant, carrier, port, material, work });
        return runner;
      }
      const service = work === 'pings' ? 'echo' : 'sink';
      const { port } = await runner.#server.ask<{ port: number }>({ do: 'listen', contestant, carrier, service, material });
      await runner.#client.ask({ do: 'connect', contestant, carrier, port, material });
      return runner;
    } catch (error) {
      await runner[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Steps of one run. */
  get count(): number {
    return this.#count;
  }

  /** Runs until the code is compiled, and finds out how many steps make a run. */
  async warmUp(): Promise<void> {
    const wanted = isHandshakes(this.#work) ? HANDSHAKES_SECONDS : RUN_SECONDS;
    for (;;) {
      const { seconds } = await this.run();
      if (seconds > wanted / 3) {
        this.#count = Math.ceil((this.#count * wanted) / seconds);
        return;
      }
      this.#count *= 2;
    }
  }

  async run(): Promise<Run> {
    if (!isHandshakes(this.#work)) return await this.#run();
    await this.#server.ask<Tally>({ do: 'tally' });
    const result = await this.#run();
    const { full, resumed, cpuSeconds } = await this.#server.ask<Tally>({ do: 'tally' });
    checkTally(this.#work, this.#count, { full, resumed });
    return { ...result, serverCpuSeconds: cpuSeconds };
  }

  async #run(): Promise<RunResult> {
    return await this.#client.ask<RunResult>({ do: 'run', work: this.#work, count: this.#count });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#client[Symbol.asyncDispose](), this.#server[Symbol.asyncDispose]()]);
  }
}

/** A run, with what it cost the server where that is asked for. */
interface Run extends RunResult {
  readonly serverCpuSeconds?: number;
}

function read(metric: Metric, { seconds, cpuSeconds, serverCpuSeconds = 0, pingMicros }: Run, work: Work, count: number): number {
  const bytes = count * STEP_BYTES[work];
  if (metric === 'CPU µs') return ((cpuSeconds + serverCpuSeconds) * 1e6) / count;
  if (metric === 'client CPU µs') return (cpuSeconds * 1e6) / count;
  if (metric === 'server CPU µs') return (serverCpuSeconds * 1e6) / count;
  if (metric === 'MB/s') return bytes / 1e6 / seconds;
  if (metric === 'CPU ms/GB') return (cpuSeconds * 1e12) / bytes;
  if (metric === 'k msg/s') return count / 1e3 / seconds;
  if (metric === 'CPU ns/msg') return (cpuSeconds * 1e9) / count;
  return quantile(pingMicros ?? [], metric === 'p50 µs' ? 0.5 : 0.99);
}
