import { fileURLToPath } from 'node:url';
import type { SizeFigure } from './figure.ts';
import type { Readings, Runner } from './runner.ts';

/** Bundles what is imported, as the check of sizes does, with the code of those packages and of no other. */
export class SizeRunner implements Runner {
  readonly #figure: SizeFigure;

  constructor(figure: SizeFigure) {
    this.#figure = figure;
  }

  async warmUp(): Promise<void> {}

  async run(): Promise<Readings> {
    const { modules, imports } = this.#figure;
    // esbuild is big, and most runs of the bench need none.
    const [{ bundleSize }, { openRepository }] = await Promise.all([import('@sock/checks/bundle-size'), import('@sock/checks/repository')]);
    return { KiB: (await bundleSize(openRepository(ROOT), { modules, inside: modules, imports })) / 1024 };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

const ROOT: string = /*#__PURE__*/ fileURLToPath(new URL('../../..', import.meta.url));
