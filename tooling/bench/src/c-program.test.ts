import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { toWords } from './c-child.ts';
import { compileC } from './c-program.ts';
import { takingPart } from './measurement.ts';
import { FIGURES } from './figures.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sock-bench-c-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

it('without a compiler there is no program in C, and the reason is told', async () => {
  expect(await compileC(folder, join(folder, 'no-such-compiler'))).toEqual({ missing: `there is no C compiler (${join(folder, 'no-such-compiler')})` });
});

it('a compiler that fails is told as well', async () => {
  expect(await compileC(folder, 'false')).toMatchObject({ missing: expect.stringContaining('false failed') });
});

it('without it, its sides are left out, and so are figures that have nothing else to compare', () => {
  const sides = (name: string, withC: boolean): readonly string[] => takingPart(FIGURES.find((figure) => figure.name === name) as (typeof FIGURES)[number], withC);
  expect(sides('tls-bulk', true)).toEqual(['sock', 'sock-chunks', 'c', 'node', 'node-well']);
  expect(sides('tls-bulk', false)).toEqual(['sock', 'sock-chunks', 'node', 'node-well']);
  expect(sides('tls-bulk-to-c', false)).toEqual([]);
  expect(sides('tls-bulk-from-c', false)).toEqual([]);
  expect(sides('size-core-io', false)).toEqual(['sock']);
});

it('orders are lines of words', () => {
  const material = { chain: '', key: '', ca: '', folder: 'here' };
  expect(toWords({ do: 'listen', contestant: 'c', carrier: 'tls', service: 'sink', material })).toEqual(['listen', 'tls', 'sink', join('here', 'chain.pem'), join('here', 'key.pem')]);
  expect(toWords({ do: 'connect', contestant: 'c', carrier: 'tcp', port: 7, material, work: { kind: 'bulk', bytes: 9 } })).toEqual(['connect', 'tcp', 7, join('here', 'ca.pem'), 'bulk', 1]);
  expect(toWords({ do: 'run', work: { kind: 'bulk', bytes: 9 }, count: 3 })).toEqual(['run', 'bulk', 9, 3]);
  expect(toWords({ do: 'tally' })).toEqual(['tally']);
});
