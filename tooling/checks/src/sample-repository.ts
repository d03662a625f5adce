import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openRepository } from './repository.ts';
import type { Manifest, Repository } from './repository.ts';

/** A small sound repository in a temporary folder, plus `files` (path → text): what a test plants its fault in. */
export function sampleRepository(files: Readonly<Record<string, string>> = {}): Repository {
  const root = mkdtempSync(join(tmpdir(), 'sock-checks-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [path, text] of Object.entries({ ...SOUND, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return openRepository(root);
}

/** The text of a manifest, with a main entry when nothing else is said. */
export function manifest(name: string, rest: Partial<Manifest> = {}): string {
  return JSON.stringify({ name, version: '0.0.0', sideEffects: false, exports: entries('index'), ...rest }, null, 2);
}

/** An `exports` field; `index` becomes `.`. */
export function entries(...names: readonly string[]): NonNullable<Manifest['exports']> {
  return Object.fromEntries(names.map((name) => [name === 'index' ? '.' : `./${name}`, { '@sock/source': `./src/${name}.ts` }]));
}

const SOUND = {
  'packages/config/package.json': manifest('@sock/config', { exports: entries('index', 'load') }),
  'packages/config/src/index.ts': 'export const limit = 1;\n',
  'packages/config/src/load.ts': "export * from './file-layer.ts';\n",
  'packages/config/src/file-layer.ts': "export { readFileSync } from 'node:fs';\n",
  'packages/core/package.json': manifest('@sock/core', {
    dependencies: { '@sock/config': 'workspace:^' },
    devDependencies: { '@sock/testkit': 'workspace:*', vitest: 'catalog:' },
  }),
  'packages/core/src/index.ts': "export { limit } from '@sock/config';\n",
  'packages/core/src/index.test.ts': "import { it } from 'vitest';\nimport '@sock/testkit';\nimport 'node:events';\n",
  'packages/io/package.json': manifest('@sock/io', { dependencies: { '@sock/config': 'workspace:^', '@sock/core': 'workspace:^' } }),
  'packages/io/src/index.ts': "import type { Socket } from 'node:net';\nexport * from '@sock/core';\n",
  'packages/tls-context/package.json': manifest('@sock/tls-context', { dependencies: { '@sock/core': 'workspace:^' } }),
  'packages/tls-context/src/index.ts': "export { connect } from 'node:tls';\nexport { hash } from 'node:crypto';\n",
  'tooling/testkit/package.json': JSON.stringify({ name: '@sock/testkit', version: '0.0.0', private: true }),
};
