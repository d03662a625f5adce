import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { ARROWS, TLS_BUILTINS } from './arrows-table.ts';
import type { Arrows } from './arrows-table.ts';
import { filesOnlyBehind } from './entry-graph.ts';
import { importsOf } from './imports.ts';
import { manifestArrows } from './manifest-arrows.ts';
import type { Problem } from './problem.ts';
import { filesBelow, isTest, shown } from './repository.ts';
import type { Package, Repository } from './repository.ts';

/** Fails on every import and every dependency that is not in the table of arrows. */
export function arrows(repository: Repository, say: (line: string) => void): Problem[] {
  const problems: Problem[] = [];
  let files = 0;
  for (const entry of repository.packages) {
    const row = ARROWS[entry.name];
    if (row === undefined) {
      problems.push({
        file: shown(repository, join(entry.folder, 'package.json')),
        message: `${entry.name} has no row in the table of arrows`,
        cure: 'Add one to tooling/checks/src/arrows-table.ts and to the table in the README, with the reason in docs/decisions.',
      });
      continue;
    }
    problems.push(...manifestArrows(repository, entry, row));
    const sources = filesBelow(join(entry.folder, 'src')).filter((file) => /\.[cm]?[jt]s$/.test(file));
    files += sources.length;
    const nodeSide = row.runtime === 'node' ? new Set(sources) : filesOnlyBehind(entry, row.nodeEntries ?? []);
    for (const file of sources) problems.push(...fileArrows({ repository, entry, row, nodeSide }, file));
  }
  say(`${files} files in ${repository.packages.length} packages`);
  return problems;
}

/** What a judgement about one import needs to know. */
interface Case {
  readonly repository: Repository;
  readonly entry: Package;
  readonly row: Arrows;
  /** Files that may name Node builtins. */
  readonly nodeSide: ReadonlySet<string>;
}

type Wrong = Pick<Problem, 'message' | 'cure'>;

function fileArrows(about: Case, file: string): Problem[] {
  return importsOf(file, readFileSync(file, 'utf8')).flatMap(({ specifier, line }) => {
    const wrong = judge(about, file, specifier);
    return wrong === undefined ? [] : [{ file: shown(about.repository, file), line, ...wrong }];
  });
}

function judge(about: Case, file: string, specifier: string | undefined): Wrong | undefined {
  if (specifier === undefined) {
    return { message: 'imports a module whose name is made up at run time', cure: 'Write the name as a literal, so that the arrow can be seen.' };
  }
  if (specifier.startsWith('.')) return relativeArrow(about.entry, file, specifier);
  const builtin = specifier.replace(/^node:/, '');
  if (specifier.startsWith('node:') || builtinModules.includes(builtin)) return builtinArrow(about, file, builtin);
  return packageArrow(about, isTest(file), packageName(specifier));
}

function relativeArrow(entry: Package, file: string, specifier: string): Wrong | undefined {
  const inside = relative(entry.folder, resolve(dirname(file), specifier));
  if (!inside.startsWith('..')) return undefined;
  return { message: `reaches out of ${entry.name} with ${specifier}`, cure: 'Import the other package by its name, if the arrow is allowed.' };
}

function builtinArrow({ entry: { name }, row, nodeSide }: Case, file: string, builtin: string): Wrong | undefined {
  const test = isTest(file);
  if (TLS_BUILTINS.has(builtin)) {
    if (row.tls === 'yes' || (row.tls === 'in tests' && test)) return undefined;
    return {
      message: `${name} → node:${builtin} is not an arrow of ours`,
      cure: 'TLS lives in @sock/tls-context alone; take the TLS part as a value (an Upgrade), even for its types.',
    };
  }
  if (test) return undefined;
  if (!nodeSide.has(file)) {
    const entries = row.nodeEntries?.map((one) => `./${one}`).join(', ') ?? 'none';
    return {
      message: `${name} → node:${builtin} is not an arrow of ours; ${name} runs on any JavaScript runtime`,
      cure: `Take what it gives as a value, or put the code in @sock/io. Entries named for Node, which may: ${entries}.`,
    };
  }
  if (builtin === 'crypto' && row.crypto !== true) {
    return { message: `${name} → node:crypto is not an arrow of ours`, cure: 'A program without TLS loads no crypto; move this to @sock/tls-context.' };
  }
  return undefined;
}

function packageArrow({ repository, entry, row }: Case, test: boolean, target: string): Wrong | undefined {
  const { name, manifest } = entry;
  if (target === name) return undefined;
  if (repository.tooling.some((tool) => tool.name === target)) {
    if (test) return undefined;
    return { message: `${name} → ${target} is not an arrow of ours`, cure: 'Private packages of tooling/ are for tests; users do not have them.' };
  }
  const ours = target.startsWith('@sock/');
  if (ours && !row.imports.includes(target) && !(test && row.tests?.includes(target) === true)) {
    const allowed = row.imports.length === 0 ? 'nothing of ours' : row.imports.join(', ');
    return {
      message: `${name} → ${target} is not an arrow of ours`,
      cure: `It may import ${allowed}. State the interface that you need in ${name} and take the other as a value; a test of both lives in tooling/integration.`,
    };
  }
  const declared = { ...manifest.dependencies, ...manifest.peerDependencies, ...(test ? manifest.devDependencies : {}) };
  if (target in declared) return undefined;
  return { message: `${name} imports ${target} without declaring it`, cure: `Add it to ${test ? 'devDependencies' : 'dependencies'} in package.json.` };
}

function packageName(specifier: string): string {
  return specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}
