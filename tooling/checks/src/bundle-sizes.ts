import { BUDGETS } from './budgets.ts';
import { bundleSize } from './bundle-size.ts';
import type { Problem } from './problem.ts';
import type { Package, Repository } from './repository.ts';

/** Prints what each entry costs, and fails when a sum that we promised is exceeded. */
export async function bundleSizes(repository: Repository, say: (line: string) => void): Promise<Problem[]> {
  for (const entry of repository.packages) {
    for (const specifier of specifiers(entry)) {
      const bytes = await bundleSize(repository, { modules: [specifier], inside: [entry.name] });
      say(`  ${specifier.padEnd(26)} ${kibibytes(bytes)}`);
    }
  }
  const problems: Problem[] = [];
  for (const { names, imports, limit } of BUDGETS) {
    if (!names.every((name) => repository.packages.some((entry) => entry.name === name))) continue;
    const bytes = await bundleSize(repository, { modules: names, inside: names, imports });
    const all = await bundleSize(repository, { modules: names, inside: repository.packages.map(({ name }) => name), imports });
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

function kibibytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}
