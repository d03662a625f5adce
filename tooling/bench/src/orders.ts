import type { ContestantName } from './contestants.ts';
import type { PoolContestantName } from './pool-contestants.ts';
import type { Carrier, Material, Service, Work } from './work.ts';

/** What a child process is told to do; it answers each order once. */
export type Order =
  | { readonly do: 'listen'; readonly contestant: ContestantName; readonly carrier: Carrier; readonly service: Service; readonly material: Material }
  /** In place of the connection that it has, if it has one. */
  | { readonly do: 'connect'; readonly contestant: ContestantName; readonly carrier: Carrier; readonly port: number; readonly material: Material; readonly work: Work }
  | { readonly do: 'run'; readonly work: Work; readonly count: number }
  | { readonly do: 'tally' }
  | { readonly do: 'memory' }
  | { readonly do: 'watch'; readonly watched: number; readonly sockets: number; readonly ready: number }
  | { readonly do: 'waits'; readonly count: number; readonly cold: boolean }
  | { readonly do: 'lend'; readonly contestant: PoolContestantName; readonly connections: number }
  | { readonly do: 'borrow'; readonly callers: number; readonly count: number; readonly timed: boolean };

/** What one run came to, in the client's process. */
export interface RunResult {
  readonly seconds: number;
  /** Processor time of the client alone, user and system. */
  readonly cpuSeconds: number;
  /** The time of each ping, of each wait of a poll, or of each acquire and release of a pool. */
  readonly pingMicros?: readonly number[] | undefined;
}

/** What a server has done since it was asked last. */
export interface Tally {
  readonly full: number;
  readonly resumed: number;
  /** Processor time of the server alone, user and system. */
  readonly cpuSeconds: number;
}

/** What a process holds, in bytes, after a collection of garbage. */
export interface Memory {
  readonly rss: number;
  readonly heap: number;
}

/** What a child answers. */
export type Answer = { readonly port: number } | { readonly ready: true } | RunResult | Tally | Memory | { readonly openssl: string } | { readonly failure: string };

/** A process that obeys one order at a time, and ends when it is disposed. */
export interface Worker extends AsyncDisposable {
  /** @throws Error with the process's own words, or when it died */
  ask<T extends Answer>(order: Order): Promise<T>;
}
