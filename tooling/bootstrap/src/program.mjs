import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './child.mjs';

/**
 * A task that builds one private package and then runs its `dist/main.js` on this terminal: not through turbo, which
 * would put a prefix before every line and keep Ctrl-C to itself.
 * @param {string} name
 * @param {string} folder
 * @returns {(workspace: import('./workspace.mjs').Workspace, args: string[]) => Promise<number>}
 */
export function program(name, folder) {
  return async (workspace, args) => {
    if (!existsSync(join(workspace.root, folder, 'package.json'))) throw new Error(`There is no ${name} in ${folder} yet.`);
    const built = await run('turbo', ['run', 'build', `--filter=${name}...`, '--output-logs=errors-only', '--log-prefix=task'], workspace);
    return built === 0 ? run(process.execPath, [join(folder, 'dist', 'main.js'), ...args], workspace) : built;
  };
}
