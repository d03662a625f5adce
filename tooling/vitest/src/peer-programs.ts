import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** The Debian packages that have the programs of other people that tests talk to. */
const DEBIAN = {
  openssl: 'openssl', curl: 'curl', 'gnutls-cli': 'gnutls-bin', 'gnutls-serv': 'gnutls-bin', stunnel: 'stunnel4', microsocks: 'microsocks', tinyproxy: 'tinyproxy', haproxy: 'haproxy', 'redis-server': 'redis-server',
  strace: 'strace',
} as const;

/** Whose tests talk to which programs. */
const TALKERS: Readonly<Record<string, readonly (keyof typeof DEBIAN)[]>> = {
  '@sock/dev-certs': ['openssl'],
  '@sock/tls-context': ['openssl'],
  '@sock/integration': Object.keys(DEBIAN) as (keyof typeof DEBIAN)[],
};

/** The programs that the tests of a package talk to, each with its Debian package. */
export function programsOf(name: string): Readonly<Record<string, string>> {
  return Object.fromEntries((TALKERS[name] ?? []).map((program) => [program, DEBIAN[program]]));
}

/** What {@link providePrograms} takes from the machine. Default: **this one's** */
export interface Machine {
  readonly has: (program: string) => boolean;
  /** Whether packages can be installed here without asking anybody. */
  readonly installs: boolean;
  /** Runs a command to its end, and answers what it printed. Whether it worked shows in what there is afterwards. */
  readonly run: (command: string, args: readonly string[]) => string;
  /** Where the lock of those who install stands. */
  readonly lock: string;
}

/**
 * Sees to it that the programs are there: on a Debian where we are root, as in most containers, it installs the packages of those that
 * are missing. Processes that do so at the same time take turns.
 *
 * @throws an `Error` that names the packages to install, where it cannot, or may not, install them itself
 */
export async function providePrograms(programs: Readonly<Record<string, string>>, machine: Machine = thisMachine()): Promise<void> {
  const missing = (): string[] => Object.keys(programs).filter((program) => !machine.has(program));
  if (missing().length === 0) return;
  if (!machine.installs) throw new Error(advice(missing(), programs));
  await using _turn = await takeTurn(machine.lock);
  // Whoever had the lock before may have installed them.
  if (missing().length === 0) return;
  const packages = packagesOf(missing(), programs);
  const update = machine.run('apt-get', ['-qq', 'update']);
  const install = machine.run('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=60', 'install', '-y', '--no-install-recommends', ...packages]);
  if (missing().length > 0) throw new Error(`${advice(missing(), programs)}\napt-get could not:\n${update}${install}`);
}

function advice(missing: readonly string[], programs: Readonly<Record<string, string>>): string {
  return `These tests talk to ${missing.join(', ')}, which cannot be found on PATH; install ${packagesOf(missing, programs).join(' ')} (the names of Debian's packages)`;
}

function packagesOf(missing: readonly string[], programs: Readonly<Record<string, string>>): string[] {
  return [...new Set(missing.map((program) => programs[program] as string))];
}

function thisMachine(): Machine {
  return {
    has: (program) => found(program),
    installs: process.getuid?.() === 0 && found('apt-get'),
    run: (command, args) => {
      const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 180_000, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
      return `${stdout}${stderr}`;
    },
    lock: join(tmpdir(), 'sock-peer-programs.lock'),
  };
}

function found(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      // Not in this folder: the next one is asked.
      return false;
    }
  });
}

/** A folder is made by one process alone. One that is older than any installation was left by a process that was killed. */
async function takeTurn(lock: string): Promise<AsyncDisposable> {
  for (;;) {
    try {
      mkdirSync(lock);
      return { [Symbol.asyncDispose]: async () => rmSync(lock, { recursive: true, force: true }) };
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error;
      if ((statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) < Date.now() - 600_000) rmSync(lock, { recursive: true, force: true });
      else await setTimeout(50);
    }
  }
}
