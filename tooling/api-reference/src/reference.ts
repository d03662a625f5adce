import { join } from 'node:path';
import { entrySources } from '@sock/checks/entry-graph';
import type { Repository } from '@sock/checks/repository';
import type { ProjectReflection, TypeDocOptions } from 'typedoc';
import { Application } from 'typedoc';
import { Problems } from './problems.ts';

/** Everything that the packages export, read from their sources. */
export interface Reference {
  /** Entries that were read: `@sock/core`, `@sock/core/framing` … */
  readonly entries: readonly string[];
  /** An export without a comment, a link that leads nowhere, a type that a signature names and no entry exports. */
  readonly problems: readonly string[];
  /** Writes it as pages that can be searched. */
  write(folder: string): Promise<void>;
}

/**
 * Properties are left out: of most, name and type say it all. What is inherited from the runtime's own classes is not ours to describe.
 */
const TO_BE_DOCUMENTED = ['Class', 'Interface', 'TypeAlias', 'Function', 'Method', 'Accessor', 'Variable'] as const;

/** @param tsconfig - has the sources of all packages, and no tests */
export async function readReference(repository: Repository, tsconfig: string): Promise<Reference> {
  const sources = new Map(repository.packages.flatMap((each) => entrySources(each).map(({ name, file }) => [file, name === '' ? each.name : `${each.name}/${name}`])));
  const options: TypeDocOptions = {
    name: 'Sock',
    entryPoints: [...sources.keys()],
    tsconfig,
    // Types are checked by the compiler of the packages.
    skipErrorChecking: true,
    excludePrivate: true,
    excludeInternal: true,
    disableSources: true,
    disableGit: true,
    readme: 'none',
    sort: ['kind', 'alphabetical'],
    requiredToBeDocumented: [...TO_BE_DOCUMENTED],
    packagesRequiringDocumentation: repository.packages.map(({ name }) => name),
    validation: { invalidLink: true, notExported: true, notDocumented: true },
  };
  const problems = new Problems();
  const app = await Application.bootstrap(options);
  app.logger = problems;
  const points = app.getEntryPoints() ?? [];
  for (const point of points) point.displayName = sources.get(point.sourceFile.fileName) ?? point.displayName;
  const project: ProjectReflection = app.converter.convert(points);
  app.validate(project);
  return {
    entries: points.map(({ displayName }) => displayName),
    problems: problems.found,
    write: async (folder) => {
      await app.generateDocs(project, join(folder));
      const late = problems.found.at(-1);
      if (problems.hasErrors()) throw new Error(`The pages could not be written: ${late}`);
    },
  };
}
