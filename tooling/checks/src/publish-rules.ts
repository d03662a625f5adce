import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { command } from './command.ts';
import type { Problem } from './problem.ts';
import { shown } from './repository.ts';
import type { Repository } from './repository.ts';
import type { Tarball } from './tarballs.ts';

/** What publint (manifest against files) and attw (types against code, for ES modules) say about a tarball. */
export async function publishProblems(repository: Repository, tarball: Tarball): Promise<Problem[]> {
  const file = shown(repository, join(tarball.entry.folder, 'package.json'));
  const { messages, pkg } = await publint({ pkgDir: tarball.folder, pack: false, strict: true });
  const problems = messages.map((message) => ({
    file,
    message: `${tarball.entry.name}: publint: ${formatMessage(message, pkg, { color: false }) ?? message.code}`,
    cure: 'See https://publint.dev/rules.',
  }));
  const types = await areTheTypesWrong(tarball);
  return types === undefined ? problems : [...problems, { file, message: `${tarball.entry.name}: attw: ${types}`, cure: 'See https://arethetypeswrong.github.io.' }];
}

async function areTheTypesWrong({ file, folder }: Tarball): Promise<string | undefined> {
  const manifest = createRequire(import.meta.url).resolve('@arethetypeswrong/cli/package.json');
  const args = [join(dirname(manifest), 'dist', 'index.js'), file, '--profile', 'esm-only', '--format', 'ascii', '--no-color', '--no-emoji'];
  const { code, output } = await command(process.execPath, args, { cwd: folder });
  return code === 0 ? undefined : output.trim();
}
