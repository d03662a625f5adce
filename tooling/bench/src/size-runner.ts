import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { SizeFigure } from './figure.ts';
import type { Readings, Runner } from './runner.ts';

/** Bundles what is imported, with the code of those packages and of no other: just as the check of sizes does (tooling/checks, bundle-sizes). */
export class SizeRunner implements Runner {
  readonly #figure: SizeFigure;

  constructor(figure: SizeFigure) {
    this.#figure = figure;
  }

  async warmUp(): Promise<void> {}

  async run(): Promise<Readings> {
    const { modules, imports } = this.#figure;
    // esbuild is big, and most runs of the bench need none.
    const { build } = await import('esbuild');
    const { outputFiles } = await build({
      stdin: {
        contents: modules.map((name, index) => `export ${imports === undefined ? `* as m${index}` : `{ ${imports.join(', ')} }`} from '${name}';`).join('\n'),
        resolveDir: fileURLToPath(new URL('..', import.meta.url)),
      },
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      plugins: [
        {
          name: 'only-these-packages',
          setup: ({ onResolve }) => {
            onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
              const inside = kind !== 'entry-point' && modules.some((name) => path === name || path.startsWith(`${name}/`));
              return inside ? { path: fileURLToPath(import.meta.resolve(path)) } : { path, external: true };
            });
          },
        },
      ],
    });
    return { KiB: gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length / 1024 };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
