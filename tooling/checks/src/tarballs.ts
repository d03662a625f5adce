import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { succeed } from './command.ts';
import type { Package, Repository } from './repository.ts';

/** A package as its users get it. */
export interface Tarball {
  readonly entry: Package;
  /** The .tgz. */
  readonly file: string;
  /** The same, unpacked. */
  readonly folder: string;
}

/** Packs packages as a release would, and unpacks them again; everything lies below `folder`. The packages have to be built. */
export async function packTarballs(repository: Repository, packages: readonly Package[], folder: string): Promise<Tarball[]> {
  const filters = packages.map(({ name }) => `--filter=${name}`);
  await succeed('pnpm', ['-r', ...filters, 'pack', '--pack-destination', folder], { cwd: repository.root });
  const files = readdirSync(folder).filter((file) => file.endsWith('.tgz'));
  return Promise.all(
    packages.map(async (entry) => {
      const stem = entry.name.replace('@', '').replace('/', '-');
      const file = files.find((candidate) => candidate === `${stem}-${entry.manifest.version}.tgz`);
      if (file === undefined) throw new Error(`pnpm packed no ${entry.name}; it made ${files.join(', ')}`);
      const unpacked = join(folder, stem);
      mkdirSync(unpacked);
      await succeed('tar', ['-xzf', join(folder, file), '-C', unpacked, '--strip-components=1'], { cwd: folder });
      return { entry, file: join(folder, file), folder: unpacked };
    }),
  );
}

/** A folder outside of the workspace that is gone when `use` has ended. */
export async function inTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'sock-check-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
