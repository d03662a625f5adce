import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { pattern } from '@sock/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

// The program as people run it: built, in a process of its own (turbo builds it before these tests).
const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sock-demo-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Run {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly ended: Promise<{ code: number | null; out: string; err: string }>;
}

function run(...args: string[]): Run {
  // A process group of its own, as on a terminal: a signal for the group is what Ctrl-C is.
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, out, err })) };
}

/** No process of the group is left: neither the demo nor its server. */
function expectGroupGone(pid: number | undefined): void {
  expect(pid).toBeDefined();
  expect(() => process.kill(-(pid as number), 0)).toThrow('ESRCH');
}

it.each([[0], [1], [300_000]])('a file of %i bytes arrives everywhere, and the table says so', async (size) => {
  const file = join(folder, `${size}.bin`);
  await writeFile(file, pattern(size));
  const { child, ended } = run('--file', file, '--connections', '3');
  const { code, out, err } = await ended;
  expect(err).not.toMatch(/Error|Warning/);
  expect(code).toBe(0);
  expect(out).toContain('✓ SHA-256 is equal for 12 of 12 transfers');
  expect(out).toMatch(/protocol +– +TLSv1\.3 +TLSv1\.3\n/);
  expect(out).toMatch(/cipher +– +TLS_AES_128_GCM_SHA256 +TLS_AES_128_GCM_SHA256\n/);
  expect(out).toMatch(/connections +3 +3 +3\n/);
  expect(out).toMatch(/round trip p99 +\d+ µs +\d+ µs +\d+ µs\n/);
  expectGroupGone(child.pid);
}, 60_000);

it.each([
  [['--flie', 'x'], 2, 'did you mean --file?'],
  [['--connections', '1000'], 2, 'from 1 to 256'],
  [['--file', '/no/such/file'], 1, 'cannot open /no/such/file: there is no such file'],
  [['--file', tmpdir()], 1, 'is a directory'],
])('%j ends with exit code %i and one clear message', async (args, exitCode, message) => {
  const { code, err } = await run(...args).ended;
  expect(err).toContain(message);
  expect(err).not.toMatch(/^ +at /m);
  expect(code).toBe(exitCode);
});

it.each([
  ['the whole group, as Ctrl-C on a terminal', -1, 'SIGINT', 130],
  ['the demo alone, as kill does', 1, 'SIGINT', 130],
  ['the demo alone, as kill does', 1, 'SIGTERM', 143],
] as const)('a signal for %s ends it cleanly', async (_name, sign, signal, exitCode) => {
  const { child, ended } = run('--connections', '8');
  // The bytes are on their way when it shows the phase.
  for (let seen = ''; !seen.includes('checking'); ) seen += String(await once(child.stderr, 'data'));
  process.kill(sign * (child.pid as number), signal);
  const { code, out, err } = await ended;
  expect(err).toContain('Interrupted. Every connection is closed');
  expect(err).not.toMatch(/^ +at |Error/m);
  expect(out).not.toContain('✓');
  expect(code).toBe(exitCode);
  expectGroupGone(child.pid);
}, 60_000);
