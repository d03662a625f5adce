#!/usr/bin/env node
// The one door into the repository: `npm test`, `npm run demo`, `npm run bench` and `npm run check` all come here.
// Needs Node and npm, nothing else; everything that is missing is installed on the way.
// Plain JavaScript without dependencies, because it runs before there are any.
import { run } from './src/child.mjs';
import { check } from './src/check.mjs';
import { requireNode } from './src/node-version.mjs';
import { program } from './src/program.mjs';
import { test } from './src/test.mjs';
import { openWorkspace } from './src/workspace.mjs';

const USAGE = `usage: node tooling/bootstrap/run.mjs TASK [ARGS]

  test  [PACKAGE…]   run the tests of all packages (or of the named ones: core io …)
  demo  [OPTIONS]    send a real file over TCP and over TLS, and print a table
  bench [OPTIONS]    measure the packages beside plain Node
  api                write every public export, with what its comment says, as pages to docs/api
  check [CHECK…]     run all checks (or the named ones: types lint arrows files links plan-coverage api packaging without-tls snippets)
  exec  COMMAND…     run any command with the tools of this workspace on PATH (exec turbo run build)
`;

/** @type {Record<string, (workspace: import('./src/workspace.mjs').Workspace, args: string[]) => Promise<number>>} */
const TASKS = {
  test,
  check,
  demo: program('@sock/demo', 'tooling/demo'),
  bench: program('@sock/bench', 'tooling/bench'),
  api: program('@sock/api-reference', 'tooling/api-reference'),
  exec: (workspace, [command = 'node', ...args]) => run(command, args, workspace),
};

const [name = '', ...args] = process.argv.slice(2);
const task = Object.entries(TASKS).find(([known]) => known === name)?.[1];
if (!requireNode()) {
  process.exitCode = 1;
} else if (task === undefined) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else {
  try {
    process.exitCode = await task(await openWorkspace(), args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
