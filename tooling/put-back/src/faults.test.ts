import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { edited } from './edit.ts';
import { FAULTS } from './faults.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

test.each(FAULTS.map((fault) => [fault.name, fault] as const))('can be put in: %s', (_, { edits, tests }) => {
  expect(edited(root, edits).size).toBeGreaterThan(0);
  expect(existsSync(join(root, tests.folder, tests.file)), tests.file).toBe(true);
});

test('every fault has a name of its own', () => {
  expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
});
