import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { Package, Repository } from './repository.ts';

/** What is put into a bundle. */
export interface BundleContents {
  /** Entries: `@sock/core/memory`. */
  readonly modules: readonly string[];
  /** Names of the packages of the repository whose code comes along. */
  readonly inside: readonly string[];
  /** What a program takes of the modules. Default: **everything that they export** */
  readonly imports?: readonly string[] | undefined;
}

/** Bytes of a bundle, minified and gzipped, from what was built (dist). Other packages stay outside, those of other people as well. */
export async function bundleSize({ root, packages }: Repository, { modules, inside, imports }: BundleContents): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: modules.map((name, index) => `export ${imports === undefined ? `* as m${index}` : `{ ${imports.join(', ')} }`} from '${name}';`).join('\n'), resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    plugins: [
      {
        name: 'packages-of-the-repository',
        setup: ({ onResolve }) => {
          onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
            const entry = kind === 'entry-point' ? undefined : packages.find(({ name }) => path === name || path.startsWith(`${name}/`));
            if (entry === undefined || !inside.includes(entry.name)) return { path, external: true };
            return { path: target(entry, `.${path.slice(entry.name.length)}`) };
          });
        },
      },
    ],
  });
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length;
}

function target({ folder, manifest, name }: Package, key: string): string {
  const conditions = manifest.exports?.[key];
  const path = typeof conditions === 'string' ? conditions : conditions?.['default'];
  if (path === undefined) throw new Error(`${name} exports no ${key}`);
  return join(folder, path);
}
