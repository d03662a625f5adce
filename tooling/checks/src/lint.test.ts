import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

// The linter is somebody else's; what is tested is that our configuration turns on what the house relies on.
const root = fileURLToPath(new URL('../../..', import.meta.url));
const FAULTS: Record<string, string> = {
  'packages/core/src/floating.ts': 'async function work(): Promise<void> {}\nexport function start(): void {\n  work();\n}\n',
  'packages/core/src/global.ts': 'export const width: number = Buffer.byteLength(process.argv.join());\n',
  'packages/core/src/thrown.ts': "export function fail(): never {\n  throw 'text';\n}\n",
  'packages/core/src/any.ts': 'export type Whatever = any;\n',
  'packages/core/src/long.ts': Array.from({ length: 401 }, (_, n) => `export const n${n} = ${n};\n`).join(''),
  'packages/core/src/cases.ts':
    "export function say(state: 'open' | 'closed'): string | undefined {\n  switch (state) {\n    case 'open':\n      return 'o';\n  }\n  return undefined;\n}\n",
  'packages/core/src/sound.ts': 'export const sound = 1;\n',
  'packages/core/src/node-global.test.ts': "import { expect, it } from 'vitest';\nit('x', () => expect(process.pid).toBeGreaterThan(0));\n",
};
let folder: string;
let output: string;
let status: number | null;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sock-lint-'));
  copyFileSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
  // With the types of Node and vitest within reach, as the packages have them.
  symlinkSync(join(root, 'tooling/checks/node_modules'), join(folder, 'node_modules'));
  for (const [path, text] of Object.entries(FAULTS)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ extends: '@sock/tsconfig/typecheck.json', include: ['packages'] }));
  const args = [join(root, 'node_modules/oxlint/bin/oxlint'), '--type-aware', '--deny-warnings', '-f', 'unix', 'packages'];
  const run = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  ({ status } = run);
  output = run.stdout;
});
afterAll(() => rmSync(folder, { recursive: true }));

it('a fault fails the run', () => {
  expect(status).toBe(1);
});

it.each([
  ['floating.ts:3', 'no-floating-promises'],
  ['global.ts:1', "Unexpected use of 'Buffer'"],
  ['global.ts:1', "Unexpected use of 'process'"],
  ['thrown.ts:2', 'only-throw-error'],
  ['any.ts:1', 'no-explicit-any'],
  ['long.ts', 'max-lines'],
  ['cases.ts:2', 'switch-exhaustiveness-check'],
])('%s is refused: %s', (place, rule) => {
  expect(output.split('\n')).toContainEqual(expect.stringMatching(new RegExp(`core/src/${place}\\b.*${rule}`)));
});

it('a sound file, and a test that uses a global of Node, are left alone', () => {
  expect(output).not.toMatch(/sound\.ts|node-global/);
});
