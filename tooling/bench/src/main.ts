import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import type { BenchOptions } from './arguments.ts';
import { parseBenchArguments, USAGE, UsageError } from './arguments.ts';
import { compileC } from './c-program.ts';
import type { Comparison } from './comparison.ts';
import { compare } from './comparison.ts';
import { describeMachine } from './machine.ts';
import type { Figure } from './figure.ts';
import type { Measurement } from './measurement.ts';
import { measure } from './measurement.ts';
import { redrawPage, writePage } from './page-files.ts';
import { reportLines } from './report.ts';
import type { BenchResult } from './result.ts';
import { encodeResult } from './result.ts';
import { openWorkplace } from './workplace.ts';

async function bench({ figures, pairs, quick, json, page }: BenchOptions): Promise<void> {
  const started = new Date();
  const material = await openWorkplace(figures);
  const c = await compileC(material.folder);
  const machine = describeMachine(c);
  const comparisons: Comparison[] = [];
  const failures: string[] = [];
  const loads: number[] = [];
  for (const [index, figure] of figures.entries()) {
    const measuring = measure(figure, pairs, { material, c, descriptors: machine.descriptors, quick }, (pair, of) => {
      progress(`${index + 1} of ${figures.length}  ${figure.name}  ${pair === 0 ? 'warming up' : `pair ${pair} of ${of}`}`, pair === 0);
    });
    // One that fails does not take the minutes of the others with it.
    const measurement = await measuring.catch((error: unknown) => {
      failures.push(`${figure.name}: ${error instanceof Error ? error.message : String(error)}`);
      return notMeasured(figure);
    });
    comparisons.push(...compare(figure, measurement));
    loads.push(loadavg()[0] ?? 0);
  }
  progress('', false);
  process.stdout.write(`${reportLines(comparisons, machine, { pairs, quick, figures }).join('\n')}\n`);
  // npm runs scripts in the package's folder and leaves here where the person stood.
  const minutes = (Date.now() - started.getTime()) / 60_000;
  const result: BenchResult = { startedAt: started.toISOString(), minutes, commit: await commit(), pairs, quick, machine, loads, failures, comparisons };
  if (json !== undefined) await writeFile(resolve(process.env['INIT_CWD'] ?? '.', json), encodeResult(result));
  if (page === 'measure') process.stdout.write(`written: ${(await writePage(result)).join(' ')}\n`);
  if (failures.length > 0) throw new Error(`not measured, because they failed:\n${failures.join('\n')}`);
}

function notMeasured({ metrics }: Figure): Measurement {
  return new Map(metrics.map((metric) => [metric, {}]));
}

/** What was measured; nothing where there is no repository. */
async function commit(): Promise<string | undefined> {
  const { stdout } = await promisify(execFile)('git', ['describe', '--always', '--dirty', '--exclude', '*'], { cwd: import.meta.dirname }).catch(() => ({ stdout: '' }));
  return stdout.trim() || undefined;
}

/** One line that is redrawn; where that is not possible, only lines that matter. */
function progress(text: string, matters: boolean): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`);
  else if (matters) process.stderr.write(`${text}\n`);
}

// The children end when the channel to this process closes, so nothing more needs to be done.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

try {
  const options = parseBenchArguments(process.argv.slice(2));
  if (options === 'help') process.stdout.write(USAGE);
  else if (options.page === 'redraw') process.stdout.write(`written: ${(await redrawPage()).join(' ')}\n`);
  else await bench(options);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
