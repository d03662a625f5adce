#!/usr/bin/env node
// Runs the tests of the package in the current folder with the one shared configuration, and leaves in .results/ what
// the closing line of `npm test` is made of: vitest's report, and its exit code, which knows more than the report (an
// unhandled rejection fails a run in which every test passed).
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const manifest = createRequire(import.meta.url).resolve('vitest/package.json');
const vitest = join(dirname(manifest), 'vitest.mjs');

rmSync('.results', { recursive: true, force: true });
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', '--root', process.cwd(), '--config', join(here, 'vitest.config.mjs'), ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
mkdirSync('.results', { recursive: true });
writeFileSync(join('.results', 'exit-code'), `${status ?? 'signal'}\n`);
process.exit(status ?? 1);
