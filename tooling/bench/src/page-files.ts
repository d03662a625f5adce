import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { renderPage } from './page.ts';
import { drawPlot } from './plot-drawing.ts';
import { PLOTS, pointsOf } from './plots.ts';
import type { BenchResult } from './result.ts';
import { decodeResult, encodeResult } from './result.ts';

const ROOT: URL = /*#__PURE__*/ new URL('../../../', import.meta.url);
const PAGE: URL = /*#__PURE__*/ new URL('docs/performance.md', ROOT);
const FOLDER: URL = /*#__PURE__*/ new URL('docs/performance/', ROOT);
const RUN: URL = /*#__PURE__*/ new URL('run.json', FOLDER);
const TEMPLATE: URL = /*#__PURE__*/ new URL('tooling/bench/performance-page.txt', ROOT);

/** Writes the page about performance, its pictures, and the run that they are made of. @returns the files */
export async function writePage(result: BenchResult): Promise<string[]> {
  await mkdir(FOLDER, { recursive: true });
  await writeFile(RUN, encodeResult(result));
  return [shown(RUN), ...(await redrawPage())];
}

/** The same from the run that was written last. */
export async function redrawPage(): Promise<string[]> {
  const { text, result } = await pageOfRun();
  await writeFile(PAGE, text);
  const files = [PAGE];
  for (const plot of PLOTS) {
    for (const theme of ['light', 'dark'] as const) {
      const file = new URL(`${plot.name}-${theme}.svg`, FOLDER);
      await writeFile(file, await drawPlot(plot, pointsOf(plot, result), theme));
      files.push(file);
    }
  }
  return files.map(shown);
}

/** What the page should be, and what it is; and the run that it is made of. */
export async function pageOfRun(): Promise<{ readonly text: string; readonly written: string; readonly result: BenchResult }> {
  const [run, template, code, written] = await Promise.all([
    readFile(RUN, 'utf8'),
    readFile(TEMPLATE, 'utf8'),
    readFile(new URL('tooling/bench/src/many-cores.ts', ROOT), 'utf8'),
    readFile(PAGE, 'utf8').catch(() => ''),
  ]);
  const result = decodeResult(run);
  return { text: renderPage(template, result, code), written, result };
}

function shown(file: URL): string {
  return relative(fileURLToPath(ROOT), fileURLToPath(file));
}
