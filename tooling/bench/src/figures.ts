import type { Carrier, Work } from './contestant.ts';

/** What is read off a run. */
export type Metric = 'MB/s' | 'k msg/s' | 'CPU ns/msg' | 'CPU ms/GB' | 'p50 µs' | 'p99 µs' | 'CPU µs' | 'client CPU µs' | 'server CPU µs';

/** A bound for the ratio of Sock over Node; PERFORMANCE in the plan says why. */
export interface Target {
  readonly metric: Metric;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** One thing that is measured. */
export interface Figure {
  readonly name: string;
  readonly carrier: Carrier;
  readonly work: Work;
  readonly metrics: readonly Metric[];
  readonly target?: Target;
}

const BULK = ['MB/s', 'CPU ms/GB'] as const;
const MESSAGES = ['k msg/s', 'CPU ns/msg'] as const;
const PINGS = ['p50 µs', 'p99 µs'] as const;
/** Of one handshake: both sides together, and each. */
const HANDSHAKES = ['CPU µs', 'client CPU µs', 'server CPU µs'] as const;

export const FIGURES: readonly Figure[] = [
  { name: 'tcp-bulk', carrier: 'tcp', work: 'bulk', metrics: BULK },
  { name: 'tcp-bulk-lent', carrier: 'tcp', work: 'bulkLent', metrics: BULK },
  { name: 'tls-bulk', carrier: 'tls', work: 'bulk', metrics: BULK, target: { metric: 'MB/s', atLeast: 1.3 } },
  { name: 'tls-bulk-16k', carrier: 'tls', work: 'bulk16k', metrics: BULK, target: { metric: 'MB/s', atLeast: 1.3 } },
  { name: 'tls-bulk-lent', carrier: 'tls', work: 'bulkLent', metrics: BULK },
  { name: 'tcp-pipelined', carrier: 'tcp', work: 'pipelined', metrics: MESSAGES, target: { metric: 'k msg/s', atLeast: 5 } },
  { name: 'tls-pipelined', carrier: 'tls', work: 'pipelined', metrics: MESSAGES, target: { metric: 'CPU ns/msg', atMost: 0.65 } },
  { name: 'tcp-awaited', carrier: 'tcp', work: 'awaited', metrics: MESSAGES, target: { metric: 'k msg/s', atLeast: 10 } },
  { name: 'tls-awaited', carrier: 'tls', work: 'awaited', metrics: MESSAGES },
  { name: 'tcp-ping', carrier: 'tcp', work: 'pings', metrics: PINGS, target: { metric: 'p50 µs', atMost: 1.05 } },
  { name: 'tls-ping', carrier: 'tls', work: 'pings', metrics: PINGS, target: { metric: 'p50 µs', atMost: 1.05 } },
  { name: 'tls-handshake-full', carrier: 'tls', work: 'full', metrics: HANDSHAKES, target: { metric: 'CPU µs', atMost: 1.05 } },
  { name: 'tls-handshake-resumed', carrier: 'tls', work: 'resumed', metrics: HANDSHAKES, target: { metric: 'CPU µs', atMost: 0.9 } },
  { name: 'tls12-handshake-full', carrier: 'tls12', work: 'full', metrics: HANDSHAKES },
  { name: 'tls12-handshake-resumed', carrier: 'tls12', work: 'resumed', metrics: HANDSHAKES },
];
