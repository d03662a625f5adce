import { describe, expect, it } from 'vitest';
import { links } from './links.ts';
import { anchorsOf, linksOf } from './page-links.ts';
import { formatProblem } from './problem.ts';
import { sampleRepository } from './sample-repository.ts';

function found(files: Record<string, string>): { problems: string[]; said: string[] } {
  const said: string[] = [];
  const problems = links(sampleRepository(files), (line) => said.push(line));
  return { problems: problems.map(formatProblem), said };
}

it('links to files, folders and headings that exist have nothing wrong', () => {
  const page = '[code](../packages/core/src/index.ts) [folder](../packages/) [other](other.md#one--two) [here](#title) [net](https://example.com/x)\n\n# Title\n';
  expect(found({ 'docs/page.md': page, 'docs/other.md': '## One & `two`\n' })).toEqual({ problems: [], said: ['4 relative links in 2 pages'] });
});

it('a link that leads to no file is reported with its line', () => {
  expect(found({ 'packages/core/README.md': '# core\n\nSee [io](../oi/README.md).\n' }).problems).toEqual([
    expect.stringMatching(/^packages\/core\/README\.md:3: the link \.\.\/oi\/README\.md leads to no file\n/),
  ]);
});

it.each([
  ['[a](other.md#three)', 'leads to no heading'],
  ['[a](#three)', 'leads to no heading'],
  ['[a](../packages/core/src/index.ts#L1)', 'names a heading of something that is no page'],
  ['[a](../../elsewhere.md)', 'leads out of the repository'],
  ['[a]()', 'leads nowhere'],
  ['![a](picture.png)', 'leads to no file'],
  ['[a]: gone.md', 'leads to no file'],
  ['[`code`](gone.md "title")', 'leads to no file'],
])('%s is refused', (text, why) => {
  expect(found({ 'docs/page.md': text, 'docs/other.md': '## One\n' }).problems).toEqual([expect.stringContaining(why)]);
});

describe('the links of a page', () => {
  it('are not those in code', () => {
    expect(linksOf('`[a](b)` ``[c](`d)``\n\n```md\n[e](f)\n```\n\n[`g`](h)\n')).toEqual([{ target: 'h', line: 7 }]);
  });

  it('are all of one line', () => {
    expect(linksOf('[a](b), [c](<d>) and [e [f\\]](g)').map(({ target }) => target)).toEqual(['b', 'd', 'g']);
  });
});

it('headings have the names that GitHub gives them', () => {
  const page = "# `send()` & [recv](x.md)\n## What's *not* there\n## Twice\n## Twice\n```sh\n# no heading\n```\n";
  expect([...anchorsOf(page)]).toEqual(['send--recv', 'whats-not-there', 'twice', 'twice-1']);
});
