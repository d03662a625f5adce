import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { entrySources } from './entry-graph.ts';
import type { Problem } from './problem.ts';
import { shown } from './repository.ts';
import type { Package, Repository } from './repository.ts';

/** Every entry in `exports` is one file directly in src/ that only re-exports, so that package.json is the table of contents. */
export function entryProblems(repository: Repository, entry: Package): Problem[] {
  const manifest = shown(repository, join(entry.folder, 'package.json'));
  return entrySources(entry).flatMap(({ name, file }) => {
    const place = shown(repository, file);
    if (!existsSync(file)) return [{ file: manifest, message: `the entry "${name}" names ${place}, which does not exist`, cure: 'Mend the path.' }];
    if (dirname(file) !== join(entry.folder, 'src')) {
      return [{ file: manifest, message: `the entry "${name}" is not directly in src/`, cure: 'Put a file there that re-exports.' }];
    }
    const line = firstOwnLine(file);
    if (line === undefined) return [];
    return [{ file: place, line, message: 'an entry that does more than re-export', cure: 'Move the code to a file named after its noun, and re-export it here.' }];
  });
}

function firstOwnLine(file: string): number | undefined {
  const source = readFileSync(file, 'utf8');
  const own = parseSync(file, source).program.body.find(
    (node) => node.type !== 'ExportAllDeclaration' && !(node.type === 'ExportNamedDeclaration' && (node.source !== null || isEmpty(node))),
  );
  return own === undefined ? undefined : source.slice(0, own.start).split('\n').length;
}

/** `export {}`, the whole of a package that is not written yet. */
function isEmpty(node: { readonly declaration?: unknown; readonly specifiers?: readonly unknown[] }): boolean {
  return node.declaration === null && node.specifiers?.length === 0;
}
