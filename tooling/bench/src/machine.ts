import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import type { CProgram } from './c-program.ts';

/** Where it was measured. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  /** Load average of the last minute when the bench began: others at work make the figures worse. */
  readonly load: number;
  readonly system: string;
  readonly node: string;
  readonly openssl: string;
  /** The OpenSSL of the program in C, or why there is none. */
  readonly c: string;
  /** What a process may have open at a time (`ulimit -n`); nothing where that is unlimited. */
  readonly descriptors: number | null;
}

export function describeMachine(c: CProgram): Machine {
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() ?? 'unknown processor',
    cores: cores.length,
    memoryGiB: totalmem() / 2 ** 30,
    load: loadavg()[0] ?? 0,
    system: `${type()} ${release()}`,
    node: process.versions.node,
    openssl: process.versions.openssl,
    c: 'missing' in c ? c.missing : c.openssl,
    descriptors: descriptors(),
  };
}

/** Node raises its own limit as far as it may, and hands it on; it cannot tell it. */
function descriptors(): number | null {
  const limit = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim();
  return limit === 'unlimited' ? null : Number(limit);
}
