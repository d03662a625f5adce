import { bundleSizes } from './bundle-sizes.ts';
import { entryProblems } from './entry-files.ts';
import type { Problem } from './problem.ts';
import { publishProblems } from './publish-rules.ts';
import type { Repository } from './repository.ts';
import { contentProblems } from './tarball-contents.ts';
import { inTemporaryFolder, packTarballs } from './tarballs.ts';

/** Packs every published package and looks at the tarballs as a user's tools would. */
export function packaging(repository: Repository, say: (line: string) => void): Promise<Problem[]> {
  return inTemporaryFolder(async (folder) => {
    const tarballs = await packTarballs(repository, repository.packages, folder);
    const published = await Promise.all(tarballs.map((tarball) => publishProblems(repository, tarball)));
    return [
      ...tarballs.flatMap((tarball) => [...contentProblems(repository, tarball), ...entryProblems(repository, tarball.entry)]),
      ...published.flat(),
      ...(await bundleSizes(repository, say)),
    ];
  });
}
