import { leakGuard, rejection } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import type { Pool } from './index.ts';
import { createPool } from './index.ts';
import { memoryServer } from './memory-server.test-d.ts';
import { staging } from './stage.test-d.ts';

leakGuard();
const stage = staging();

test.each<[object, RegExp]>([
  [{ observer: { acquird: () => {} } }, /acquird: found an option that it does not have in createPool\.observer\(\).*did you mean acquired\?/],
  [{ observer: { acquired: 5 } }, /acquired: found 5 in createPool\.observer\(\); allowed: a function/],
  [{ recorders: { waits: { record: () => {} } } }, /waits: .*did you mean wait\?/],
  [{ recorders: { wait: {} } }, /wait: found an object in createPool\.recorders\(\); allowed: an object with record\(\)/],
])('createPool(connector, %o) is refused by name', (options, message) => {
  expect(() => createPool(memoryServer(), options)).toThrow(message);
});

describe('a call says which argument is wrong, and nothing has happened', () => {
  test.each<[string, (pool: Pool<string>) => unknown, RegExp]>([
    ['acquire, a misspelt option', (pool) => pool.acquire('a', { timout: 5 } as object), /timout: .* in acquire\(\).*did you mean timeout\?/],
    ['acquire, a number', (pool) => pool.acquire('a', 500 as unknown as object), /options: found 500 in acquire\(\); allowed: an object/],
    ['use without work', (pool) => pool.use('a', undefined as unknown as () => void), /use\(\) got undefined: it takes a function/],
    ['prewarm, a misspelt option', (pool) => pool.prewarm('a', { cnt: 2 } as object), /cnt: .* in prewarm\(\)/],
    ['refresh, a target by itself', (pool) => pool.refresh('a' as unknown as object), /options: found "a" in refresh\(\)/],
    ['refresh, a misspelt option', (pool) => pool.refresh({ ovr: 1 } as object), /ovr: .*did you mean over\?/],
    ['drain, a number', (pool) => pool.drain(500 as unknown as object), /options: found 500 in drain\(\)/],
    ['drain, a misspelt option', (pool) => pool.drain({ timout: 1 } as object), /timout: .* in drain\(\)/],
  ])('%s', async (_, call, message) => {
    const { pool } = stage();
    expect((await rejection((async () => await call(pool))())).message).toMatch(message);
    expect(pool.stats()).toMatchObject({ state: 'running', dialled: 0, waiting: 0 });
  });
});

test('a time-out says whether a hook has the connection, and whether other keys have all places', async () => {
  const hooked = stage({ maxPerKey: 1, reset: () => new Promise<void>(() => {}), checkTimeout: '1h' });
  (await hooked.lease()).release();
  const first = rejection(hooked.pool.acquire('a', { timeout: 10 }));
  await hooked.clock.advance(10);
  expect((await first).message).toContain('0 leased, 0 idle, 1 with a hook, 0 being dialled');
  const full = stage({ max: 2 });
  const leases = [await full.lease('b'), await full.lease('b')];
  const second = rejection(full.pool.acquire('a', { timeout: 10 }));
  await full.clock.advance(10);
  expect((await second).message).toContain('all 2 places of the pool are taken, by whatever key (max)');
  for (const lease of leases) lease.release();
});

test('the stack of a lease begins where it was acquired, not within the pool', async () => {
  const world = stage({ leakThreshold: '1s', leakStacks: 'always' });
  const lease = await world.pool.acquire('a');
  await world.clock.advance(1000);
  const stack = String(world.told.find(({ name }) => name === 'leaked')?.event['stack']);
  expect(stack.split('\n').slice(0, 2)).toEqual(['Error: acquired here', expect.stringContaining('wrong-arguments.test.ts')]);
  lease.release();
});
