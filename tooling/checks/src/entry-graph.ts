import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { importsOf } from './imports.ts';
import type { Package } from './repository.ts';

/**
 * The sources of a package that only the named entries reach, and no other entry does.
 *
 * An entry named for Node may lean on files that name builtins; who imports another entry must never load them.
 */
export function filesOnlyBehind(entry: Package, names: readonly string[]): Set<string> {
  const all = entrySources(entry);
  const chosen = all.filter(({ name }) => names.includes(name));
  const others = all.filter(({ name }) => !names.includes(name));
  const elsewhere = reach(others.map(({ file }) => file));
  return new Set([...reach(chosen.map(({ file }) => file))].filter((file) => !elsewhere.has(file)));
}

/** The source of every entry in `exports`; `./load` is called `load`, and `.` is called the empty string. */
export function entrySources({ folder, manifest }: Package): { name: string; file: string }[] {
  return Object.entries(manifest.exports ?? {}).flatMap(([key, target]) => {
    const source = typeof target === 'string' ? undefined : target['@sock/source'];
    return source === undefined ? [] : [{ name: key.replace(/^\.\/?/, ''), file: join(folder, source) }];
  });
}

function reach(starts: readonly string[]): Set<string> {
  const seen = new Set<string>();
  const todo = [...starts];
  for (let file = todo.pop(); file !== undefined; file = todo.pop()) {
    if (seen.has(file) || !existsSync(file)) continue;
    seen.add(file);
    for (const { specifier } of importsOf(file, readFileSync(file, 'utf8'))) {
      if (specifier?.startsWith('.') === true) todo.push(resolve(dirname(file), specifier));
    }
  }
  return seen;
}
