import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { compare } from './comparison.ts';
import { FIGURES } from './figures.ts';
import type { Machine } from './machine.ts';
import { renderPage, TemplateError } from './page.ts';
import { pageOfRun } from './page-files.ts';
import type { BenchResult } from './result.ts';
import { decodeResult, encodeResult } from './result.ts';
import { TARGETS } from './targets.ts';

const machine: Machine = { cpu: 'Abacus', cores: 2, memoryGiB: 4, load: 0.3, system: 'Any 1', node: '20.20.2', openssl: '3.0.19', c: 'OpenSSL 3.0.19', descriptors: 20_000 };
const comparisons = compare({ name: 'tls-bulk', sides: ['sock', 'c', 'node'] }, new Map([['MB/s', { sock: [100, 110, 120], c: [100, 100, 100], node: [100, 100, 100] }]]));
const result: BenchResult = { startedAt: '2026-11-23T12:34:56.000Z', minutes: 9.04, commit: 'abc1234', pairs: 3, quick: false, machine, loads: [1.5, 2, 2.5], failures: [], comparisons };

function page(template: string, change: Partial<BenchResult> = {}): string {
  return renderPage(template, { ...result, ...change }, 'code();\n');
}

it('every row of the targets stands there, with what was measured and the spread', () => {
  const lines = page('{{targets}}').split('\n');
  expect(lines.length).toBe(TARGETS.length + 2);
  expect(lines).toContain('| TLS bulk vs the C program | ≥ 0.95 | 1.1 (1–1.2) | met |');
  expect(lines).toContain('| TLS bulk vs node:tls written the usual way | ≥ 1.3 | 1.1 (1–1.2) `tls-bulk` / node<br>– `tls-bulk-16k` / node | **NOT MET** |');
  expect(lines).toContain('| TCP bulk vs the C program | ≥ 0.95 | – | not measured |');
});

it('a table has the figures that were asked for, and a sentence has its number', () => {
  expect(page('{{figures ^tls-bulk$}}').split('\n')).toEqual([
    '| figure | measure | Sock | beside | ratio | min–max | target |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    '| `tls-bulk` | MB/s | 110 | 100 c | 1.1 | 1–1.2 | ≥ 0.95: met |',
    '|  | MB/s | 110 | 100 node | 1.1 | 1–1.2 | ≥ 1.3: **NOT MET** |',
  ]);
  expect(page('{{ratio tls-bulk, MB/s, node}} of {{value tls-bulk, MB/s}}; {{code}}')).toBe('1.1 of 110; code();');
});

it('the machine, the run, and who was at work beside it are told', () => {
  expect(page('{{run}}')).toBe('2026-11-23, 12:34 UTC, commit `abc1234`: 3 pairs of runs, 9.04 minutes.');
  expect(page('{{machine}}')).toContain('| processor | Abacus × 2 |');
  expect(page('{{machine}}')).toContain('| load when the run began | 0.3 |');
  expect(page('{{machine}}')).toContain('| load during the run | 2.0, at most 2.5: the bench itself makes 2 to 3 |');
  expect(page('{{machine}}', { loads: [2, 2, 9] })).toContain('2.0, at most 9.0: **others were at work**; the bench');
  expect(page('{{run}}', { loads: [2, 2, 9] })).toContain('**Others were at work while it was measured** (load 2.0, at most 9.0, on 2 cores)');
  expect(page('{{machine}}', { machine: { ...machine, load: 3 } })).toContain('3.0: **others were at work**');
  expect(page('{{run}}', { machine: { ...machine, descriptors: 4096 }, failures: ['tls-ping: it broke'] })).toMatch(/`tcp-held` had 3,496 connections instead of 10,000.*\n(.*\n)*Not measured, because it failed: tls-ping: it broke\./);
});

it.each([
  ['{{figure tls-bulk}}', 'asks for {{figure}}, which is nothing'],
  ['{{figures ^udp}}', 'figures that match ^udp, and there are none'],
  ['{{plot weather}}', 'the picture weather; there are connections, '],
  ['{{ratio tls-bulk, MB/s, cobol}}', '"tls-bulk, MB/s, cobol", which was not measured'],
])('a template that asks for what there is not is refused: %s', (template, message) => {
  expect(() => page(template)).toThrow(TemplateError);
  expect(() => page(template)).toThrow(message);
});

it('a result that was written down is read as it was, and its verdicts are those of the targets of today', () => {
  const text = encodeResult(result);
  expect(decodeResult(text)).toEqual(result);
  expect(decodeResult(text.replaceAll('"met":true', '"met":false'))).toEqual(result);
  expect(text.split('\n').filter((line) => line.includes('"figure":"tls-bulk"')).length).toBe(2);
});

it('the page in docs is what its run and its template make', async () => {
  const { text, written, result } = await pageOfRun();
  expect(written, 'after a change of either: npm run bench -- --redraw').toBe(text);
  expect(result.quick).toBe(false);
});

it('every figure stands in one table of the page, and no more', async () => {
  // Not of the run that the page has: a figure may be younger.
  const template = await readFile(new URL('../performance-page.txt', import.meta.url), 'utf8');
  const text = page(template, { comparisons: FIGURES.flatMap((figure) => compare(figure, new Map(figure.metrics.map((metric) => [metric, {}])))) });
  for (const { name } of FIGURES) expect(text.split('\n').filter((line) => line.startsWith(`| \`${name}\` |`)).length, name).toBe(1);
});
