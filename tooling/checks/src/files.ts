import { readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { LINE_RULES, MOST_LINES, ROOMLESS_NAMES, WISHED_LINES } from './file-rules.ts';
import type { LineRule } from './file-rules.ts';
import type { Problem } from './problem.ts';
import { filesBelow, isTest, shown } from './repository.ts';
import type { Repository } from './repository.ts';

const SOURCES = new Set(['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs']);

/** Fails on what a formatter cannot see: long files, file names that say nothing, unfinished work, strangers' machines. */
export function files(repository: Repository, say: (line: string) => void): Problem[] {
  const all = ['packages', 'tooling', 'docs', '.ci'].flatMap((folder) => filesBelow(join(repository.root, folder)));
  const sources = all.filter((file) => SOURCES.has(extname(file)) || basename(file) === 'run');
  const problems = sources.flatMap((file) => {
    const lines = readFileSync(file, 'utf8').split('\n');
    const path = shown(repository, file);
    return [...nameProblems(path), ...lengthProblems(path, lines), ...lineProblems(path, lines)];
  });
  say(`${sources.length} source files`);
  return problems;
}

function nameProblems(file: string): Problem[] {
  const noun = basename(file).split('.')[0] ?? '';
  if (!ROOMLESS_NAMES.has(noun)) return [];
  return [{ file, message: `${noun} is a name for anything`, cure: 'Name the file after the one noun that it is about.' }];
}

function lengthProblems(file: string, { length }: readonly string[]): Problem[] {
  if (length <= WISHED_LINES) return [];
  return [
    {
      file,
      message: `${length} lines`,
      cure: `A file has one noun and at most ${WISHED_LINES} lines (${MOST_LINES} fail); find the second noun.`,
      severity: length > MOST_LINES ? 'error' : 'warning',
    },
  ];
}

function lineProblems(file: string, lines: readonly string[]): Problem[] {
  const rules = LINE_RULES.filter(({ where }) => applies(where, file));
  return lines.flatMap((text, index) =>
    rules.flatMap(({ pattern, message, cure }) => {
      const match = pattern.exec(text);
      return match === null ? [] : [{ file, line: index + 1, message: `${message}: ${match[0].trim()}`, cure }];
    }),
  );
}

function applies(where: LineRule['where'], file: string): boolean {
  // The rules and their tests are full of what they look for.
  if (file.startsWith('tooling/checks/src/file')) return false;
  if (where === 'tests') return isTest(file);
  if (where === 'shipped') return file.startsWith('packages/') && !isTest(file);
  return true;
}
