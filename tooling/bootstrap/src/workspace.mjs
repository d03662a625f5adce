import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './child.mjs';
import { locatePnpm } from './pnpm.mjs';

/** @typedef {import('./child.mjs').Place} Workspace the installed repository: its root, and an environment with its tools on PATH */

const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/**
 * Makes the repository ready to work in, and does nothing when it is ready already.
 * @returns {Promise<Workspace>}
 */
export async function openWorkspace(root = ROOT) {
  const cache = join(root, 'node_modules', '.cache', 'sock');
  const workspace = { root, env: environment(root, await locatePnpm(root, join(cache, 'pnpm-path'))) };
  await install(workspace, join(cache, 'installed'));
  return workspace;
}

/**
 * @param {string} root
 * @param {string} pnpmFolder
 * @returns {NodeJS.ProcessEnv}
 */
function environment(root, pnpmFolder) {
  return {
    ...process.env,
    PATH: [pnpmFolder, join(root, 'node_modules', '.bin'), process.env['PATH']].join(delimiter),
    // Nothing here phones home.
    TURBO_TELEMETRY_DISABLED: '1',
    DO_NOT_TRACK: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
    // Part of turbo's cache key (turbo.json, globalEnv): what passed on one Node has not passed on another.
    SOCK_NODE_VERSION: process.version,
  };
}

/**
 * Installs when the lockfile is not the one that was installed last.
 * @param {Workspace} workspace
 * @param {string} stamp
 */
async function install(workspace, stamp) {
  const wanted = fingerprint(workspace.root);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  process.stderr.write('Installing the dependencies (only when the lockfile has changed) …\n');
  const args = ['install', '--frozen-lockfile', '--config.confirm-modules-purge=false', '--reporter=append-only'];
  const code = await run('pnpm', args, workspace);
  if (code !== 0) throw new Error(`pnpm install failed with exit code ${code}; is the npm registry within reach?`);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

/** @param {string} root */
function fingerprint(root) {
  const hash = createHash('sha256');
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml']) hash.update(readFileSync(join(root, file)));
  return hash.digest('hex');
}
