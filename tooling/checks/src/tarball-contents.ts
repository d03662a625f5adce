import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Problem } from './problem.ts';
import { filesBelow, shown } from './repository.ts';
import type { Manifest, Repository } from './repository.ts';
import type { Tarball } from './tarballs.ts';

/** Before its first release a package has this version, and no changelog. */
const UNRELEASED = '0.0.0';

/** What has to be in a tarball, and what must not be. */
export function contentProblems(repository: Repository, { entry, folder }: Tarball): Problem[] {
  const file = shown(repository, join(entry.folder, 'package.json'));
  const manifest: Manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const wrong = (message: string, cure: string): Problem => ({ file, message: `${entry.name}: ${message}`, cure });
  const problems: Problem[] = [];

  const needed = ['README.md', 'LICENSE', ...(manifest.version === UNRELEASED ? [] : ['CHANGELOG.md'])];
  for (const name of needed.filter((one) => !existsSync(join(folder, one)))) {
    problems.push(wrong(`${name} is not in the tarball`, `Write ${entry.name}'s ${name} (the changelog is made by changesets), or add it to "files".`));
  }
  if (manifest.sideEffects !== false) {
    problems.push(wrong('"sideEffects" is not false', 'Nothing happens at import time, so say so: bundlers then drop what is not used.'));
  }
  if (manifest.private === true) problems.push(wrong('is private', 'What is private belongs in tooling/.'));
  for (const path of exportTargets(manifest).filter((target) => !existsSync(join(folder, target)))) {
    problems.push(wrong(`"exports" names ${path}, which is not in the tarball`, 'Mend the path, or build before packing.'));
  }
  for (const path of packed(folder)) problems.push(...fileProblems(path, folder, repository.root, wrong));
  return problems;
}

function exportTargets({ exports = {} }: Manifest): string[] {
  return Object.values(exports).flatMap((target) => (typeof target === 'string' ? [target] : Object.values(target)));
}

/** Unlike filesBelow this has to see `dist`. */
function packed(folder: string): string[] {
  return [folder, join(folder, 'dist')].flatMap(filesBelow);
}

function fileProblems(path: string, folder: string, root: string, wrong: (message: string, cure: string) => Problem): Problem[] {
  const name = relative(folder, path);
  const problems: Problem[] = [];
  if (/\.(test|test-d|bench)\.|(^|\/)(fixtures?|__\w+__)\/|\.tsbuildinfo$|(^|\/)\.(?!d\.)/.test(name)) {
    problems.push(wrong(`${name} is in the tarball`, 'Tests, fixtures and caches are not for users: see "files" in package.json and tsconfig.build.json.'));
  }
  const source = /^dist\/(.+?)\.(?:js|d\.ts)(?:\.map)?$/.exec(name)?.[1];
  if (source !== undefined && !existsSync(join(folder, 'src', `${source}.ts`))) {
    problems.push(wrong(`${name} is left over from a source that is gone`, "Delete the package's dist and build again."));
  }
  const text = readFileSync(path, 'utf8');
  if (text.includes(root) || /file:\/\/\/|(?<![\w.~*/-])\/(?:home|root|Users)\/\w/.test(text)) {
    problems.push(wrong(`${name} names a path of this machine`, 'Paths in sources and source maps are relative.'));
  }
  return problems;
}
