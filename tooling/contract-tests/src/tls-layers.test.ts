import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryPair } from '@sock/core/memory';
import { afterAll } from 'vitest';
import { describeSocketContract } from './index.ts';
import { plainPair } from './plain-pair.ts';
import { secured } from './secured-pair.ts';

const MIB = 1024 * 1024;
const directory = mkdtempSync(join(tmpdir(), 'sock-tls-'));
let count = 0;

afterAll(() => rmSync(directory, { recursive: true }));

describeSocketContract(
  'TLS 1.3 over a Unix path',
  secured('TLSv1.3', async (limits) => await plainPair(`unix:${join(directory, `${(count += 1)}.sock`)}`, limits)),
  { reset: false, inFlightBytes: 2 * MIB },
);

describeSocketContract('TLS 1.3 over memory', secured('TLSv1.3', async (limits) => await Promise.resolve(memoryPair(limits))), {
  reset: true,
  inFlightBytes: 2 * MIB,
});

// The outer layer's reset becomes an end of the inner one: Node shows an end without close_notify as a clean end.
describeSocketContract('TLS inside TLS', secured('TLSv1.3', async (limits) => await plainPair('127.0.0.1:0', limits), 2), {
  reset: false,
  inFlightBytes: 12 * MIB,
});
