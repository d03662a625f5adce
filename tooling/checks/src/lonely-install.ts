import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { succeed } from './command.ts';
import type { Tarball } from './tarballs.ts';

/**
 * Installs tarballs, and nothing else of ours, into a folder with npm. What they need of each other is taken from the
 * tarballs: the registry is never asked for a package of ours.
 */
export async function installAlone(tarballs: readonly Tarball[], folder: string): Promise<void> {
  const dependencies = Object.fromEntries(tarballs.map(({ entry, file }) => [entry.name, `file:${file}`]));
  const overrides = Object.fromEntries(tarballs.map(({ entry }) => [entry.name, `$${entry.name}`]));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies, overrides }));
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline', '--loglevel=error'];
  await succeed('npm', ['install', ...flags], { cwd: folder });
}
