import type { Contestants } from './contestants.ts';
import type { Latency } from './latency.ts';
import { PING_BYTES } from './latency.ts';
import type { Contestant } from './link.ts';
import type { Direction } from './session.ts';
import type { SpeedRun } from './speeds.ts';
import { median } from '@sock/bench/statistics';
import { table } from '@sock/bench/table';

/** All that the table shows. */
export interface Figures {
  readonly connections: number;
  readonly contestants: Contestants;
  /** `undefined` when the file is too small to time. */
  readonly speed: SpeedRun | undefined;
  readonly latency: ReadonlyMap<Contestant, Latency>;
}

/** The table and, when speeds were measured, the comparison with node:tls. */
export function reportLines(figures: Figures): string[] {
  const { connections, contestants, speed, latency } = figures;
  const columns = [contestants.plain, contestants.tls, contestants.nodeTls];
  const cells = (cell: (contestant: Contestant) => string): string[] => columns.map(cell);
  const rate = (direction: Direction) => (contestant: Contestant): string => {
    const values = speed?.speeds.get(contestant)?.[direction];
    return values === undefined ? '–' : Math.round(median(values)).toLocaleString('en');
  };
  const time = (which: 'p50' | 'p99') => (contestant: Contestant): string => {
    const value = latency.get(contestant)?.[which];
    return value === undefined ? '–' : `${value.toFixed(0)} µs`;
  };
  const lines = table([
    ['', ...cells(({ name }) => name)],
    ['protocol', ...cells((contestant) => latency.get(contestant)?.protocol ?? '–')],
    ['cipher', ...cells((contestant) => latency.get(contestant)?.cipher ?? '–')],
    ['connections', ...cells(() => String(connections))],
    ['up, MB/s', ...cells(rate('up'))],
    ['down, MB/s', ...cells(rate('down'))],
    ['round trip p50', ...cells(time('p50'))],
    ['round trip p99', ...cells(time('p99'))],
  ]);
  if (speed === undefined) return [...lines, '', 'The file is too small to time its transfer; without --file it is the node binary.'];
  return [...lines, '', ...comparison(figures, speed)];
}

function comparison({ contestants }: Figures, { rounds, speeds }: SpeedRun): string[] {
  const ratio = (direction: Direction): string => {
    const ours = speeds.get(contestants.tls)?.[direction] ?? [];
    const theirs = speeds.get(contestants.nodeTls)?.[direction] ?? [];
    return `${median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN))).toFixed(2)} times ${direction}`;
  };
  return [
    `TLS through Sock beside a plain node:tls program: ${ratio('up')}, ${ratio('down')}.`,
    `Median of ${rounds === 1 ? 'one round' : `${rounds} rounds in which they took turns`}; the file is read on the way, hashing is not in it.`,
    `Servers and clients are two processes on this machine; connecting is not in it. Round trips are of ${PING_BYTES} bytes.`,
  ];
}
