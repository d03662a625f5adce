import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './child.mjs';
import { packages } from './packages.mjs';
import { add, readResult, NONE } from './results.mjs';

/**
 * Runs the tests of all packages, or of the named ones, through turbo's cache, and closes with one line of counts.
 * @param {import('./workspace.mjs').Workspace} workspace
 * @param {string[]} args names of packages (`core` or `@sock/core`); what begins with a dash goes to turbo
 */
export async function test(workspace, args) {
  const flags = args.filter((arg) => arg.startsWith('-'));
  const names = args.filter((arg) => !arg.startsWith('-')).map((arg) => (arg.startsWith('@') ? arg : `@sock/${arg}`));
  const all = packages(workspace.root).filter(({ scripts }) => scripts['test'] !== undefined);
  const chosen = names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
  if (chosen.length === 0) throw new Error(`No package with tests is called ${names.join(' or ')}.`);

  // Turbo puts the results of unchanged packages back; whatever else lies there is from another time.
  for (const { folder } of chosen) rmSync(join(folder, '.results'), { recursive: true, force: true });
  const filters = names.map((name) => `--filter=${name}`);
  const code = await run('turbo', ['run', 'test', '--continue', '--output-logs=new-only', ...filters, ...flags], workspace);
  return report(chosen, code);
}

/**
 * Prints one line for each package, then the sum as the last line, and answers the exit code.
 * @param {import('./packages.mjs').Package[]} chosen
 * @param {number} code turbo's exit code
 */
export function report(chosen, code) {
  let total = NONE;
  const lines = chosen.map(({ name, folder }) => {
    const { counts, trouble } = readResult(folder);
    total = add(total, counts);
    return `  ${name.padEnd(24)} ${format(counts)}${trouble === undefined ? '' : `  ← ${trouble}`}`;
  });
  // Turbo can fail where no package does (a script that is not to be found): that must not end in "0 failed".
  if (code !== 0 && total.failed === 0) {
    total = add(total, { ...NONE, failed: 1 });
    lines.push(`  turbo itself ended with exit code ${code}`);
  }
  if (total.skipped > 0) lines.push('A skipped test is a defect: make it run, or take it out.');
  process.stdout.write(`\n${lines.join('\n')}\n\n${format(total)}\n`);
  return total.failed > 0 || total.skipped > 0 || total.passed === 0 ? 1 : 0;
}

/** @param {import('./results.mjs').Counts} counts */
function format({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
