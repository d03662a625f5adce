import type { BenchOptions } from './arguments.ts';
import type { Comparison } from './comparison.ts';
import type { Figure } from './figure.ts';
import { connectionsOf } from './held-runner.ts';
import type { Machine } from './machine.ts';
import { table } from './table.ts';
import { boundText, TARGETS } from './targets.ts';
import type { RowVerdict } from './verdict.ts';
import { number, verdictOf, verdictText } from './verdict.ts';

/** The result for people: every line, what became of each target, and where and how it was measured. */
export function reportLines(comparisons: readonly Comparison[], machine: Machine, { pairs, quick, figures }: Pick<BenchOptions, 'pairs' | 'quick' | 'figures'>): string[] {
  // A quick run decides nothing.
  const lines = quick ? comparisons.map((one) => ({ ...one, met: undefined })) : comparisons;
  return [
    ...table([['', '', '', 'value', 'over', '', 'ratio', 'min–max', 'target'], ...lines.map((one, index) => lineOf(one, lines[index - 1]))]),
    '',
    ...table([['target', 'asked', 'measured', ''], ...TARGETS.map((row) => targetLine(verdictOf(row, lines)))]),
    '',
    `Medians of ${pairs} ${pairs === 1 ? 'pair' : 'pairs'} of runs. Each side of each contestant is a process of its own, and both ends of a connection`,
    'are the same contestant (bulk-to-c, bulk-from-c: the other end is the program in C; lines, frames, accept, held: the client',
    'is one of node:net for all; dial: the server). node: written the usual way; node-well: corked, with big chunks and one shared context; undici: its connector; c:',
    'c/*.c on OpenSSL, blocking, writes of 16 KiB. CPU of a handshake is of both sides, with dialling, a byte each way and closing.',
    'Loopback, TLS 1.3 (tls12: 1.2), AES-128-GCM.',
    `${machine.cpu} × ${machine.cores}, ${machine.memoryGiB.toFixed(0)} GiB, load ${machine.load.toFixed(1)} at the start; ${machine.system}; Node ${machine.node}, OpenSSL ${machine.openssl}; C: ${machine.c}.`,
    ...fewer(figures, machine),
    ...busy(machine),
    quick ? 'Quick runs: these figures mean nothing.' : 'Only the ratios mean anything, and only within one run.',
  ];
}

function lineOf({ figure, metric, side, value, over = '', overValue, ratio, target, met }: Comparison, before: Comparison | undefined): string[] {
  const same = before?.figure === figure && before.metric === metric;
  return [
    before?.figure === figure ? '' : figure,
    same ? '' : metric,
    same ? '' : side,
    same ? '' : number(value),
    over,
    number(overValue),
    ratio === undefined ? (over === '' ? '' : 'not measured') : ratio.median.toFixed(2),
    ratio === undefined ? '' : `${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)}`,
    target === undefined ? '' : `${boundText(target)}  ${verdictText(met)}`,
  ];
}

function targetLine({ name, asked, measured, met, missing }: RowVerdict): string[] {
  return [name, asked, measured.map(({ text }) => text).join(', '), missing === undefined ? verdictText(met) : `not measured: ${missing}`];
}

/** Contestants with helper threads (V8 collects garbage in some) suffer more from others than the program in C does. */
function busy({ load, cores }: Machine): string[] {
  return load > cores / 2 ? [`Others were at work (load ${load.toFixed(1)} on ${cores} cores): measure again on a quiet machine before you believe any of it.`] : [];
}

/** Of what could not be measured as asked. */
function fewer(figures: readonly Figure[], { descriptors }: Machine): string[] {
  return figures.flatMap((figure) => {
    if (figure.kind !== 'held') return [];
    const count = connectionsOf(figure.connections, descriptors);
    return count === figure.connections ? [] : [`${figure.name}: ${number(count)} connections instead of ${number(figure.connections)}, as a process may have ${number(descriptors)} descriptors (ulimit -n).`];
  });
}
