import { run } from './child.mjs';
import { program } from './program.mjs';

/** @typedef {import('./workspace.mjs').Workspace} Workspace */

/** The checks that need more than the sources, and so a build of every package first. */
const ON_BUILT = ['packaging', 'without-tls', 'snippets'];
const ON_SOURCES = ['arrows', 'files', 'links', 'plan-coverage'];
const ALL = ['types', 'lint', ...ON_SOURCES, 'api', ...ON_BUILT];
const api = program('@sock/api-reference', 'tooling/api-reference');

/**
 * Runs all checks, or the named ones. Goes on after a failure, and says at the end which ones failed.
 * @param {Workspace} workspace
 * @param {string[]} args
 */
export async function check(workspace, args) {
  const unknown = args.filter((arg) => !ALL.includes(arg));
  if (unknown.length > 0) throw new Error(`There is no check called ${unknown.join(', ')}; there are: ${ALL.join(', ')}.`);
  const chosen = args.length === 0 ? ALL : ALL.filter((name) => args.includes(name));
  const failed = [];
  for (const name of chosen) {
    const start = performance.now();
    process.stdout.write(`\n── ${name} ──\n`);
    const code = await one(workspace, name);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    process.stdout.write(`── ${name}: ${code === 0 ? 'ok' : 'FAILED'} (${seconds} s)\n`);
    if (code !== 0) failed.push(name);
  }
  process.stdout.write(failed.length === 0 ? '\nAll checks passed.\n' : `\nFailed: ${failed.join(', ')}\n`);
  return failed.length === 0 ? 0 : 1;
}

/**
 * @param {Workspace} workspace
 * @param {string} name
 */
async function one(workspace, name) {
  if (name === 'types') return turbo(workspace, 'typecheck');
  if (name === 'lint') return turbo(workspace, '//#lint');
  if (name === 'api') return api(workspace, ['--check']);
  const built = await turbo(workspace, 'build', '--filter=@sock/checks...', ...(ON_BUILT.includes(name) ? ['--filter=./packages/*'] : []));
  return built === 0 ? run(process.execPath, ['tooling/checks/dist/main.js', name], workspace) : built;
}

/**
 * @param {Workspace} workspace
 * @param {string[]} args
 */
function turbo(workspace, ...args) {
  return run('turbo', ['run', ...args, '--continue', '--output-logs=errors-only'], workspace);
}
