import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {{ name: string, folder: string, scripts: Record<string, string> }} Package a package of this workspace */

/**
 * Every package of the workspace, published and private ones.
 * @param {string} root
 * @returns {Package[]}
 */
export function packages(root) {
  return ['packages', 'tooling'].flatMap((group) =>
    readdirSync(join(root, group))
      .map((entry) => join(root, group, entry))
      .filter((folder) => existsSync(join(folder, 'package.json')))
      .map((folder) => {
        const { name, scripts = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
        return { name, folder, scripts };
      }),
  );
}
