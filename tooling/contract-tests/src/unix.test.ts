import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { MakePair } from './index.ts';
import { describeSocketContract } from './index.ts';
import { asPair, plainPair } from './plain-pair.ts';

const directory = mkdtempSync(join(tmpdir(), 'sock-'));
let count = 0;

afterAll(() => rmSync(directory, { recursive: true }));

function over(path: () => string): MakePair {
  return async (limits) => asPair(...(await plainPair({ path: path() }, limits)));
}

const capabilities = { reset: false, inFlightBytes: 1024 * 1024 };

describeSocketContract('a Unix path', over(() => join(directory, `${(count += 1)}.sock`)), capabilities);

describeSocketContract('an abstract Unix name', over(() => `\0sock-${process.pid}-${(count += 1)}`), capabilities);
