#!/usr/bin/env node
// Runs the tests of the package in the current folder with the one shared configuration, and leaves
// the counts in .results/ for the closing line of `npm test`.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const manifest = createRequire(import.meta.url).resolve('vitest/package.json');
const vitest = join(dirname(manifest), 'vitest.mjs');
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', '--root', process.cwd(), '--config', join(here, 'vitest.config.mjs'), ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
process.exit(status ?? 1);
