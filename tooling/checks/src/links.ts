import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { anchorsOf, linksOf } from './page-links.ts';
import type { Problem } from './problem.ts';
import { filesBelow, shown } from './repository.ts';
import type { Repository } from './repository.ts';

/** Fails on every relative link of a Markdown page that leads to no file, out of the repository, or to no heading. */
export function links(repository: Repository, say: (line: string) => void): Problem[] {
  const pages = filesBelow(repository.root).filter((file) => file.endsWith('.md'));
  let count = 0;
  const problems = pages.flatMap((page) =>
    linksOf(readFileSync(page, 'utf8')).flatMap(({ target, line }) => {
      // What has a scheme leads to the network, where no check of ours goes.
      if (/^[a-z][a-z\d+.-]*:/i.test(target)) return [];
      count += 1;
      const wrong = fault(repository.root, page, target);
      return wrong === undefined ? [] : [{ file: shown(repository, page), line, message: `the link ${target === '' ? '()' : target} ${wrong}`, cure: 'Mend the link, or take it out.' }];
    }),
  );
  say(`${count} relative links in ${pages.length} pages`);
  return problems;
}

function fault(root: string, page: string, target: string): string | undefined {
  if (target === '') return 'leads nowhere';
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : resolve(dirname(page), decodeURIComponent(path));
  if (relative(root, file).startsWith('..')) return 'leads out of the repository';
  if (!existsSync(file)) return 'leads to no file';
  if (anchor === undefined) return undefined;
  const text = statSync(file).isDirectory() ? join(file, 'README.md') : file;
  if (!text.endsWith('.md') || !existsSync(text)) return 'names a heading of something that is no page';
  return anchorsOf(readFileSync(text, 'utf8')).has(anchor) ? undefined : 'leads to no heading';
}
