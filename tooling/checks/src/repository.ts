import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** What the checks read of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly sideEffects?: boolean;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** A package of the workspace. */
export interface Package {
  readonly name: string;
  /** Absolute path. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** The workspace as the checks see it. */
export interface Repository {
  readonly root: string;
  /** The published packages (packages/*). */
  readonly packages: readonly Package[];
  /** The private ones (tooling/*). */
  readonly tooling: readonly Package[];
}

/** Reads the manifests below `root`. */
export function openRepository(root: string): Repository {
  return { root, packages: readGroup(join(root, 'packages')), tooling: readGroup(join(root, 'tooling')) };
}

function readGroup(group: string): Package[] {
  if (!existsSync(group)) return [];
  return readdirSync(group)
    .map((entry) => join(group, entry))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => {
      const manifest: Manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      return { name: manifest.name, folder, manifest };
    });
}

const GENERATED = new Set(['node_modules', 'dist', '.cache', '.results', '.turbo', '.git', 'coverage']);

/** Every file below `folder` that a person wrote, as absolute paths. */
export function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (GENERATED.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

/** Whether a file is shipped to nobody: tests and type tests. */
export function isTest(file: string): boolean {
  return /\.(test|test-d)\.[cm]?ts$/.test(file);
}

/** A path as it is written in messages: from the root, with slashes. */
export function shown(repository: Repository, path: string): string {
  return relative(repository.root, path).split(sep).join('/');
}
