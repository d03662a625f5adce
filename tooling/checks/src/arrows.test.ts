import { describe, expect, it } from 'vitest';
import { arrows } from './arrows.ts';
import { formatProblem } from './problem.ts';
import { entries, manifest, sampleRepository } from './sample-repository.ts';

const silent = (): void => undefined;
const found = (files: Record<string, string>): string[] => arrows(sampleRepository(files), silent).map(formatProblem);

it('a repository that keeps to the table has nothing wrong', () => {
  expect(found({})).toEqual([]);
});

it('a forbidden import is reported with file, line, arrow and cure', () => {
  expect(found({ 'packages/core/src/dial.ts': "// first line\nimport { connect } from '@sock/io';\n" })).toEqual([
    expect.stringMatching(
      /^packages\/core\/src\/dial\.ts:2: @sock\/core → @sock\/io is not an arrow of ours\n {4}It may import @sock\/config\. State the interface/,
    ),
  ]);
});

describe('every way to name a module is seen', () => {
  it.each([
    ["import '@sock/io';"],
    ["import type { Socket } from '@sock/io';"],
    ["export * from '@sock/io';"],
    ["export { Socket } from '@sock/io/web';"],
    ["const io = await import('@sock/io');"],
    ['const io = await import(`@sock/io`);'],
    ["const io = require('@sock/io');"],
    ["import io = require('@sock/io');"],
    ["type Socket = import('@sock/io').Socket;"],
    ["const url = import.meta.resolve('@sock/io');"],
  ])('%s', (code) => {
    expect(found({ 'packages/core/src/dial.ts': code })).toEqual([expect.stringContaining('@sock/core → @sock/io')]);
  });

  it('and a name that is made up at run time is refused', () => {
    expect(found({ 'packages/core/src/dial.ts': 'const io = await import(`@sock/${name}`);' })).toEqual([
      expect.stringContaining('made up at run time'),
    ]);
  });

  it('and a way round through the folders is refused', () => {
    expect(found({ 'packages/core/src/dial.ts': "export * from '../../io/src/index.ts';" })).toEqual([
      expect.stringContaining('reaches out of @sock/core'),
    ]);
  });
});

describe('builtins', () => {
  it.each(['node:fs', 'fs', 'node:fs/promises', 'node:test'])('%s is refused in a package for any runtime', (builtin) => {
    expect(found({ 'packages/core/src/dial.ts': `import '${builtin}';` })).toEqual([expect.stringContaining('runs on any JavaScript runtime')]);
  });

  it('a file behind the entry for Node may name one until another entry reaches it', () => {
    expect(found({ 'packages/config/src/index.ts': "export * from './file-layer.ts';" })).toEqual([
      expect.stringMatching(/^packages\/config\/src\/file-layer\.ts:1: @sock\/config → node:fs/),
    ]);
  });

  it.each(['node:tls', 'tls', 'node:_tls_wrap', 'node:https'])('%s is refused outside of the TLS package, in tests too', (builtin) => {
    const code = `import type {} from '${builtin}';`;
    expect(found({ 'packages/io/src/dial.ts': code, 'packages/io/src/dial.test.ts': code })).toEqual([
      expect.stringMatching(/^packages\/io\/src\/dial\.test\.ts:1: .*TLS lives in @sock\/tls-context alone/s),
      expect.stringMatching(/^packages\/io\/src\/dial\.ts:1: .*TLS lives in @sock\/tls-context alone/s),
    ]);
  });

  it('node:crypto is refused where no TLS is', () => {
    expect(found({ 'packages/io/src/dial.ts': "import 'node:crypto';" })).toEqual([expect.stringContaining('@sock/io → node:crypto')]);
  });
});

describe('dependencies', () => {
  it.each(['dependencies', 'peerDependencies', 'devDependencies'])('the TLS package is refused in %s of core', (field) => {
    const text = manifest('@sock/core', { [field]: { '@sock/tls-context': 'workspace:^', '@sock/testkit': 'workspace:*', '@sock/config': 'workspace:^' } });
    expect(found({ 'packages/core/package.json': text })).toContainEqual(
      expect.stringMatching(/^packages\/core\/package\.json:\d+: @sock\/core → @sock\/tls-context in /),
    );
  });

  it('a private package is refused in dependencies, and in the sources', () => {
    const text = manifest('@sock/config', { exports: entries('index', 'load'), dependencies: { '@sock/testkit': 'workspace:*' } });
    expect(found({ 'packages/config/package.json': text, 'packages/config/src/index.ts': "import '@sock/testkit';" })).toEqual([
      expect.stringContaining('@sock/config → @sock/testkit in dependencies'),
      expect.stringMatching(/index\.ts:1: @sock\/config → @sock\/testkit is not an arrow/),
    ]);
  });

  it('an import that no manifest declares is refused', () => {
    expect(found({ 'packages/io/src/dial.ts': "import 'lru-cache';" })).toEqual([expect.stringContaining('without declaring it')]);
  });

  it('a package without a row in the table is refused', () => {
    expect(found({ 'packages/extra/package.json': manifest('@sock/extra') })).toEqual([expect.stringContaining('has no row')]);
  });
});
