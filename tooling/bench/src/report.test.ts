import { expect, it } from 'vitest';
import { compare } from './comparison.ts';
import { FIGURES } from './figures.ts';
import type { Machine } from './machine.ts';
import { reportLines } from './report.ts';
import { TARGETS } from './targets.ts';

const machine: Machine = { cpu: 'Abacus', cores: 2, memoryGiB: 4, load: 0, system: 'Any 1', node: '20.20.2', openssl: '3.0.19', c: 'there is no C compiler (cc)', descriptors: 4096 };

function lines(values: Record<string, number[]>, quick = false, load = 0): string[] {
  const comparisons = compare({ name: 'tls-bulk', sides: ['sock', 'c', 'node'] }, new Map([['MB/s', values]]));
  return reportLines(comparisons, { ...machine, load }, { pairs: 3, quick, figures: FIGURES });
}

it('every row of the targets is there: met, NOT MET or not measured', () => {
  const all = lines({ sock: [100], c: [100], node: [90] });
  for (const { name } of TARGETS) expect(all.filter((line) => line.startsWith(name)).length, name).toBe(1);
  expect(all.find((line) => line.startsWith('TLS bulk vs the C program'))).toMatch(/≥ 0\.95 +1 +met$/);
  expect(all.find((line) => line.startsWith('TLS bulk vs node:tls'))).toMatch(/≥ 1\.3 +1\.11, – +NOT MET$/);
  expect(all.find((line) => line.startsWith('TCP bulk vs the C program'))).toMatch(/≥ 0\.95 +– +not measured$/);
});

it('without the program in C its lines are not measured, and the machine says why', () => {
  const all = lines({ sock: [100], node: [70] });
  expect(all.find((line) => line.startsWith('tls-bulk'))).toMatch(/c +– +not measured +≥ 0\.95 +not measured$/);
  expect(all.find((line) => line.startsWith('TLS bulk vs the C program'))).toMatch(/– +not measured$/);
  expect(all.join('\n')).toContain('C: there is no C compiler (cc).');
});

it('a quick run decides nothing', () => {
  const all = lines({ sock: [100], c: [100], node: [90] }, true);
  expect(all.join('\n')).not.toMatch(/ (met|NOT MET)\n/);
  expect(all.find((line) => line.startsWith('TLS bulk vs the C program'))).toMatch(/not measured$/);
});

it('others at work are told', () => {
  expect(lines({ sock: [1] }, false, 4).join('\n')).toContain('Others were at work (load 4.0 on 2 cores)');
  expect(lines({ sock: [1] }, false, 0.5).join('\n')).not.toContain('Others were at work');
});

it('fewer connections than wanted are told', () => {
  expect(lines({ sock: [1] }).join('\n')).toContain('tcp-held: 3,496 connections instead of 10,000, as a process may have 4,096 descriptors (ulimit -n).');
});
