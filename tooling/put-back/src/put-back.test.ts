import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { copyRepository } from './copy.ts';
import type { Fault } from './fault.ts';
import { putBack } from './put-back.ts';

let root: string;
const write = (file: string, text: string): void => {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
};

/** Stands in for the runner of tests: "fails" when the file says bad, says nothing when it says broken. */
const RUNNER = `
  import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
  const text = readFileSync('../b/src/b.ts', 'utf8');
  if (text.includes('slow')) await new Promise((resolve) => setTimeout(resolve, 60_000));
  if (text.includes('broken')) process.exit(1);
  const failed = text.includes('bad') ? 1 : 0;
  mkdirSync('.results', { recursive: true });
  writeFileSync('.results/test.json', JSON.stringify({ numPassedTests: 2 - failed, numFailedTests: failed }));
  process.exit(failed);
`;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'sample-')));
  execFileSync('git', ['init', '-q'], { cwd: root });
  write('.gitignore', 'node_modules/\ndist/\n');
  write('tooling/vitest/sock-test.mjs', RUNNER);
  write('packages/a/src/a.test.ts', '');
  write('packages/b/src/b.ts', 'export const b = \'good\';\n');
  write('packages/b/dist/b.js', 'built');
  write('node_modules/.pnpm/other/index.js', 'theirs');
  mkdirSync(join(root, 'packages/a/node_modules/@sock'), { recursive: true });
  symlinkSync('../../../b', join(root, 'packages/a/node_modules/@sock/b'));
  symlinkSync('../../../node_modules/.pnpm/other', join(root, 'packages/a/node_modules/other'));
});
afterEach(() => rmSync(root, { recursive: true }));

describe('a copy', () => {
  test('has what git knows or would add; its links between packages lead into the copy, others to what is installed', () => {
    write('packages/b/src/gone.ts', '');
    symlinkSync('b.ts', join(root, 'packages/b/src/link.ts'));
    execFileSync('git', ['add', '.'], { cwd: root });
    rmSync(join(root, 'packages/b/src/gone.ts'));
    // A checkout that borrows what another one has installed.
    renameSync(join(root, 'node_modules'), join(root, 'dist'));
    symlinkSync('dist', join(root, 'node_modules'));
    const copy = copyRepository(root);
    const at = (file: string): string => join(copy.root, file);
    expect([existsSync(at('packages/b/src/b.ts')), existsSync(at('packages/b/dist')), existsSync(at('packages/b/src/gone.ts'))]).toEqual([true, false, false]);
    expect(realpathSync(at('packages/a/node_modules/@sock/b'))).toBe(realpathSync(at('packages/b')));
    expect(readFileSync(at('packages/a/node_modules/other/index.js'), 'utf8')).toBe('theirs');
    expect([readlinkSync(at('node_modules')), readlinkSync(at('packages/b/src/link.ts'))]).toEqual([join(root, 'node_modules'), 'b.ts']);
    copy.remove();
    expect([existsSync(copy.root), existsSync(join(root, 'node_modules/.pnpm/other/index.js'))]).toEqual([false, true]);
  });

  test('of what is no repository fails, and leaves nothing behind', () => {
    rmSync(join(root, '.git'), { recursive: true });
    expect(() => copyRepository(root)).toThrow(/not a git repository/);
  });
});

describe('putting back', () => {
  const fault = (name: string, find: string, replace: string): Fault => ({
    name, edits: [{ file: 'packages/b/src/b.ts', find, replace }], tests: { folder: 'packages/a', file: 'src/a.test.ts' },
  });
  const run = async (faults: readonly Fault[], signal: AbortSignal = new AbortController().signal): Promise<{ good: boolean; lines: string[] }> => {
    const lines: string[] = [];
    const good = await putBack({ root, faults, lanes: 2, signal, print: ({ line }) => lines.push(line) });
    expect(readFileSync(join(root, 'packages/b/src/b.ts'), 'utf8')).toBe('export const b = \'good\';\n');
    return { good, lines: lines.toSorted() };
  };

  test('is good when every fault is noticed', async () => {
    expect(await run([fault('first', 'good', 'bad'), fault('second', '\'good\'', '\'bad\'')])).toEqual({
      good: true,
      lines: ['· packages/a/src/a.test.ts: 2 tests pass without a fault', '✓ first: 1 of 2 tests fails', '✓ second: 1 of 2 tests fails'],
    });
  });

  test.each([
    ['goes unnoticed', fault('first', 'good', 'well'), '✗ first: nobody notices, 2 tests of packages/a/src/a.test.ts pass'],
    ['breaks the run instead of a test', fault('first', 'good', 'broken'), '✗ first: no test ran (packages/a/src/a.test.ts)'],
    ['finds no place any more', fault('first', 'better', 'bad'), '✗ first: packages/b/src/b.ts: nowhere stands "better"; it has to stand once: adapt the table of faults'],
  ])('is not good when a fault %s', async (_, first, line) => {
    const { good, lines } = await run([first, fault('second', 'good', 'bad')]);
    expect(good).toBe(false);
    expect(lines).toContain(line);
    expect(lines).toContain('✓ second: 1 of 2 tests fails');
  });

  test('is not good when tests fail without any fault', async () => {
    write('packages/b/src/b.ts', 'export const b = \'good\'; // bad\n');
    const lines: string[] = [];
    const good = await putBack({ root, faults: [fault('first', 'good', 'bad')], lanes: 1, signal: new AbortController().signal, print: ({ line }) => lines.push(line) });
    expect(good).toBe(false);
    expect(lines[0]).toBe('✗ packages/a/src/a.test.ts: 1 of 2 tests fail without any fault, so nothing can be learned from them');
  });

  test('ends at once by its signal, with the run under way', async () => {
    const stop = new AbortController();
    const begun = performance.now();
    setTimeout(() => stop.abort(), 300);
    write('packages/b/src/b.ts', 'export const b = \'good\';\n');
    expect((await run([fault('first', 'good', 'slow')], stop.signal)).good).toBe(false);
    expect(performance.now() - begun).toBeLessThan(20_000);
  });
});
