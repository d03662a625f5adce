import { describe, expect, it } from 'vitest';
import { planCoverage } from './plan-coverage.ts';
import { PLAN_ROWS } from './plan-rows.ts';
import { formatProblem } from './problem.ts';
import { sampleRepository } from './sample-repository.ts';
import { testTitles } from './test-titles.ts';

const TEST = "import { it } from 'vitest';\nit('holds', () => {});\nit.each([1])('holds for %s', () => {});\n";
const CODE = '[code](../packages/core/src/index.ts)';
const SHOWN = '[test](../packages/core/src/wire.test.ts) `holds`, `holds for %s`';

/** The page with a sound row for everything, and `row` in place of the first. */
function page(row = `| **0.1** build | here | ${CODE} | ${SHOWN} | done |`): string {
  const rest = PLAN_ROWS.filter((id) => !row.includes(`**${id}**`)).map((id) => `| **${id}** x | y | ${CODE} | – | planned: all of it |`);
  return `# The plan\n\n| plan | here | code | shown by | state |\n|---|---|---|---|---|\n${[row, ...rest].join('\n')}\n`;
}

function found(text: string): { problems: string[]; said: string[] } {
  const said: string[] = [];
  const repository = sampleRepository({ 'docs/plan-coverage.md': text, 'packages/core/src/wire.test.ts': TEST });
  return { problems: planCoverage(repository, (line) => said.push(line)).map(formatProblem), said };
}

it('a table whose rows are all sound has nothing wrong, and the states are counted', () => {
  expect(found(page())).toEqual({ problems: [], said: [`${PLAN_ROWS.length} rows: 1 done, 0 part, ${PLAN_ROWS.length - 1} planned`] });
});

it('a row of the plan that is left out is reported', () => {
  expect(found(page().replace(/\| \*\*success 8\*\*.*\n/, '')).problems).toEqual([expect.stringContaining('success 8 has no row')]);
});

it('a repository without the table is reported', () => {
  expect(planCoverage(sampleRepository(), () => undefined)).toEqual([expect.objectContaining({ message: 'there is no table of the plan' })]);
});

describe('a row is refused', () => {
  it.each([
    ['that points at a file that is not there', `| **0.1** a | b | [code](../packages/core/src/gone.ts) | ${SHOWN} | done |`, 'gone.ts does not exist'],
    ['that points at a test file that is not there', `| **0.1** a | b | ${CODE} | [test](../gone.test.ts) \`holds\` | part: c |`, 'gone.test.ts does not exist'],
    ['that names a test that is not there', `| **0.1** a | b | ${CODE} | ${SHOWN}, \`falls\` | done |`, 'has no test "falls"'],
    ['that names no test of a test file', `| **0.1** a | b | ${CODE} | [test](../packages/core/src/wire.test.ts) | done |`, 'names no test of'],
    ['that is done and links no code', `| **0.1** a | b | core | ${SHOWN} | done |`, 'links no code'],
    ['that is planned and links nothing', '| **0.1** a | b | – | – | planned: c |', 'links no code'],
    ['that is done and shown by nothing', `| **0.1** a | b | ${CODE} | we know | done |`, 'is shown by nothing'],
    ['that is in part and does not say what is missing', `| **0.1** a | b | ${CODE} | ${SHOWN} | part |`, 'does not say what is missing'],
    ['that is done and has something missing', `| **0.1** a | b | ${CODE} | ${SHOWN} | done: nearly |`, 'says that something is missing'],
    ['of a state that nobody knows', `| **0.1** a | b | ${CODE} | ${SHOWN} | soon |`, '"soon" is no state'],
    ['whose plan has no such number', `| **0.1** a | b | ${CODE} | ${SHOWN} | done |\n| **9.9** a | b | ${CODE} | ${SHOWN} | done |`, '9.9: is no row of the plan'],
  ])('%s', (_what, row, message) => {
    expect(found(page(row)).problems).toEqual([expect.stringMatching(new RegExp(`^docs/plan-coverage\\.md:\\d+: .*${message}`))]);
  });
});

it('titles are those of tests and groups, however they are made, and nothing else', () => {
  const source = "it('a', f);\ntest.each([['x']])('b %s', f);\ndescribe.each`c`('d', f);\ndescribeSocketContract('e', f);\ntest(`f ${1}`, f);\nlog('g');\nexpect('h').toBe('i');\n";
  expect([...testTitles('x.test.ts', source)]).toEqual(['a', 'b %s', 'd', 'e', 'f ${1}']);
});
