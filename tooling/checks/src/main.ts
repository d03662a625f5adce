import { fileURLToPath } from 'node:url';
import { arrows } from './arrows.ts';
import { files } from './files.ts';
import { links } from './links.ts';
import { packaging } from './packaging.ts';
import { planCoverage } from './plan-coverage.ts';
import { formatProblem } from './problem.ts';
import type { Check } from './problem.ts';
import { openRepository } from './repository.ts';
import { snippets } from './snippets.ts';
import { withoutTls } from './without-tls.ts';

const CHECKS: Record<string, Check> = { arrows, files, links, 'plan-coverage': planCoverage, packaging, 'without-tls': withoutTls, snippets };

const repository = openRepository(fileURLToPath(new URL('../../..', import.meta.url)));
const names = process.argv.slice(2);
for (const name of names.length === 0 ? Object.keys(CHECKS) : names) {
  const check = CHECKS[name];
  if (check === undefined) throw new Error(`There is no check called ${name}; there are: ${Object.keys(CHECKS).join(', ')}.`);
  const problems = await check(repository, console.log);
  for (const problem of problems) console.log(formatProblem(problem));
  const errors = problems.filter(({ severity }) => severity !== 'warning').length;
  console.log(`${name}: ${errors === 0 ? 'nothing wrong' : `${errors} wrong`}`);
  if (errors > 0) process.exitCode = 1;
}
