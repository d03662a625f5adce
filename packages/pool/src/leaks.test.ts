import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { leakGuard } from '@sock/testkit';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { settle } from './fake-clock.test-d.ts';
import type { Stage } from './stage.test-d.ts';
import { staging } from './stage.test-d.ts';

leakGuard();
const stage = staging();

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** Collects until it is so; finalizers run in turns of their own. */
async function collect(until: () => boolean): Promise<boolean> {
  for (let turn = 0; turn < 50 && !until(); turn += 1) {
    await setImmediate();
    gc();
  }
  return until();
}

/** In a frame of its own, so that nothing here holds the lease. */
async function lose<D>(world: Stage<D>): Promise<void> {
  const lease = await world.lease();
  expect(lease.released).toBe(false);
}

function leaksOf<D>(world: Stage<D>): Record<string, unknown>[] {
  return world.told.filter(({ name }) => name === 'leaked').map(({ event }) => event);
}

test('a lease that is held for too long is reported once, and not disturbed', async () => {
  const world = stage({ leakThreshold: '10s', leakStacks: 'always' });
  await world.clock.advance(100);
  const lease = await world.lease();
  await world.clock.advance(9999);
  expect(leaksOf(world)).toEqual([]);
  await world.clock.advance(1);
  expect(leaksOf(world)).toEqual([{ key: 'memory a', connection: 1, how: 'held', heldMs: 10_000, stack: expect.stringContaining('leaks.test.ts') }]);
  await world.clock.advance(60_000);
  expect(world.pool.stats()).toMatchObject({ leaksHeld: 1, leased: 1 });
  lease.release();
  const again = await world.lease();
  await world.clock.advance(10_000);
  expect(world.pool.stats()).toMatchObject({ leaksHeld: 2 });
  again.release();
});

test('one that comes back in time is not reported', async () => {
  const world = stage({ leakThreshold: '10s' });
  for (let turn = 0; turn < 5; turn += 1) {
    const lease = await world.lease();
    await world.clock.advance(9000);
    lease.release();
    await world.clock.advance(500);
  }
  expect(world.pool.stats().leaksHeld).toBe(0);
});

test.each([['off', []], ['sampled', [1, 65]], ['always', Array.from({ length: 70 }, (_, index) => index + 1)]] as const)('with leakStacks %s these of 70 leases have a stack', async (leakStacks, expected) => {
  const world = stage({ leakThreshold: '1s', leakStacks, maxPerKey: 70, maxConnecting: 70 });
  const leases = [];
  for (let count = 0; count < 70; count += 1) leases.push(await world.lease());
  await world.clock.advance(1000);
  expect(leaksOf(world).filter(({ stack }) => stack !== undefined).map(({ connection }) => connection)).toEqual(expected);
  expect(world.pool.stats().leaksHeld).toBe(70);
  for (const lease of leases) lease.release();
});

test('a lease that was lost is reported, its connection broken off, and its place free again', async () => {
  const world = stage({ maxPerKey: 1, leakStacks: 'always' });
  await lose(world);
  const waiting = world.pool.acquire('a');
  expect(await collect(() => world.pool.stats().leaksLost > 0)).toBe(true);
  await settle();
  expect(world.gone).toEqual({ lost: 1 });
  expect(leaksOf(world)).toEqual([{ key: 'memory a', connection: 1, how: 'lost', heldMs: 0, stack: expect.stringContaining('leaks.test.ts') }]);
  expect(await world.sockets[0]?.closed).toMatchObject({
    how: 'error',
    cause: { code: 'ERR_SOCK_POOL_LOST', category: 'usage', message: expect.stringMatching(/^the lease of connection 1 to memory a was lost: .*it was acquired here:\n.*leaks\.test\.ts/s) },
  });
  expect((await waiting).id).toBe(2);
  (await waiting).release();
});

test('a lease that is kept is not lost, nor is an idle connection', async () => {
  const world = stage();
  const lease = await world.lease();
  (await world.lease()).release();
  await collect(() => false);
  expect(world.pool.stats()).toMatchObject({ leaksLost: 0, leased: 1, idle: 1 });
  expect(lease.released).toBe(false);
  lease.release();
});

test.each<[string, (world: Stage<{ big: object }>) => Promise<void>]>([
  ['idle time', async (world) => (await world.idle(1), await world.clock.advance(60_000))],
  ['a discard', async (world) => (await world.lease()).discard()],
  ['a reset', async (world) => (await world.idle(1), world.server.hangUp('reset'), await settle())],
  ['a lost lease', (world) => lose(world)],
])('a connection that left by %s is collected, with its data', async (_, leave) => {
  const data: WeakRef<object>[] = [];
  const world = stage({
    prepare: () => {
      const big = { bytes: new Uint8Array(1000) };
      data.push(new WeakRef(big));
      return { big };
    },
  });
  await leave(world);
  expect(await collect(() => data.every((each) => each.deref() === undefined))).toBe(true);
  expect(data).toHaveLength(1);
  expect(world.pool.stats().size).toBe(0);
});

test('a pool that is dropped with its leases after the end is collected', async () => {
  const data: WeakRef<object>[] = [];
  const world = stage({ prepare: () => {
    const each = {};
    data.push(new WeakRef(each));
    return each;
  } });
  await lose(world as Stage<unknown> as Stage<object>);
  world.pool.destroy();
  expect(await collect(() => data[0]?.deref() === undefined)).toBe(true);
  expect(world.pool.stats()).toMatchObject({ leaksLost: 0, evicted: { forced: 1 } });
});

test('each of several that are held is reported when its own time is over, and once, however often the pool looks', async () => {
  const world = stage({ leakThreshold: '10s', ping: () => true, pingInterval: '1s', idleTimeout: '1h' });
  const first = await world.lease();
  await world.idle(1, 'another');
  await world.clock.advance(5000);
  const second = await world.lease();
  const reported = (): unknown[] => world.told.filter(({ name }) => name === 'leaked').map(({ event }) => [event['connection'], event['how']]);
  await world.clock.advance(5000);
  expect(reported()).toEqual([[first.id, 'held']]);
  await world.clock.advance(5000);
  expect(reported()).toEqual([[first.id, 'held'], [second.id, 'held']]);
  await world.clock.advance(60_000);
  expect(reported()).toHaveLength(2);
  for (const lease of [first, second]) lease.release();
});

test('also when nothing but the leases makes the pool look', async () => {
  const world = stage({ leakThreshold: '10s' });
  const first = await world.lease();
  await world.clock.advance(5000);
  const second = await world.lease();
  await world.clock.advance(10_000);
  expect(world.pool.stats().leaksHeld).toBe(2);
  for (const lease of [first, second]) lease.release();
});
