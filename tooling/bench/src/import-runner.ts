import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ImportFigure } from './figure.ts';
import type { Readings, Runner } from './runner.ts';
import { median } from './statistics.ts';

/** Processes of one run: each imports once. */
const PROCESSES = 2;

/** Imports the modules of one side, in a new process each time. */
export class ImportRunner implements Runner {
  readonly #program: string;

  constructor(side: string, { modules }: ImportFigure) {
    const names = modules[side] ?? [];
    this.#program = `const start = performance.now(); ${names.map((name) => `await import('${name}');`).join(' ')} process.stdout.write(String(performance.now() - start));`;
  }

  /** The first one reads the files from the disk, the others from memory. */
  async warmUp(): Promise<void> {
    await this.#once();
  }

  async run(): Promise<Readings> {
    const times: number[] = [];
    for (let step = 0; step < PROCESSES; step += 1) times.push(await this.#once());
    return { ms: median(times) };
  }

  async #once(): Promise<number> {
    // In the folder of the bench, which depends on all packages.
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', this.#program], { cwd: fileURLToPath(new URL('..', import.meta.url)) });
    return Number(stdout);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
