import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Writes a file of its own below `folder` for each call, so that checks can run side by side. */
export async function putInto(folder: string, name: string, content: string | Buffer): Promise<string> {
  const file = join(await mkdtemp(join(folder, 'file-')), name);
  await writeFile(file, content);
  return file;
}

/** Everything that the program says; whether it failed is seen from that. */
export async function runOpenssl(args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
  try {
    return await promisify(execFile)('openssl', args);
  } catch (error) {
    const { stdout, stderr, code } = error as { stdout?: string; stderr?: string; code?: unknown };
    if (code === 'ENOENT') throw new Error('This test talks to openssl, which cannot be found on PATH; install openssl (the name of Debian\'s package)', { cause: error });
    // Without output the program told nothing, and nothing has been checked.
    if (stdout === undefined || stderr === undefined || stdout + stderr === '') throw error;
    return { stdout, stderr };
  }
}
