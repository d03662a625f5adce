import type { Comparison } from './comparison.ts';
import type { Machine } from './machine.ts';
import { table } from './table.ts';

/** The result for people. */
export function reportLines(comparisons: readonly Comparison[], machine: Machine, pairs: number): string[] {
  const rows = comparisons.map(({ figure, metric, sock, node, ratio, target, met }, index) => [
    comparisons[index - 1]?.figure === figure ? '' : figure,
    metric,
    number(sock),
    number(node),
    ratio.median.toFixed(2),
    `${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)}`,
    target === undefined ? '' : `${target.atLeast === undefined ? `≤ ${target.atMost}` : `≥ ${target.atLeast}`}  ${met === true ? 'met' : 'NOT MET'}`,
  ]);
  return [
    ...table([['', '', 'sock', 'node', 'ratio', 'min–max', 'target'], ...rows]),
    '',
    `Medians of ${pairs} ${pairs === 1 ? 'pair' : 'pairs'} of runs. Each side of each contestant is a process of its own, and both ends of a connection`,
    'are the same contestant: node:net and node:tls written the usual way. CPU is that of the sender; that of a',
    'handshake is of both sides, with dialling, a byte each way and closing. Loopback, TLS 1.3 (tls12: 1.2), AES-128-GCM.',
    `${machine.cpu} × ${machine.cores}, load ${machine.load.toFixed(1)} at the start; ${machine.system}; Node ${machine.node}, OpenSSL ${machine.openssl}.`,
    'Only the ratios mean anything, and only within one run.',
  ];
}

function number(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 });
}
