import { Child } from './child.ts';
import type { ContestantName } from './contestants.ts';
import type { HeldFigure } from './figure.ts';
import type { Memory } from './orders.ts';
import type { Readings, Runner, Tools } from './runner.ts';
import { startWorker } from './runner.ts';
import type { Work } from './work.ts';
import { SERVICE_OF } from './work.ts';

/** Connections before the first look, so that code, pools and the first pages of the heap count for nobody. */
const FIRST = 500;
/** Descriptors that a process of Node has beside its connections, and some to spare. */
const OTHERS = 100;
/** Connections of a quick run. */
const QUICK = 100;
const WORK: Work = { kind: 'held', bytes: 1 };

/** One contestant's server with idle connections. Each run has processes of its own: memory that was given back is not what a process had before. */
export class HeldRunner implements Runner {
  readonly #side: ContestantName;
  readonly #figure: HeldFigure;
  readonly #tools: Tools;

  constructor(side: ContestantName, figure: HeldFigure, tools: Tools) {
    this.#side = side;
    this.#figure = figure;
    this.#tools = tools;
  }

  async warmUp(): Promise<void> {}

  async run(): Promise<Readings> {
    const { carrier, connections } = this.#figure;
    const { material, descriptors, quick } = this.#tools;
    await using server = startWorker(this.#side, this.#tools);
    await using client = new Child();
    const { port } = await server.ask<{ port: number }>({ do: 'listen', contestant: this.#side, carrier, service: SERVICE_OF.held, material });
    await client.ask({ do: 'connect', contestant: 'node', carrier, port, material, work: WORK });
    await client.ask({ do: 'run', work: WORK, count: FIRST });
    const before = await server.ask<Memory>({ do: 'memory' });
    const count = connectionsOf(quick ? QUICK : connections, descriptors);
    await client.ask({ do: 'run', work: WORK, count });
    const after = await server.ask<Memory>({ do: 'memory' });
    return { 'RSS KiB': (after.rss - before.rss) / 1024 / count, 'heap KiB': (after.heap - before.heap) / 1024 / count };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** How many of so many wanted connections a process with so many descriptors can hold; `null` is no limit. */
export function connectionsOf(wanted: number, descriptors: number | null): number {
  return descriptors === null ? wanted : Math.max(1, Math.min(wanted, descriptors - FIRST - OTHERS));
}
