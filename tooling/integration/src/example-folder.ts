import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';

/** The examples of a package, as a user has them. */
export interface ExampleFolder {
  /** Where they stand, compiled: `NAME.js` beside `NAME.ts`. */
  readonly folder: string;
  /** The lines that each has, by file name. */
  lengths(): Readonly<Record<string, number>>;
}

const root = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * Compiles the examples of a package against what the packages publish, in a folder that knows nothing of the workspace. To be called once in a file of tests.
 *
 * @param packages - of ours, that the examples import, without the scope
 */
export function exampleFolder(name: string, packages: readonly string[]): ExampleFolder {
  const folder = mkdtempSync(join(tmpdir(), `sock-${name}-examples-`));
  const source = join(root, 'packages', name, 'examples');
  beforeAll(() => {
    mkdirSync(join(folder, 'node_modules', '@sock'), { recursive: true });
    for (const each of packages) symlinkSync(join(root, 'packages', each), join(folder, 'node_modules', '@sock', each));
    const modules = join(root, 'tooling', 'integration', 'node_modules');
    symlinkSync(join(modules, '@types'), join(folder, 'node_modules', '@types'));
    cpSync(source, folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({
      compilerOptions: { strict: true, target: 'ES2022', module: 'NodeNext', lib: ['ES2023', 'ESNext.Disposable'], types: ['node'], skipLibCheck: true },
      include: ['*.ts'],
    }));
    execFileSync(process.execPath, [join(modules, 'typescript', 'bin', 'tsc'), '--pretty', 'false'], { cwd: folder, stdio: 'inherit' });
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));
  return {
    folder,
    lengths: () => Object.fromEntries(readdirSync(source).toSorted().map((file) => [file, readFileSync(join(source, file), 'utf8').trimEnd().split('\n').length])),
  };
}
