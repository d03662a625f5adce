import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { Calls } from './calls-program.ts';
import { makeCertificates } from './certificates.ts';
import { bundleProgram } from './program-bundle.ts';

/**
 * How many functions of ours one operation may call, both ends together: a twentieth above what it does call. Nothing that a processor or a system does can be counted the same
 * everywhere; calls can, where nothing is optimized away. More of them is more work, on whatever machine: whoever raises a limit says why.
 */
const LIMITS: Readonly<Record<string, number>> = {
  'tcp: awaited send of 128 bytes': 19,
  'tcp: send of 64 KiB': 82,
  'tcp: round trip': 160,
  'tcp: connection': 393,
  'tls: awaited send of 128 bytes': 19.4,
  'tls: send of 64 KiB': 211,
  'tls: round trip': 160,
  'tls: connection': 955,
  'acquire and release': 70,
  'event of a poll, 100 at a time': 20.4,
};

test('no operation calls more functions than it did', async () => {
  await using certificates = await makeCertificates('ec');
  const folder = dirname(certificates.file('ca.pem'));
  const program = await bundleProgram('calls-program', folder);
  // What is optimized has its functions inlined, by the moment.
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-opt', program, folder], { timeout: 30_000 });
  const calls = JSON.parse(stdout) as Record<string, Calls>;
  expect(Object.keys(calls)).toEqual(Object.keys(LIMITS));
  for (const [operation, limit] of Object.entries(LIMITS)) {
    const { ours, node } = calls[operation] as Calls;
    expect(ours, `functions called in one "${operation}" (and ${node} of Node)`).toBeLessThanOrEqual(limit);
    // A counter that counts nothing would hold any limit.
    expect(ours, `functions called in one "${operation}" are counted`).toBeGreaterThan(limit / 2);
  }
}, 60_000);
