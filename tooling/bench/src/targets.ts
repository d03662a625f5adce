import type { Metric } from './figure.ts';

/** A bound, and what has to keep it. */
export interface Target {
  readonly figure: string;
  readonly metric: Metric;
  /** The side that is the measure; nothing where the value itself is bounded. */
  readonly over?: string;
  /** What is bounded: the measured side over the other one, the same less the other one, or its value. Default: **the ratio**, or the value where there is no `over` */
  readonly of?: 'difference';
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** One line of what the packages are to reach. */
export interface TargetRow {
  readonly name: string;
  /** All of them have to be met. */
  readonly targets: readonly Target[];
  /** Why nothing is measured for it. */
  readonly missing?: string;
}

/** What PERFORMANCE of the plan asks for, line by line. */
export const TARGETS: readonly TargetRow[] = [
  row('TLS bulk vs the C program', { figure: 'tls-bulk', metric: 'MB/s', over: 'c', atLeast: 0.95 }),
  row(
    'TLS bulk vs node:tls written the usual way',
    { figure: 'tls-bulk', metric: 'MB/s', over: 'node', atLeast: 1.3 },
    { figure: 'tls-bulk-16k', metric: 'MB/s', over: 'node', atLeast: 1.3 },
  ),
  row('TCP bulk vs the C program', { figure: 'tcp-bulk', metric: 'MB/s', over: 'c', atLeast: 0.95 }),
  row('pipelined 128 B, TCP vs node:net', { figure: 'tcp-pipelined', metric: 'k msg/s', over: 'node', atLeast: 5 }),
  row('awaited 128 B sends, TCP vs awaited node:net writes', { figure: 'tcp-awaited', metric: 'k msg/s', over: 'node', atLeast: 10 }),
  row('pipelined 128 B, TLS vs node:tls, CPU per message', { figure: 'tls-pipelined', metric: 'sender CPU ns/msg', over: 'node', atMost: 0.65 }),
  row(
    '64 B round trip vs node:tls / node:net',
    { figure: 'tcp-ping', metric: 'p50 µs', over: 'node', atMost: 1.05 },
    { figure: 'tls-ping', metric: 'p50 µs', over: 'node', atMost: 1.05 },
  ),
  row('full handshake CPU vs node:tls with a shared context', { figure: 'tls-handshake-full', metric: 'CPU µs', over: 'node-well', atMost: 1.05 }),
  row('resumed handshake CPU vs node:tls resumed', { figure: 'tls-handshake-resumed', metric: 'CPU µs', over: 'node-well', atMost: 0.9 }),
  row('memory per idle TLS connection over node:tls, KiB', { figure: 'tls-held', metric: 'RSS KiB', over: 'node', of: 'difference', atMost: 2 }),
  row(
    'poll: a wait with 100 ready of 20,000 vs 100 of 200',
    { figure: 'poll-wait', metric: 'p50 µs', over: 'of 200', atMost: 1.2 },
    { figure: 'poll-wait-cold', metric: 'p50 µs', over: 'of 200', atMost: 1.2 },
  ),
  row('pool: acquire + release, rate vs generic-pool and tarn', ...pools('k acquires/s', { atLeast: 3 })),
  row('pool: acquire + release, p99 vs generic-pool and tarn', ...pools('p99 µs', { atMost: 1 })),
  row(
    'sendfile vs createReadStream().pipe(socket)',
    { figure: 'tcp-sendfile', metric: 'MB/s', over: 'node', atLeast: 1.2 },
    { figure: 'tls-sendfile', metric: 'MB/s', over: 'node', atLeast: 1.2 },
  ),
  row('import of core + io, KiB minified and gzipped', { figure: 'size-core-io', metric: 'KiB', atMost: 12 }),
  row('import of tls-context, KiB more', { figure: 'size-tls-context', metric: 'KiB', atMost: 14 }),
];

/** The target of one line of the result, if there is one. */
export function targetOf(figure: string, metric: Metric, over: string | undefined): Target | undefined {
  return TARGETS.flatMap(({ targets }) => targets).find((target) => target.figure === figure && target.metric === metric && target.over === over);
}

/** As people write it: `≥ 0.95`, `≤ +2`. */
export function boundText({ atLeast, atMost, of }: Target): string {
  return atLeast === undefined ? `≤ ${of === 'difference' ? '+' : ''}${atMost}` : `≥ ${atLeast}`;
}

/** With one caller, and with callers that wait, beside each. */
function pools(metric: Metric, bound: Pick<Target, 'atLeast' | 'atMost'>): Target[] {
  return ['pool-alone', 'pool-waiting'].flatMap((figure) => ['generic-pool', 'tarn'].map((over): Target => ({ figure, metric, over, ...bound })));
}

function row(name: string, ...targets: readonly Target[]): TargetRow {
  return { name, targets };
}
