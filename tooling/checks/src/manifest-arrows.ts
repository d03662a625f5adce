import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Arrows } from './arrows-table.ts';
import type { Problem } from './problem.ts';
import { shown } from './repository.ts';
import type { Package, Repository } from './repository.ts';

const FIELDS = ['dependencies', 'peerDependencies', 'optionalDependencies', 'devDependencies'] as const;

/** Fails on every dependency of a manifest that is not an arrow: a package that is not installed cannot be imported either. */
export function manifestArrows(repository: Repository, entry: Package, row: Arrows): Problem[] {
  const path = join(entry.folder, 'package.json');
  const text = readFileSync(path, 'utf8').split('\n');
  const ours = new Set([...repository.packages, ...repository.tooling].map(({ name }) => name));
  const tooling = new Set(repository.tooling.map(({ name }) => name));
  return FIELDS.flatMap((field) =>
    Object.keys(entry.manifest[field] ?? {})
      .filter((target) => ours.has(target) || target.startsWith('@sock/'))
      .filter((target) => !allowed(row, tooling, field, target))
      .map((target) => ({
        file: shown(repository, path),
        line: text.findIndex((line) => line.includes(`"${target}"`)) + 1,
        message: `${entry.name} → ${target} in ${field} is not an arrow of ours`,
        cure: tooling.has(target)
          ? 'Private packages of tooling/ belong in devDependencies: users cannot install them.'
          : `It may depend on ${row.imports.join(', ') || 'nothing of ours'}. What needs both lives in tooling/integration.`,
      })),
  );
}

function allowed(row: Arrows, tooling: ReadonlySet<string>, field: (typeof FIELDS)[number], target: string): boolean {
  if (row.imports.includes(target)) return true;
  return field === 'devDependencies' && (tooling.has(target) || row.tests?.includes(target) === true);
}
