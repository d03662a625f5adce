import type { ContestantName } from './contestants.ts';
import type { Carrier, HandshakeWork, Material, Service, Work } from './contestant.ts';

/** What a child process is told to do; it answers each order once. */
export type Order =
  | { readonly do: 'listen'; readonly contestant: ContestantName; readonly carrier: Carrier; readonly service: Service; readonly material: Material }
  | { readonly do: 'connect'; readonly contestant: ContestantName; readonly carrier: Carrier; readonly port: number; readonly material: Material }
  | { readonly do: 'listenForHandshakes'; readonly contestant: ContestantName; readonly carrier: Carrier; readonly material: Material }
  | { readonly do: 'handshakes'; readonly contestant: ContestantName; readonly carrier: Carrier; readonly port: number; readonly material: Material; readonly work: HandshakeWork }
  | { readonly do: 'tally' }
  | { readonly do: 'run'; readonly work: Work; readonly count: number };

/** What one run came to, in the client's process. */
export interface RunResult {
  readonly seconds: number;
  /** Processor time of the client alone, user and system. */
  readonly cpuSeconds: number;
  readonly pingMicros: readonly number[] | undefined;
}

/** What a server of handshakes has done since it was asked last. */
export interface Tally {
  readonly full: number;
  readonly resumed: number;
  /** Processor time of the server alone, user and system. */
  readonly cpuSeconds: number;
}

/** What a child answers. */
export type Answer = { readonly port: number } | { readonly connected: true } | RunResult | Tally | { readonly failure: string };
