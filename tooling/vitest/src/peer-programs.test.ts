import { mkdirSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import type { Machine } from './peer-programs.ts';
import { programsOf, providePrograms } from './peer-programs.ts';

const PROGRAMS = { openssl: 'openssl', curl: 'curl', 'gnutls-cli': 'gnutls-bin', 'gnutls-serv': 'gnutls-bin' } as const;

const folder = mkdtempSync(join(tmpdir(), 'sock-programs-'));
const lock = join(folder, 'lock');
afterAll(() => rmSync(folder, { recursive: true }));

/** A machine with these programs; an installation adds those of its package, unless it is `broken`. */
function machine(programs: readonly string[], options: { readonly installs?: boolean; readonly broken?: boolean } = {}): Machine & { readonly ran: string[] } {
  const there = new Set(programs);
  const ran: string[] = [];
  return {
    ran,
    lock,
    installs: options.installs ?? true,
    has: (program) => there.has(program),
    run: (command, args) => {
      ran.push([command, ...args].join(' '));
      if (options.broken === true) return 'E: no such mirror\n';
      if (args.includes('install')) for (const [program, name] of Object.entries(PROGRAMS)) if (args.includes(name)) there.add(program);
      return '';
    },
  };
}

test('a machine that has all programs is left alone', async () => {
  const complete = machine(Object.keys(PROGRAMS));
  await providePrograms(PROGRAMS, complete);
  expect(complete.ran).toEqual([]);
});

test('what is missing is installed, each package once', async () => {
  const bare = machine(['openssl', 'curl']);
  await providePrograms(PROGRAMS, bare);
  expect(bare.ran).toEqual(['apt-get -qq update', 'apt-get -qq -o DPkg::Lock::Timeout=60 install -y --no-install-recommends gnutls-bin']);
});

test('where nothing can be installed the error names the programs and their packages', async () => {
  await expect(providePrograms(PROGRAMS, machine(['openssl'], { installs: false }))).rejects.toThrow("These tests talk to curl, gnutls-cli, gnutls-serv, which cannot be found on PATH; install curl gnutls-bin (the names of Debian's packages)");
});

test('an installation that fails is told with the words of apt-get', async () => {
  await expect(providePrograms(PROGRAMS, machine([], { broken: true }))).rejects.toThrow(/install openssl curl gnutls-bin .*\napt-get could not:\nE: no such mirror/);
});

test('whoever comes second waits, and finds the work done', async () => {
  const bare = machine([]);
  mkdirSync(lock);
  let done = false;
  const providing = providePrograms(PROGRAMS, bare).then(() => (done = true));
  for (let turn = 0; turn < 5; turn += 1) await setImmediate();
  expect([done, bare.ran]).toEqual([false, []]);
  bare.run('apt-get', ['install', 'openssl', 'curl', 'gnutls-bin']);
  rmSync(lock, { recursive: true });
  await providing;
  expect(bare.ran).toHaveLength(1);
});

test('a lock that was left by a process of long ago holds nobody up', async () => {
  mkdirSync(lock);
  const longAgo = new Date(Date.now() - 3_600_000);
  utimesSync(lock, longAgo, longAgo);
  const bare = machine([]);
  await providePrograms(PROGRAMS, bare);
  expect(bare.ran).toHaveLength(2);
});

test('a package that talks to nobody needs nothing', async () => {
  expect(programsOf('@sock/core')).toEqual({});
  expect(programsOf('@sock/dev-certs')).toEqual({ openssl: 'openssl' });
});
