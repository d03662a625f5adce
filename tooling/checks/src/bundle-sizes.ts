import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { BUDGETS } from './budgets.ts';
import type { Problem } from './problem.ts';
import type { Package, Repository } from './repository.ts';

/** Prints what each entry costs, and fails when a sum that we promised is exceeded. */
export async function bundleSizes(repository: Repository, say: (line: string) => void): Promise<Problem[]> {
  for (const entry of repository.packages) {
    for (const specifier of specifiers(entry)) {
      const bytes = await bundleSize(repository, [specifier], [entry.name]);
      say(`  ${specifier.padEnd(26)} ${kibibytes(bytes)}`);
    }
  }
  const problems: Problem[] = [];
  for (const { names, imports, limit } of BUDGETS) {
    if (!names.every((name) => repository.packages.some((entry) => entry.name === name))) continue;
    const bytes = await bundleSize(repository, names, names, imports);
    const all = await bundleSize(repository, names, repository.packages.map(({ name }) => name), imports);
    const what = imports === undefined ? names.join(' + ') : `${imports.join(', ')} of ${names.join(' + ')}`;
    say(`  ${what}: ${kibibytes(bytes)} of ${kibibytes(limit)} (${kibibytes(all)} with everything of ours that they import)`);
    if (bytes > limit) {
      problems.push({
        file: 'tooling/checks/src/budgets.ts',
        message: `${what}: ${kibibytes(bytes)} minified and gzipped, more than ${kibibytes(limit)}`,
        cure: 'Load what is rarely needed on demand (an entry of its own), or argue for another budget.',
      });
    }
  }
  return problems;
}

function specifiers({ name, manifest }: Package): string[] {
  const keys = Object.keys(manifest.exports ?? {}).filter((key) => key !== './package.json');
  return keys.map((key) => `${name}${key.slice(1)}`);
}

/** Bytes, minified and gzipped, of what is imported of the modules (everything that they export), with the code of `inside` and of no other package. */
async function bundleSize(repository: Repository, modules: readonly string[], inside: readonly string[], imports?: readonly string[]): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: modules.map((name, index) => `export ${imports === undefined ? `* as m${index}` : `{ ${imports.join(', ')} }`} from '${name}';`).join('\n'), resolveDir: repository.root },
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
            const entry = kind === 'entry-point' ? undefined : repository.packages.find(({ name }) => path === name || path.startsWith(`${name}/`));
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

function kibibytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}
