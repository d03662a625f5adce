import { leakGuard } from '@sock/testkit';
import { expect, test } from 'vitest';
import { settle } from './fake-clock.test-d.ts';
import { isOpen, staging } from './stage.test-d.ts';

leakGuard();
const stage = staging();

test('a connection that nobody needs goes when its idle time is over, and not before', async () => {
  const { clock, idle, pool, sockets, told } = stage({ idleTimeout: '30s' });
  await idle(2);
  await clock.advance(29_999);
  expect(pool.stats()).toMatchObject({ idle: 2 });
  await clock.advance(1);
  expect(pool.stats()).toMatchObject({ idle: 0, evicted: { idle: 2 } });
  await Promise.all(sockets.map((socket) => socket.closed));
  expect(told.filter(({ name }) => name === 'evicted').map(({ event }) => event)).toEqual([
    { key: 'memory a', connection: 1, reason: 'idle', cause: undefined },
    { key: 'memory a', connection: 2, reason: 'idle', cause: undefined },
  ]);
  expect(await sockets[0]?.closed).toEqual({ how: 'local' });
});

test('idle time is counted from the last release', async () => {
  const world = stage({ idleTimeout: '30s' });
  await world.idle();
  for (let turn = 0; turn < 5; turn += 1) {
    await world.clock.advance(29_000);
    const lease = await world.lease();
    expect(lease.reused).toBe(true);
    lease.release();
  }
  await world.clock.advance(29_999);
  expect(world.gone).toEqual({});
  await world.clock.advance(1);
  expect(world.gone).toEqual({ idle: 1 });
});

test('a lease is never disturbed by idle time or life', async () => {
  const world = stage({ idleTimeout: '1s', maxLife: '10s' });
  const lease = await world.lease();
  await world.clock.advance(60_000);
  expect(isOpen(lease.socket)).toBe(true);
  expect(world.gone).toEqual({});
  lease.release();
  expect(world.gone).toEqual({ life: 1 });
});

test('whoever acquires gets no connection whose time is over, even when no timer has run', async () => {
  let late = 0;
  const world = stage({ idleTimeout: '30s', maxLife: '1h', lifeJitter: 0 });
  const { clock } = world;
  const now = clock.now.bind(clock);
  Object.assign(clock, { now: () => now() + late });
  await world.idle();
  late = 29_999;
  const young = await world.lease();
  expect(young.id).toBe(1);
  young.release();
  late += 30_000;
  const lease = await world.lease();
  expect([lease.id, lease.reused]).toEqual([2, false]);
  expect(world.gone).toEqual({ idle: 1 });
  lease.release();
  late += 3_600_000;
  const third = await world.lease();
  expect(third.id).toBe(3);
  expect(world.gone).toEqual({ idle: 1, life: 1 });
  third.release();
});

test('a connection that is leased and released all the time gets old all the same', async () => {
  const world = stage({ maxLife: '10s', lifeJitter: 0 });
  const ids: number[] = [];
  for (let second = 0; second < 25; second += 1) {
    const lease = await world.lease();
    ids.push(lease.id);
    await world.clock.advance(500);
    lease.release();
    await world.clock.advance(500);
    world.check();
  }
  expect(ids).toEqual([...Array.from({ length: 10 }, () => 1), ...Array.from({ length: 10 }, () => 2), ...Array.from({ length: 5 }, () => 3)]);
  expect(world.gone).toEqual({ life: 2 });
});

test.each([[0, 10_000], [0.5, 9500], [0.999, 9001]])('chance of %d takes its part of the life: %d ms of 10 s are left', async (chance, lifeMs) => {
  const world = stage({ maxLife: '10s', lifeJitter: 10, idleTimeout: '1h', random: () => chance });
  await world.idle();
  await world.clock.advance(lifeMs - 1);
  expect(world.gone).toEqual({});
  await world.clock.advance(1.5);
  expect(world.gone).toEqual({ life: 1 });
});

test('a connection serves so many leases, and not one more', async () => {
  const world = stage({ maxUses: 3 });
  const served: [number, boolean][] = [];
  for (let use = 0; use < 7; use += 1) {
    const lease = await world.lease();
    served.push([lease.id, lease.reused]);
    lease.release();
  }
  expect(served).toEqual([[1, false], [1, true], [1, true], [2, false], [2, true], [2, true], [3, false]]);
  expect(world.gone).toEqual({ uses: 2 });
});

test('without maxUses a connection serves as many as come', async () => {
  const world = stage();
  for (let use = 0; use < 100; use += 1) (await world.lease()).release();
  expect(world.pool.stats()).toMatchObject({ created: 1, acquired: 100, reused: 99 });
});

test('minPerKey is kept from the first success on, busy ones included', async () => {
  const world = stage({ minPerKey: 3 });
  const lease = await world.lease();
  await settle();
  expect(world.pool.stats()).toMatchObject({ leased: 1, idle: 2, size: 3 });
  const others = [await world.lease(), await world.lease(), await world.lease()];
  expect(world.pool.stats()).toMatchObject({ leased: 4, idle: 0 });
  for (const each of [lease, ...others]) each.release();
});

test('idle time leaves minPerKey alone, and takes what is more', async () => {
  const world = stage({ minPerKey: 2, idleTimeout: '30s' });
  await world.idle(5);
  await world.clock.advance(120_000);
  expect(world.pool.stats()).toMatchObject({ idle: 2, evicted: { idle: 3 }, created: 5 });
});

test('minPerKey is filled again after lives that end, peers that leave, and leases that are discarded', async () => {
  const world = stage({ minPerKey: 2, maxLife: '10s', lifeJitter: 0 });
  await world.idle(2);
  await world.clock.advance(10_000);
  expect(world.pool.stats()).toMatchObject({ idle: 2, evicted: { life: 2 }, created: 4 });
  world.server.hangUp('reset');
  // Nobody had used them: the next ones wait a moment.
  await world.clock.advance(100);
  expect(world.pool.stats()).toMatchObject({ idle: 2, evicted: { reset: 2 }, created: 6 });
  (await world.lease()).discard();
  await world.clock.advance(0);
  expect(world.pool.stats()).toMatchObject({ idle: 2, evicted: { discarded: 1 }, created: 7 });
});

test('minPerKey is filled again after a dial that failed, when its back-off is over', async () => {
  const world = stage({ minPerKey: 2, health: { backoffBase: '100ms' } });
  await world.idle(2);
  world.server.away = true;
  world.server.hangUp('reset');
  await world.clock.advance(100);
  expect(world.pool.stats().size).toBe(0);
  expect(world.pool.stats().dialsFailed).toBeGreaterThan(0);
  world.server.away = false;
  await world.clock.advance(1000);
  expect(world.pool.stats()).toMatchObject({ idle: 2 });
});

test('minPerKey comes back after an outage that opened the circuit, though nobody acquires', async () => {
  const world = stage({ minPerKey: 1, health: { consecutiveFailures: 3, baseEjection: '1s', jitter: 0 } });
  await world.idle();
  world.server.away = true;
  world.server.hangUp('reset');
  await world.clock.advance(20_000);
  expect(world.pool.stats().keys[0]?.endpoints[0]?.health).toMatchObject({ dialFailures: expect.any(Number) });
  expect(world.pool.stats().size).toBe(0);
  world.server.away = false;
  await world.clock.advance(31_000);
  expect(world.pool.stats()).toMatchObject({ idle: 1 });
});

test('two keys that want more than there is place for do not take it from each other without end', async () => {
  const world = stage({ minPerKey: 2, max: 3, idleTimeout: '10s' });
  await world.idle(2, 'a');
  await world.idle(1, 'b');
  await world.clock.advance(120_000);
  expect(world.pool.stats()).toMatchObject({ idle: 3, created: 3 });
});
