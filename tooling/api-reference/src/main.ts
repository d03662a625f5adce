import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openRepository } from '@sock/checks/repository';
import { readReference } from './reference.ts';

const USAGE = `usage: npm run api [-- --check]

Writes every public export, with what its comment says, as pages that can be searched, to docs/api.
With --check nothing is written: the exit code tells whether all is described, and every link leads somewhere.
`;

const root = fileURLToPath(new URL('../../..', import.meta.url));

async function main(args: string[]): Promise<number> {
  const { values: { check, help } } = parseArgs({ args, options: { check: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } } });
  if (help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const { entries, problems, write } = await readReference(openRepository(root), fileURLToPath(new URL('../tsconfig.reference.json', import.meta.url)));
  for (const problem of problems) console.log(`✗ ${problem}`);
  console.log(`${entries.length} entries: ${problems.length === 0 ? 'nothing wrong' : `${problems.length} wrong`}`);
  if (check) return problems.length === 0 ? 0 : 1;
  const out = join(root, 'docs', 'api');
  await write(out);
  console.log(`Open ${relative(process.cwd(), join(out, 'index.html'))} in a browser.`);
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 2;
}
