import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command } from './command.ts';
import { fencesOf } from './fences.ts';
import type { Fence } from './fences.ts';
import type { Problem } from './problem.ts';
import { filesBelow, shown } from './repository.ts';
import type { Repository } from './repository.ts';
import { inTemporaryFolder } from './tarballs.ts';

/** How long one snippet may take; each is a program of a few lines. */
const TIME_LIMIT_MS = 20_000;
const AT_ONCE = 2;

/** Where the tools and the types of Node are found. */
const MODULES = fileURLToPath(new URL('../node_modules', import.meta.url));

interface Snippet extends Fence {
  /** The Markdown file, as shown to people. */
  readonly file: string;
  /** The name of its source, without an extension. */
  readonly name: string;
}

/**
 * Compiles and runs every ```ts fence of the READMEs and of docs/, each as a module of its own, against the built packages.
 * A program has to end by itself, with exit code 0.
 */
export function snippets(repository: Repository, say: (line: string) => void): Promise<Problem[]> {
  return inTemporaryFolder(async (folder) => {
    const found = collect(repository);
    const programs = found.filter(({ runs }) => runs);
    say(`${found.length} snippets: ${programs.length} to run, ${found.length - programs.length} only to typecheck (no-run)`);
    if (found.length === 0) return [];
    prepare(repository, found, folder);
    const problems = await compile(found, folder);
    const wrong = new Set(problems.map(({ snippet }) => snippet));
    const outcomes = await inTurn(programs.filter((snippet) => !wrong.has(snippet)), (snippet) => run(snippet, folder));
    return [...problems.map(({ problem }) => problem), ...outcomes.flat()];
  });
}

function collect(repository: Repository): Snippet[] {
  const pages = [
    join(repository.root, 'README.md'),
    ...repository.packages.flatMap(({ folder }) => readdirSync(folder).filter((name) => name.endsWith('.md')).map((name) => join(folder, name))),
    ...filesBelow(join(repository.root, 'docs')).filter((file) => file.endsWith('.md')),
  ];
  return pages.filter(existsSync).flatMap((page) => {
    const file = shown(repository, page);
    return fencesOf(readFileSync(page, 'utf8')).map((fence) => ({ ...fence, file, name: `${file.replace(/\W+/g, '-')}-${fence.line}` }));
  });
}

/** A folder in which our packages resolve as they do for a user who installed them all: to `dist`. */
function prepare(repository: Repository, found: readonly Snippet[], folder: string): void {
  mkdirSync(join(folder, 'node_modules', '@sock'), { recursive: true });
  for (const entry of repository.packages) symlinkSync(entry.folder, join(folder, 'node_modules', '@sock', basename(entry.name)));
  symlinkSync(join(MODULES, '@types'), join(folder, 'node_modules', '@types'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: COMPILER_OPTIONS, include: ['*.ts'] }));
  for (const { name, code } of found) writeFileSync(join(folder, `${name}.ts`), code);
}

const COMPILER_OPTIONS = {
  strict: true,
  target: 'ES2022',
  module: 'NodeNext',
  lib: ['ES2023', 'ESNext.Disposable'],
  types: ['node'],
  moduleDetection: 'force',
  skipLibCheck: true,
  outDir: 'out',
  rootDir: '.',
};

async function compile(found: readonly Snippet[], folder: string): Promise<{ snippet: Snippet; problem: Problem }[]> {
  const { code, output } = await command(process.execPath, [join(MODULES, 'typescript', 'bin', 'tsc'), '--pretty', 'false'], { cwd: folder });
  const problems = [...output.matchAll(/^([\w-]+)\.ts\((\d+),\d+\): (error .*(?:\n {2,}.*)*)/gm)].flatMap(([, name, line, message = '']) => {
    const snippet = found.find((one) => one.name === name);
    if (snippet === undefined) return [];
    const at = snippet.line + Number(line) - 1;
    return [{ snippet, problem: { file: snippet.file, line: at, message, cure: 'The page promises something that the types do not.' } }];
  });
  if (code !== 0 && problems.length === 0) throw new Error(`The snippets could not be compiled:\n${output}`);
  return problems;
}

async function run({ file, line, name }: Snippet, folder: string): Promise<Problem[]> {
  // A folder each, because a snippet may write files.
  const cwd = join(folder, 'run', name);
  mkdirSync(cwd, { recursive: true });
  const { code, output, timedOut } = await command(process.execPath, [join(folder, 'out', `${name}.js`)], { cwd, timeoutMs: TIME_LIMIT_MS });
  rmSync(cwd, { recursive: true });
  if (code === 0) return [];
  const how = timedOut ? `did not end within ${TIME_LIMIT_MS / 1000} s; something is left open` : `ended with exit code ${code}`;
  return [{ file, line, message: `the snippet ${how}\n${output.trim()}`, cure: 'Mend the page or the package. A piece that is no program is fenced as `ts no-run`.' }];
}

/** Runs `work` over `items`, a few at a time. */
async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}
