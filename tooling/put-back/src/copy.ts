import { execFileSync } from 'node:child_process';
import { constants, copyFileSync, cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** A copy of a repository in which tests run. */
export interface Copy {
  readonly root: string;
  remove(): void;
}

/**
 * Copies what git knows or would add, as it is now, to a folder of its own below `os.tmpdir()`. Nothing is installed: other people's packages
 * are those of the original, through one link. The links between our own packages are relative, as pnpm makes them, so that
 * those of the copy lead into the copy: a fault in one package is seen by the tests of another.
 */
export function copyRepository(root: string): Copy {
  const copy = mkdtempSync(join(tmpdir(), 'sock-put-back-'));
  const remove = (): void => rmSync(copy, { recursive: true, force: true });
  try {
    for (const file of filesOf(root)) {
      mkdirSync(dirname(join(copy, file)), { recursive: true });
      if (lstatSync(join(root, file)).isSymbolicLink()) symlinkSync(readlinkSync(join(root, file)), join(copy, file));
      else copyFileSync(join(root, file), join(copy, file), constants.COPYFILE_FICLONE);
    }
    if (existsSync(join(root, 'node_modules'))) symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'dir');
    for (const folder of ['packages', 'tooling'].flatMap((group) => foldersOf(root, group))) {
      const links = join(folder, 'node_modules');
      if (existsSync(join(root, links))) cpSync(join(root, links), join(copy, links), { recursive: true, verbatimSymlinks: true });
    }
    return { root: copy, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

function filesOf(root: string): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, stdio: ['ignore', 'pipe', 'pipe'] });
  // One that was deleted and not committed is listed all the same; so is a node_modules that is a link, which an ignored "node_modules/" does not mean.
  return listed.split('\0').filter((file) => file !== '' && basename(file) !== 'node_modules' && existsSync(join(root, file)));
}

function foldersOf(root: string, group: string): string[] {
  return existsSync(join(root, group)) ? readdirSync(join(root, group)).map((name) => join(group, name)) : [];
}
