import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

// The program as people run it (turbo builds it before these tests).
const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const run = promisify(execFile);

interface Result {
  readonly machine: { readonly c: string };
  readonly comparisons: readonly { readonly figure: string; readonly over: string; readonly ratio?: object; readonly values: { readonly sock: readonly number[] } }[];
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sock-bench-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

it('measures what it is asked to, over TCP and TLS, and writes every value down', async () => {
  const json = join(folder, 'out.json');
  const { stdout } = await run(process.execPath, [MAIN, '--quick', '--pairs', '2', '--json', json, 'ping']);
  expect(stdout).toMatch(/tcp-ping +p50 µs +sock +[\d.,]+ +node +[\d.,]+ +\d+\.\d\d +\d+\.\d\d–\d+\.\d\d +≤ 1\.05 +not measured\n/);
  expect(stdout).toMatch(/64 B round trip vs node:tls \/ node:net +≤ 1\.05 +–, – +not measured\n/);
  const result = JSON.parse(await readFile(json, 'utf8')) as Result;
  expect(result.comparisons.filter(({ over }) => over === 'node').map(({ figure }) => figure)).toEqual(['tcp-ping', 'tcp-ping', 'tcp-ping', 'tls-ping', 'tls-ping', 'tls-ping']);
  for (const { values } of result.comparisons) expect(values.sock.filter((value) => value > 0).length).toBe(2);
  // The program in C takes part where it can be compiled, and else the machine's description says why not.
  for (const { over, ratio } of result.comparisons.filter(({ over }) => over === 'c')) expect([over, ratio !== undefined]).toEqual(['c', result.machine.c.startsWith('OpenSSL')]);
}, 60_000);

it('every kind of work runs to its end, and nothing is measured of it that was not asked for', async () => {
  const names = ['tls-bulk-lent', 'tcp-bulk-to-c', 'tls-mirrored-1m', 'tls-pipelined', 'tls-awaited', 'tcp-lines', 'tcp-frames', 'tcp-accept', 'tls-held', 'tls-sendfile', 'bulk-over-16', 'poll-wait', 'pool-waiting', 'tcp-cores', 'import-poll', 'size-'];
  const { stdout } = await run(process.execPath, [MAIN, '--quick', '--pairs', '1', ...names]);
  for (const name of names) expect(stdout).toMatch(new RegExp(`\\n(tcp-|tls-)?${name}`));
  expect(stdout).not.toMatch(/\btcp-bulk(-lent)? |NaN/);
  expect(stdout).toMatch(/TCP bulk vs the C program +≥ 0\.95 +– +not measured\n/);
}, 240_000);

it('handshakes of both versions are full or resumed, as asked, and each side\'s processor time is told', async () => {
  const json = join(folder, 'handshakes.json');
  await run(process.execPath, [MAIN, '--quick', '--pairs', '1', '--json', json, 'tls-handshake-resumed', 'tls12-handshake-full']);
  const result = JSON.parse(await readFile(json, 'utf8')) as { comparisons: { figure: string; metric: string; over: string; value: number; overValue: number }[] };
  expect(new Set(result.comparisons.map(({ figure }) => figure)).size).toBe(2);
  for (const { figure, over } of result.comparisons) {
    const [both, client, server] = result.comparisons.filter((one) => one.figure === figure && one.over === over);
    for (const name of ['value', 'overValue'] as const) expect((client?.[name] ?? 0) + (server?.[name] ?? 0)).toBeCloseTo(both?.[name] ?? 0, 3);
    expect(both?.value).toBeGreaterThan(0);
  }
}, 240_000);

it('an unknown figure ends with exit code 2', async () => {
  await expect(run(process.execPath, [MAIN, 'tls-bluk'])).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean tls-bulk?') });
});
