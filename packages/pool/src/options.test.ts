import { readFileSync } from 'node:fs';
import { leakGuard } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import type { PoolFields } from './index.ts';
import { createPool, poolSection } from './index.ts';
import { memoryServer } from './memory-server.test-d.ts';

leakGuard();

/** Creates a pool, which holds nothing yet, and answers with the error, if there is one. */
function refusal(options: object): unknown {
  try {
    createPool<string>(memoryServer(), options).destroy();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Values out of range, of the wrong type, and the two ends of what is allowed. */
const VALUES: Readonly<Record<keyof PoolFields, { readonly wrong: readonly unknown[]; readonly right: readonly unknown[] }>> = {
  maxPerKey: { wrong: [0, 100_001, 1.5, 'many', null], right: [1, 100_000] },
  max: { wrong: [0, 1_000_001, Number.NaN, true], right: [1, 1_000_000] },
  minPerKey: { wrong: [-1, 100_001, 0.5, []], right: [0, 10] },
  maxIdlePerKey: { wrong: [-1, 100_001, {}], right: [0, 100_000] },
  maxIdle: { wrong: [-1, 1_000_001, Infinity], right: [0, 1_000_000] },
  maxKeys: { wrong: [0, 1_000_001, false], right: [1, 1_000_000] },
  maxWaiting: { wrong: [-1, 10_000_001, 'none'], right: [0, 10_000_000] },
  overflow: { wrong: ['last', 1, null, 'Newest'], right: ['newest', 'oldest', 'lowest'] },
  maxConnecting: { wrong: [0, 10_001, 2.5], right: [1, 10_000] },
  acquireTimeout: { wrong: [-1, '2d', 'soon', null], right: [0, '1d'] },
  connectTimeout: { wrong: [0, '2h', {}], right: [1, '1h'] },
  idleTimeout: { wrong: [0, '8d', true], right: [1, '7d'] },
  maxLife: { wrong: [0, '31d', 'x'], right: [1, '30d'] },
  lifeJitter: { wrong: [-1, 101, 0.5], right: [0, 100] },
  maxUses: { wrong: [0, 1_000_000_001, 'one'], right: [1, 1_000_000_000] },
  order: { wrong: ['filo', 0, true], right: ['lifo', 'fifo'] },
  balance: { wrong: ['random', 1], right: ['least-busy', 'round-robin'] },
  aging: { wrong: [0, '2h', 'x'], right: [1, '1h'] },
  validateAfter: { wrong: [-1, '2d', []], right: [0, '1d'] },
  pingInterval: { wrong: [0, '2d', 'x'], right: [1, '1d'] },
  checkTimeout: { wrong: [0, '2h', null], right: [1, '1h'] },
  coalesceFirst: { wrong: ['yes', 1, null], right: [true, false] },
  settleTimeout: { wrong: [-1, '2m', 'x'], right: [0, '1m'] },
  leakThreshold: { wrong: [0, '31d', true], right: [1, '30d'] },
  leakStacks: { wrong: ['on', true, 64], right: ['off', 'sampled', 'always'] },
  drainTimeout: { wrong: [-1, '2d', 'x'], right: [0, '1d'] },
  ref: { wrong: ['true!', 0, null], right: [true, false] },
};

const FIELDS = Object.keys(poolSection.fields) as (keyof PoolFields)[];

describe('createPool', () => {
  test.each(FIELDS.flatMap((name) => VALUES[name].wrong.map((value) => [name, value] as const)))('refuses %s: %j', (name, value) => {
    expect(refusal({ [name]: value })).toMatchObject({ code: 'ERR_SOCK_CONFIG', message: expect.stringMatching(new RegExp(`\\b${name}\\b.*allowed`)) });
  });

  test.each(FIELDS.flatMap((name) => VALUES[name].right.map((value) => [name, value] as const)))('takes %s: %j', (name, value) => {
    expect(refusal({ [name]: value })).toBeUndefined();
  });

  test('takes nothing, undefined, and undefined for each option', () => {
    expect([refusal({}), refusal(undefined as never)]).toEqual([undefined, undefined]);
    expect(refusal(Object.fromEntries([...FIELDS, 'prepare', 'observer', 'health', 'clock', 'random', 'recorders', 'endpoints'].map((name) => [name, undefined])))).toBeUndefined();
  });

  test.each(['maxperkey', 'timeout', 'min', 'validateafter', 'constructor', 'toString'])('refuses %s, which is no option, by name', (name) => {
    expect(refusal({ [name]: 1 })).toMatchObject({ code: 'ERR_SOCK_CONFIG', message: expect.stringContaining(name) });
  });

  test('shows the option that was meant', () => {
    expect(refusal({ maxPerkey: 1 })).toMatchObject({ message: expect.stringContaining('maxPerKey') });
  });

  test.each([1, 'fast', null, () => {}])('refuses options that are no object: %s', (options) => {
    expect(refusal(options as never)).toMatchObject({ code: 'ERR_SOCK_CONFIG' });
  });

  test.each(['prepare', 'validate', 'ping', 'reset', 'endpoints', 'random'])('%s takes a function, and nothing else', (name) => {
    for (const wrong of [1, 'f', null, {}]) expect(refusal({ [name]: wrong })).toMatchObject({ code: 'ERR_SOCK_CONFIG', message: expect.stringMatching(new RegExp(`${name}.*a function`)) });
    expect(refusal({ [name]: () => 0 })).toBeUndefined();
  });

  test.each([['observer', {}], ['recorders', {}], ['clock', { now: () => 0, after: () => () => {} }]])('%s takes an object, and nothing else', (name, right) => {
    for (const wrong of [1, 'o', null]) expect(refusal({ [name]: wrong })).toMatchObject({ code: 'ERR_SOCK_CONFIG', message: expect.stringMatching(new RegExp(`${name}.*an object`)) });
    expect(refusal({ [name]: right })).toBeUndefined();
  });

  test('health takes its limits or false, and nothing else', () => {
    for (const wrong of [true, 1, null]) expect(refusal({ health: wrong }), String(wrong)).toMatchObject({ code: 'ERR_SOCK_CONFIG', message: expect.stringMatching(/health/i) });
    expect(refusal({ health: { probes: 0 } })).toMatchObject({ code: 'ERR_SOCK_CONFIG', message: expect.stringContaining('probes') });
    expect(refusal({ health: { probe: 1 } })).toMatchObject({ code: 'ERR_SOCK_CONFIG', message: expect.stringContaining('probe') });
    for (const right of [false, {}, { probes: 2 }]) expect(refusal({ health: right })).toBeUndefined();
  });

  test('minPerKey is no more than maxPerKey', () => {
    expect(refusal({ minPerKey: 3, maxPerKey: 2 })).toMatchObject({ code: 'ERR_SOCK_CONFIG', message: expect.stringMatching(/minPerKey.*up to maxPerKey, which is 2/) });
    expect(refusal({ minPerKey: 2, maxPerKey: 2 })).toBeUndefined();
  });
});

/** Where each field is shown to have its effect: the file, and the beginning of a test's name. */
const EFFECTS: Readonly<Record<keyof PoolFields, readonly [file: string, title: string]>> = {
  maxPerKey: ['limits.test.ts', 'is never passed, and is reached'],
  max: ['limits-max.test.ts', 'is never passed, whatever the keys'],
  minPerKey: ['life.test.ts', 'minPerKey is kept from the first success on'],
  maxIdlePerKey: ['limits.test.ts', 'of more idle ones to one key the one'],
  maxIdle: ['limits.test.ts', 'of more idle ones in all, the one'],
  maxKeys: ['limits.test.ts', 'the key that was used longest ago is forgotten'],
  maxWaiting: ['waiting.test.ts', 'exactly as many may wait'],
  overflow: ['waiting.test.ts', 'oldest: the one that has waited longest'],
  maxConnecting: ['limits.test.ts', 'so many dials to one key at the same time'],
  acquireTimeout: ['acquire-cancel.test.ts', 'comes after acquireTimeout'],
  connectTimeout: ['waiting.test.ts', 'a connector that ignores its signal and its time-out'],
  idleTimeout: ['life.test.ts', 'a connection that nobody needs goes when its idle time is over'],
  maxLife: ['life.test.ts', 'a connection that is leased and released all the time gets old'],
  lifeJitter: ['life.test.ts', 'chance of %d takes its part of the life'],
  maxUses: ['life.test.ts', 'a connection serves so many leases, and not one more'],
  order: ['limits.test.ts', 'fifo: the one that came back first'],
  balance: ['options-effects.test.ts', '%s differs when one endpoint is busy'],
  aging: ['waiting.test.ts', 'of a lower priority get through'],
  validateAfter: ['checks.test.ts', 'looks only at a connection that was idle for longer than validateAfter'],
  pingInterval: ['checks.test.ts', 'keeps an idle connection in use every pingInterval'],
  checkTimeout: ['checks.test.ts', 'a hook that ignores its signal is left behind after checkTimeout'],
  coalesceFirst: ['options-effects.test.ts', '%s: of three calls so many dial at first'],
  settleTimeout: ['options-effects.test.ts', '%d ms: the others wait so long at most'],
  leakThreshold: ['options-effects.test.ts', 'a lease that is held for longer is reported once'],
  leakStacks: ['options-effects.test.ts', 'leakStacks %s: it is known where'],
  drainTimeout: ['drain.test.ts', 'what does not come back within drainTimeout'],
  ref: ['options-effects.test.ts', '%s: what an idle connection, and one that is leased again'],
};

test.each(FIELDS)('%s has a test that shows its effect', (name) => {
  const [file, title] = EFFECTS[name];
  const source = readFileSync(new URL(file, import.meta.url), 'utf8');
  expect(source.includes(`'${title}`), `${file} has no test named "${title}…": whoever renamed or moved it tells it here, in EFFECTS`).toBe(true);
});

test('every field has values that are refused, and values that are taken', () => {
  for (const name of FIELDS) expect([name, VALUES[name].wrong.length >= 2, VALUES[name].right.length >= 2]).toEqual([name, true, true]);
  expect(Object.keys(EFFECTS).toSorted()).toEqual(FIELDS.toSorted());
});
