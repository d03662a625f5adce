/** What one package may know of the others. The same table stands, for people, in the README. */
export interface Arrows {
  /** Packages of ours that it may import. */
  readonly imports: readonly string[];
  /** Packages of ours that its tests may import as well, beside the private ones in tooling/. */
  readonly tests?: readonly string[];
  /** `any`: no Node builtin, so that it runs on every JavaScript runtime. */
  readonly runtime: 'any' | 'node';
  /** In a package for any runtime: names of the entries for Node. `load` stands for src/load.ts and src/load-*.ts. */
  readonly nodeEntries?: readonly string[];
  /** Whether it may name builtins that are TLS or bring it along. */
  readonly tls?: 'yes' | 'in tests';
  /** Whether it may name `node:crypto`, which costs every program that loads it, and which nobody needs without TLS. */
  readonly crypto?: boolean;
}

/** The arrows between the packages. A package that is not here may not exist; a new arrow is a decision (docs/decisions). */
export const ARROWS: Readonly<Record<string, Arrows>> = {
  '@sock/config': { imports: [], runtime: 'any', nodeEntries: ['load'] },
  '@sock/core': { imports: ['@sock/config'], runtime: 'any', nodeEntries: ['diagnostics', 'metrics'] },
  '@sock/io': { imports: ['@sock/core', '@sock/config'], runtime: 'node' },
  '@sock/tls-context': {
    imports: ['@sock/io', '@sock/core', '@sock/config'],
    tests: ['@sock/dev-certs'],
    runtime: 'node',
    tls: 'yes',
    crypto: true,
  },
  '@sock/poll': { imports: ['@sock/core', '@sock/config'], runtime: 'any', nodeEntries: ['diagnostics', 'metrics'] },
  '@sock/async': { imports: ['@sock/core', '@sock/config'], runtime: 'any', nodeEntries: ['diagnostics', 'metrics'] },
  '@sock/pool': { imports: ['@sock/core', '@sock/config'], runtime: 'any', nodeEntries: ['diagnostics', 'metrics'] },
  '@sock/dev-certs': { imports: [], runtime: 'node', tls: 'in tests', crypto: true },
  '@sock/cli': {
    imports: ['@sock/config', '@sock/core', '@sock/io', '@sock/tls-context', '@sock/poll', '@sock/async', '@sock/pool', '@sock/dev-certs'],
    runtime: 'node',
    crypto: true,
  },
};

/** Builtins that are TLS, or that load it. */
export const TLS_BUILTINS: ReadonlySet<string> = new Set(['tls', '_tls_common', '_tls_wrap', 'https', 'http2']);
