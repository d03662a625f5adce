import { copyFileSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ARROWS } from './arrows-table.ts';
import { command } from './command.ts';
import type { Outcome } from './command.ts';
import { installAlone } from './lonely-install.ts';
import type { Problem } from './problem.ts';
import type { Repository } from './repository.ts';
import { inTemporaryFolder, packTarballs } from './tarballs.ts';
import { bundleTraces, moduleTraces } from './tls-traces.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures/without-tls', import.meta.url));

/** Installs the packages without the TLS package, outside of the workspace, and uses them as somebody would who has no TLS. */
export function withoutTls(repository: Repository, say: (line: string) => void): Promise<Problem[]> {
  const packages = repository.packages.filter(({ name }) => isPlain(name));
  return inTemporaryFolder(async (folder) => {
    await installAlone(await packTarballs(repository, packages, folder), folder);
    for (const file of readdirSync(FIXTURES)) copyFileSync(join(FIXTURES, file), join(folder, file));
    say(`installed alone: ${packages.map(({ name }) => name).join(' ')}`);
    return [
      ...installedTraces(folder),
      ...(await typeProblems(folder)),
      ...(await echoProblems(folder, say)),
      ...(await bundleProblems(folder, say)),
    ];
  });
}

/** Has no TLS, and does not import what has. */
function isPlain(name: string): boolean {
  const row = ARROWS[name];
  return row !== undefined && row.tls === undefined && row.crypto !== true;
}

function installedTraces(folder: string): Problem[] {
  if (!existsSync(join(folder, 'node_modules/@sock/tls-context'))) return [];
  return [wrong('installing the other packages brings @sock/tls-context along', 'Somebody depends on it; `npm ls @sock/tls-context` tells who.')];
}

async function typeProblems(folder: string): Promise<Problem[]> {
  const types = fileURLToPath(new URL('../node_modules/@types', import.meta.url));
  const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));
  // Not skipLibCheck: our declarations are what is looked at.
  const common = ['--noEmit', '--ignoreConfig', '--strict', '--module', 'nodenext', '--target', 'es2023'];
  const node = await command(process.execPath, [tsc, ...common, '--typeRoots', types, '--types', 'node', '--lib', 'es2023,esnext.disposable', 'consumer.ts'], { cwd: folder });
  const neutral = await command(process.execPath, [tsc, ...common, '--types', '', '--lib', 'es2023,esnext.disposable,webworker', 'neutral.ts'], { cwd: folder });
  return [
    ...failure(node, 'a consumer of @sock/io does not typecheck', 'A declaration names something that is not installed.'),
    ...failure(neutral, 'a consumer of @sock/core does not typecheck without the types of Node', 'A declaration names a type of Node.'),
  ];
}

async function echoProblems(folder: string, say: (line: string) => void): Promise<Problem[]> {
  const [baseline, ours] = await Promise.all(['baseline.mjs', 'echo.mjs'].map((file) => command(process.execPath, [file], { cwd: folder, timeoutMs: 20_000 })));
  const problems = [...failure(baseline, 'the plain program failed', 'Look at the fixture.'), ...failure(ours, 'the echo without TLS failed', 'See above.')];
  if (baseline === undefined || ours === undefined || problems.length > 0) return problems;
  const usual: string[] = JSON.parse(baseline.output);
  const loaded: string[] = JSON.parse(ours.output);
  say(`an echo loads ${loaded.length} modules of Node; a plain node:net program loads ${usual.length}`);
  return moduleTraces(usual, loaded).map((name) => wrong(`an echo over TCP loads ${name}`, 'Somebody imports node:tls or node:crypto, or something that does.'));
}

async function bundleProblems(folder: string, say: (line: string) => void): Promise<Problem[]> {
  const { traces, gzipped, minified } = await bundleTraces(join(folder, 'echo.mjs'), join(folder, 'bundle.mjs'));
  say(`a bundled echo program: ${(gzipped / 1024).toFixed(1)} KiB minified and gzipped (${(minified / 1024).toFixed(1)} KiB minified)`);
  const run = await command(process.execPath, ['bundle.mjs'], { cwd: folder, timeoutMs: 20_000 });
  return [
    ...traces.map((trace) => wrong(`a bundle without TLS has ${trace}`, 'Move it to @sock/tls-context, or behind a value that the user passes.')),
    ...failure(run, 'the bundled echo failed', '"sideEffects": false may be untrue.'),
  ];
}

function failure(outcome: Outcome | undefined, message: string, cure: string): Problem[] {
  if (outcome === undefined || outcome.code === 0) return [];
  return [wrong(`${message}${outcome.timedOut ? ' (it did not end)' : ''}:\n${outcome.output}`, cure)];
}

function wrong(message: string, cure: string): Problem {
  return { file: 'packages', message, cure };
}
