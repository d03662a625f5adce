import type { ContestantName } from './contestants.ts';
import type { Carrier, Work } from './work.ts';

/** What is read off a run. Processor time is user and system time, of all threads. */
export type Metric =
  | 'MB/s'
  | 'sender CPU ms/GB'
  | 'receiver CPU ms/GB'
  | 'k msg/s'
  | 'sender CPU ns/msg'
  | 'receiver CPU ns/msg'
  | 'p50 µs'
  | 'p99 µs'
  | 'p99.9 µs'
  /** Of one connection: both sides together, and each. */
  | 'CPU µs'
  | 'client CPU µs'
  | 'server CPU µs'
  | 'k conn/s'
  /** Of one connection, in the server's process. */
  | 'RSS KiB'
  | 'heap KiB'
  /** Of a pool; the processor time is of one acquire and release. */
  | 'k acquires/s'
  | 'CPU ns'
  | 'ms'
  /** Minified and gzipped. */
  | 'KiB';

/** What all figures have. */
interface FigureBase {
  readonly name: string;
  /** Who is measured: the first one, by each of the others. With one side alone it is the value that counts. */
  readonly sides: readonly [string, ...string[]];
  readonly metrics: readonly Metric[];
  /** For what takes long and varies little. Default: **as many as asked for** */
  readonly mostPairs?: number;
  /**
   * Runs of each side that make one of a pair, in turns; their mean counts. A few pairs before do not: what has much code takes some time to be compiled, and
   * V8 forgets it while a process stands idle for others to warm up. Default: **1**
   */
  readonly turns?: number;
}

/** A client does something with a server, each in a process of its own. */
export interface StreamFigure extends FigureBase {
  readonly kind: 'stream';
  readonly sides: readonly [ContestantName, ...ContestantName[]];
  readonly carrier: Carrier;
  readonly work: Work;
  /** The client of all sides. Default: **each side's own**, and the same one for everybody where only servers are measured (`LoadKind`) */
  readonly client?: ContestantName;
  /** The server of all sides. Default: **each side's own** */
  readonly server?: ContestantName;
}

/** What a server keeps for each of many idle connections, which a client holds that is the same for all sides. */
export interface HeldFigure extends FigureBase {
  readonly kind: 'held';
  readonly sides: readonly [ContestantName, ...ContestantName[]];
  readonly carrier: Carrier;
  readonly connections: number;
}

/** A wait with some ready sockets, of so many that are watched by each side. */
export interface PollFigure extends FigureBase {
  readonly kind: 'poll';
  readonly watched: Readonly<Record<string, number>>;
  /** Default: **100** */
  readonly ready?: number;
  /** Whether the caches of the processor hold other things when a wait begins. Default: **they hold the sockets of the wait before** */
  readonly cold?: boolean;
}

/** Callers take a connection of a warm pool and give it back, each side in a process of its own. */
export interface PoolFigure extends FigureBase {
  readonly kind: 'pool';
  readonly connections: number;
  /** At the same time: where they are more than the connections, they wait for each other. */
  readonly callers: number;
}

/** A server on some cores, and one client with some connections. */
export interface CoresFigure extends FigureBase {
  readonly kind: 'cores';
  /** Processes of each side's server. Default: **as many as there are cores** */
  readonly workers: Readonly<Record<string, number>>;
  readonly connections: number;
}

/** The time to import modules, each side in a new process. */
export interface ImportFigure extends FigureBase {
  readonly kind: 'import';
  readonly modules: Readonly<Record<string, readonly string[]>>;
}

/** What modules weigh in a bundle, without the packages that they import. */
export interface SizeFigure extends FigureBase {
  readonly kind: 'size';
  readonly modules: readonly string[];
  /** What a program takes of them. Default: **everything** */
  readonly imports?: readonly string[];
}

/** One thing that is measured. */
export type Figure = StreamFigure | HeldFigure | PollFigure | PoolFigure | CoresFigure | ImportFigure | SizeFigure;
