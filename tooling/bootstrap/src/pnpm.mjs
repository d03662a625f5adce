import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Finds the folder with the pnpm that package.json's `packageManager` names, and lets npx fetch it the first time.
 *
 * turbo starts every task through pnpm, so it has to be on PATH. corepack would be the usual way, but the one in Node 20
 * knows only npm's old signing keys and refuses today's pnpm. npx takes two seconds a time, so its answer is kept.
 * @param {string} root
 * @param {string} memory the file that keeps the answer
 * @returns {Promise<string>}
 */
export async function locatePnpm(root, memory) {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const known = recall(memory, packageManager);
  if (known !== undefined) return known;
  process.stderr.write(`Getting ${packageManager} through npx (the first time only) …\n`);
  const folder = await askNpx(root, packageManager);
  mkdirSync(dirname(memory), { recursive: true });
  writeFileSync(memory, `${packageManager}\n${folder}\n`);
  return folder;
}

/**
 * @param {string} memory
 * @param {string} packageManager
 */
function recall(memory, packageManager) {
  if (!existsSync(memory)) return undefined;
  const [version, folder = ''] = readFileSync(memory, 'utf8').split('\n');
  return version === packageManager && existsSync(join(folder, 'pnpm')) ? folder : undefined;
}

/**
 * npx puts the folder of what it fetched first on the PATH of the command that it runs.
 * @param {string} root
 * @param {string} packageManager
 */
async function askNpx(root, packageManager) {
  const args = ['-y', '-p', packageManager, '--', 'node', '-p', 'process.env.PATH'];
  const { stdout } = await promisify(execFile)('npx', args, { cwd: root }).catch((cause) => {
    throw new Error(`npx could not fetch ${packageManager}; is the npm registry within reach?\n${cause.stderr}`, { cause });
  });
  const folder = stdout.trim().split(delimiter).find((candidate) => existsSync(join(candidate, 'pnpm')));
  if (folder === undefined) throw new Error(`npx fetched ${packageManager}, but there is no pnpm on the PATH that it made.`);
  return folder;
}
