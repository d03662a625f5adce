import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bundleSizes } from './bundle-sizes.ts';
import { succeed } from './command.ts';
import { entryProblems } from './entry-files.ts';
import { formatProblem } from './problem.ts';
import { publishProblems } from './publish-rules.ts';
import type { Package, Repository } from './repository.ts';
import { entries, manifest, sampleRepository } from './sample-repository.ts';
import { contentProblems } from './tarball-contents.ts';
import type { Tarball } from './tarballs.ts';

const PUBLISHED = {
  name: '@sock/core',
  version: '0.0.0',
  type: 'module',
  sideEffects: false,
  license: 'MIT',
  files: ['dist', 'src'],
  exports: { '.': { '@sock/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' }, './package.json': './package.json' },
};
const SOUND: Record<string, string> = {
  'package.json': JSON.stringify(PUBLISHED),
  'README.md': '',
  LICENSE: '',
  'src/index.ts': 'export const one = 1;',
  'dist/index.js': 'export const one = 1;',
  'dist/index.d.ts': 'export declare const one = 1;',
};

function tarball(files: Record<string, string>, without?: string): Tarball {
  const folder = mkdtempSync(join(tmpdir(), 'sock-tarball-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [path, text] of Object.entries({ ...SOUND, ...files })) {
    if (path === without) continue;
    mkdirSync(dirname(join(folder, 'package', path)), { recursive: true });
    writeFileSync(join(folder, 'package', path), text);
  }
  return { entry: packageCalled(sampleRepository(), '@sock/core'), file: join(folder, 'core.tgz'), folder: join(folder, 'package') };
}

function packageCalled({ packages }: Repository, wanted: string): Package {
  const entry = packages.find(({ name }) => name === wanted);
  if (entry === undefined) throw new Error(`no ${wanted}`);
  return entry;
}

describe('the contents of a tarball', () => {
  const found = (files: Record<string, string>, without?: string): string[] =>
    contentProblems(sampleRepository(), tarball(files, without)).map(({ message }) => message);

  it('with everything in its place have nothing wrong', () => {
    expect(found({})).toEqual([]);
  });

  it.each(['README.md', 'LICENSE'])('need %s', (name) => {
    expect(found({}, name)).toEqual([`@sock/core: ${name} is not in the tarball`]);
  });

  it('need a changelog after the first release', () => {
    expect(found({ 'package.json': JSON.stringify({ ...PUBLISHED, version: '1.0.0' }) })).toEqual(['@sock/core: CHANGELOG.md is not in the tarball']);
  });

  it.each(['dist/socket.test.js', 'src/socket.test.ts', 'src/fixtures/key.pem', 'dist/build.tsbuildinfo', '.env'])('do not have %s', (name) => {
    expect(found({ [name]: '' })).toContainEqual(`@sock/core: ${name} is in the tarball`);
  });

  it('do not have the output of a source that is gone', () => {
    expect(found({ 'dist/old.js': '' })).toEqual(['@sock/core: dist/old.js is left over from a source that is gone']);
  });

  it('have every target of "exports"', () => {
    expect(found({}, 'dist/index.js')).toEqual(['@sock/core: "exports" names ./dist/index.js, which is not in the tarball']);
  });

  it('name no path of this machine', () => {
    expect(found({ 'dist/index.js': '//# sourceMappingURL=file:///a/b' })).toEqual(['@sock/core: dist/index.js names a path of this machine']);
  });

  it('say that they have no side effects', () => {
    expect(found({ 'package.json': JSON.stringify({ ...PUBLISHED, sideEffects: true }) })).toEqual(['@sock/core: "sideEffects" is not false']);
  });
});

describe('the entries of a package', () => {
  const found = (files: Record<string, string>): string[] => {
    const repository = sampleRepository(files);
    return entryProblems(repository, packageCalled(repository, '@sock/core')).map(formatProblem);
  };

  it('only re-export', () => {
    expect(found({ 'packages/core/src/index.ts': "export * from './a.ts';\nexport type { B } from './b.ts';\n" })).toEqual([]);
    expect(found({ 'packages/core/src/index.ts': "export * from './a.ts';\nexport const one = 1;\n" })).toEqual([
      expect.stringMatching(/^packages\/core\/src\/index\.ts:2: an entry that does more than re-export/),
    ]);
  });

  it('exist, directly in src/', () => {
    const text = manifest('@sock/core', { exports: { ...entries('gone'), './deep': { '@sock/source': './src/deep/index.ts' } } });
    expect(found({ 'packages/core/package.json': text, 'packages/core/src/deep/index.ts': '' })).toEqual([
      expect.stringContaining('which does not exist'),
      expect.stringContaining('is not directly in src/'),
    ]);
  });
});

describe('the tools of users', () => {
  const found = async (files: Record<string, string>): Promise<string[]> => {
    const packed = tarball(files);
    await succeed('tar', ['-czf', packed.file, '-C', dirname(packed.folder), 'package'], { cwd: packed.folder });
    return (await publishProblems(sampleRepository(), packed)).map(({ message }) => message);
  };

  it('have nothing to say about a sound tarball', async () => {
    expect(await found({})).toEqual([]);
  });

  it('publint sees code in the wrong format, attw sees types that do not resolve', async () => {
    expect(await found({ 'dist/index.js': 'module.exports = { one: 1 };' })).toContainEqual(expect.stringContaining('publint'));
    expect(await found({ 'dist/index.d.ts': "export * from './other';", 'dist/other.d.ts': 'export {};' })).toContainEqual(expect.stringContaining('attw'));
  });
});

describe('the size of a package', () => {
  // Numbers hardly compress: this is about 20 KiB.
  const large = `export const data = ${JSON.stringify(Array.from({ length: 6000 }, (_, n) => Math.sin(n).toString(36)).join(''))};`;
  const weigh = async (core: string): Promise<string[]> => {
    const built = (name: string): string => manifest(name, { exports: { '.': { default: './dist/index.js' } } });
    const repository = sampleRepository({
      'packages/core/package.json': built('@sock/core'),
      'packages/core/dist/index.js': core,
      'packages/io/package.json': built('@sock/io'),
      'packages/io/dist/index.js': "export * from '@sock/core';",
    });
    const packages = repository.packages.filter(({ name }) => ['@sock/core', '@sock/io'].includes(name));
    return (await bundleSizes({ ...repository, packages }, () => undefined)).map(({ message }) => message);
  };

  it('within its budget is right, and above it is wrong', async () => {
    expect(await weigh('export const one = 1;')).toEqual([]);
    expect(await weigh(large)).toEqual([expect.stringMatching(/^@sock\/core \+ @sock\/io: [\d.]+ KiB minified and gzipped, more than [\d.]+ KiB$/)]);
  });
});
