import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openRepository } from '@sock/checks/repository';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Reference } from './reference.ts';
import { readReference } from './reference.ts';

/** A workspace with one package of two entries. */
async function referenceOf(files: Readonly<Record<string, string>>): Promise<{ readonly reference: Reference; readonly root: string }> {
  const root = mkdtempSync(join(tmpdir(), 'api-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const manifest = { name: '@sample/one', exports: { '.': { '@sock/source': './src/index.ts' }, './more': { '@sock/source': './src/more.ts' }, './package.json': './package.json' } };
  const all = {
    'tsconfig.json': JSON.stringify({ compilerOptions: { target: 'ES2023', module: 'NodeNext', moduleResolution: 'NodeNext', strict: true, allowImportingTsExtensions: true, noEmit: true, types: [] }, include: ['packages/*/src'] }),
    'packages/one/package.json': JSON.stringify({ ...manifest, type: 'module' }),
    ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`packages/one/src/${name}`, text])),
  };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return { reference: await readReference(openRepository(root), join(root, 'tsconfig.json')), root };
}

const GOOD = {
  'index.ts': "/**\n * What it is for.\n *\n * @module\n */\nexport { double } from './double.ts';\nexport type { Answer } from './double.ts';\n",
  'more.ts': "/**\n * More of it.\n *\n * @module\n */\nexport { double as twice } from './double.ts';\n",
  'double.ts': '/** An answer. */\nexport interface Answer {\n  readonly value: number;\n  /** Says it. */\n  say(): string;\n}\n\n/** Twice as much: an {@link Answer}. */\nexport function double(value: number): Answer {\n  return { value: 2 * value, say: () => String(value) };\n}\n',
} as const;

describe('the reference', () => {
  test('has every entry by the name that it is imported by, and what the comments say', async () => {
    const { reference, root } = await referenceOf(GOOD);
    expect(reference.problems).toEqual([]);
    expect(reference.entries).toEqual(['@sample/one', '@sample/one/more']);
    const out = join(root, 'out');
    await reference.write(out);
    expect(existsSync(join(out, 'index.html'))).toBe(true);
    expect(readFileSync(join(out, 'modules', '_sample_one.html'), 'utf8')).toContain('What it is for.');
    expect(readFileSync(join(out, 'functions', '_sample_one.double.html'), 'utf8')).toContain('Twice as much');
  }, 60_000);

  test.each([
    ['an export without a comment', { 'double.ts': GOOD['double.ts'].replace('/** An answer. */\n', '') }, /Answer.*does not have any documentation/],
    ['a method without one', { 'double.ts': GOOD['double.ts'].replace('  /** Says it. */\n', '') }, /Answer\.say.*does not have any documentation/],
    ['a link that leads nowhere', { 'double.ts': GOOD['double.ts'].replace('{@link Answer}', '{@link Anser}') }, /Anser/],
    ['a type that no entry exports', { 'index.ts': GOOD['index.ts'].replace("export type { Answer } from './double.ts';\n", '') }, /Answer.*(?:not included|referenced)/],
  ])('tells of %s', async (_what, files, problem) => {
    const { reference } = await referenceOf({ ...GOOD, ...files });
    expect(reference.problems.length).toBeGreaterThan(0);
    expect(reference.problems.join('\n')).toMatch(problem);
  }, 60_000);
});
