import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PLAN_ROWS } from './plan-rows.ts';
import { planRows } from './plan-table.ts';
import type { Evidence, PlanRow } from './plan-table.ts';
import type { Problem } from './problem.ts';
import { isTest } from './repository.ts';
import type { Repository } from './repository.ts';
import { testTitles } from './test-titles.ts';

const PAGE = 'docs/plan-coverage.md';
const STATES = ['done', 'part', 'planned'];

/** Fails when docs/plan-coverage.md leaves out a row of the plan, or says of one what no file and no test shows. */
export function planCoverage(repository: Repository, say: (line: string) => void): Problem[] {
  const page = join(repository.root, PAGE);
  if (!existsSync(page)) return [{ file: PAGE, message: 'there is no table of the plan', cure: 'Write one: plan, here, code, shown by, state.' }];
  const rows = planRows(readFileSync(page, 'utf8'));
  const counts = STATES.map((state) => `${rows.filter((row) => row.state === state).length} ${state}`);
  say(`${rows.length} rows: ${counts.join(', ')}`);
  const absent = PLAN_ROWS.filter((id) => !rows.some((row) => row.id === id));
  return [
    ...absent.map((id) => ({ file: PAGE, message: `${id} has no row`, cure: 'Nothing of the plan may fall away; what is not begun is "planned: …".' })),
    ...rows.flatMap((row) => rowFaults(repository, row).map((fault) => ({ file: PAGE, line: row.line, ...fault }))),
  ];
}

type Fault = Pick<Problem, 'message' | 'cure'>;

function rowFaults(repository: Repository, row: PlanRow): Fault[] {
  const { id, state, missing, code, evidence } = row;
  const faults: Fault[] = [];
  const add = (message: string, cure: string): void => void faults.push({ message: `${id}: ${message}`, cure });
  if (!PLAN_ROWS.includes(id)) add('is no row of the plan', 'Begin the row with its number in bold: **2.1**, **success 3**, **base**.');
  if (!STATES.includes(state)) add(`"${state}" is no state`, `Write one of ${STATES.join(', ')}.`);
  else if (state === 'done' && missing !== '') add('is done and says that something is missing', 'Call it "part: …".');
  else if (state !== 'done' && missing === '') add(`is ${state} and does not say what is missing`, `Write "${state}: what is missing".`);
  if (code.length === 0) add('links no code', 'Link what does it, or what it will stand on.');
  if (state !== 'planned' && evidence.length === 0) add('is shown by nothing', 'Link the test, with its title as code, or the check.');
  for (const target of code) if (!existsSync(join(repository.root, 'docs', target))) add(`${target} does not exist`, 'Mend the link, or the state of the row.');
  for (const one of evidence) faults.push(...evidenceFaults(repository, id, one));
  return faults;
}

function evidenceFaults({ root }: Repository, id: string, { target, titles }: Evidence): Fault[] {
  const file = join(root, 'docs', target);
  if (!existsSync(file)) return [{ message: `${id}: ${target} does not exist`, cure: 'Mend the link, or the state of the row.' }];
  if (titles.length === 0) return isTest(file) ? [{ message: `${id}: names no test of ${target}`, cure: 'Write the titles behind the link, as code.' }] : [];
  const known = testTitles(file, readFileSync(file, 'utf8'));
  return titles
    .filter((title) => !known.has(title))
    .map((title) => ({ message: `${id}: ${target} has no test "${title}"`, cure: 'Mend the title, or the state of the row.' }));
}
