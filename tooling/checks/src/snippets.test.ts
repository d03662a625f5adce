import { describe, expect, it } from 'vitest';
import { fencesOf } from './fences.ts';
import { formatProblem } from './problem.ts';
import { sampleRepository } from './sample-repository.ts';
import { snippets } from './snippets.ts';

const fenced = (code: string, info = 'ts'): string => `# Title\n\n\`\`\`${info}\n${code}\n\`\`\`\n`;

async function found(files: Record<string, string>): Promise<{ problems: string[]; said: string[] }> {
  const said: string[] = [];
  const problems = await snippets(sampleRepository(files), (line) => said.push(line));
  return { problems: problems.map(formatProblem), said };
}

describe('the fences of a page', () => {
  it('are those in TypeScript, with the line of their code', () => {
    expect(fencesOf(`${fenced('a')}${fenced('b', 'sh')}${fenced('c', 'typescript no-run')}`)).toEqual([
      { line: 4, code: 'a\n', runs: true },
      { line: 14, code: 'c\n', runs: false },
    ]);
  });

  it('may be indented, and may hold other fences', () => {
    expect(fencesOf('1. list\n   ````ts\n   if (a)\n     b();\n   ```\n   ````\n')).toEqual([{ line: 3, code: 'if (a)\n  b();\n```\n', runs: true }]);
  });
});

it('a page whose snippets run has nothing wrong, and the ones that do not run are counted', async () => {
  const run = fenced("const text: string = await Promise.resolve('done');\nconsole.log(text);");
  expect(await found({ 'README.md': run, 'docs/page.md': fenced("throw new Error('never run');", 'ts no-run') })).toEqual({
    problems: [],
    said: ['2 snippets: 1 to run, 1 only to typecheck (no-run)'],
  });
});

it('a snippet that throws is reported with file, line and what it printed', async () => {
  const { problems } = await found({ 'packages/core/README.md': fenced("throw new Error('no such luck');") });
  expect(problems).toEqual([expect.stringMatching(/^packages\/core\/README\.md:4: the snippet ended with exit code 1\n[^]*no such luck/)]);
});

it('a snippet whose types are wrong is reported at its line, even when it is not run', async () => {
  const { problems } = await found({ 'docs/deep/page.md': fenced('\nconst count: number = "one";', 'ts no-run') });
  expect(problems).toEqual([expect.stringMatching(/^docs\/deep\/page\.md:5: error TS2322/)]);
});

it('a snippet that waits for something that never comes is reported', async () => {
  const { problems } = await found({ 'README.md': fenced('await new Promise(() => {});') });
  expect(problems).toEqual([expect.stringMatching(/^README\.md:4: the snippet ended with exit code 13/)]);
});
