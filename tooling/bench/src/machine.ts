import { cpus, loadavg, release, type } from 'node:os';

/** Where it was measured. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** Load average of the last minute when the bench began: others at work make the figures worse. */
  readonly load: number;
  readonly system: string;
  readonly node: string;
  readonly openssl: string;
}

export function describeMachine(): Machine {
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() ?? 'unknown processor',
    cores: cores.length,
    load: loadavg()[0] ?? 0,
    system: `${type()} ${release()}`,
    node: process.versions.node,
    openssl: process.versions.openssl,
  };
}
