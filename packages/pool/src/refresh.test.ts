import { leakGuard } from '@sock/testkit';
import { expect, test } from 'vitest';
import { settle } from './fake-clock.test-d.ts';
import { staging } from './stage.test-d.ts';

leakGuard();
const stage = staging();

test('replaces idle connections one after the other in the given time', async () => {
  const world = stage({ idleTimeout: '1h' });
  await world.idle(4);
  expect(world.pool.refresh({ over: '8s' })).toBe(4);
  const replaced: number[] = [];
  for (let second = 0; second < 9; second += 1) {
    replaced.push(world.pool.stats().evicted.refreshed);
    await world.clock.advance(1000);
    expect(world.idles).toBe(4);
  }
  expect(replaced).toEqual([0, 1, 2, 2, 3, 3, 4, 4, 4]);
  expect(world.pool.stats()).toMatchObject({ created: 8, idle: 4 });
});

test('in 10 s, when nothing else is said; in 0 at once', async () => {
  const world = stage({ idleTimeout: '1h' });
  await world.idle(2);
  world.pool.refresh();
  await world.clock.advance(4999);
  expect(world.gone).toEqual({ refreshed: 1 });
  await world.clock.advance(1);
  expect(world.gone).toEqual({ refreshed: 2 });
  world.pool.refresh({ over: 0 });
  await world.clock.advance(0);
  expect(world.pool.stats()).toMatchObject({ evicted: { refreshed: 4 }, idle: 2 });
});

test.each([0, 3])('there are as many afterwards as before, with minPerKey %d', async (minPerKey) => {
  const world = stage({ minPerKey, idleTimeout: '1h' });
  await world.idle(3);
  world.pool.refresh({ over: '3s' });
  await world.clock.advance(10_000);
  expect(world.pool.stats()).toMatchObject({ idle: 3, created: 6, dialled: 6, evicted: { refreshed: 3 } });
});

test('a leased one is not disturbed, and replaced when it comes back', async () => {
  const world = stage({ idleTimeout: '1h' });
  const lease = await world.lease();
  expect(world.pool.refresh({ over: 0 })).toBe(1);
  await world.clock.advance(60_000);
  expect(world.gone).toEqual({});
  lease.release();
  expect(world.gone).toEqual({ refreshed: 1 });
  await settle();
  expect(world.pool.stats()).toMatchObject({ idle: 1, created: 2 });
});

test('one that comes back before its turn is used until then', async () => {
  const world = stage({ idleTimeout: '1h' });
  const [one, other] = [await world.lease(), await world.lease()];
  world.pool.refresh({ over: '10s' });
  other.release();
  await world.clock.advance(4000);
  const again = await world.lease();
  expect(again.id).toBe(2);
  again.release();
  await world.clock.advance(1000);
  expect(world.gone).toEqual({ refreshed: 1 });
  one.release();
  expect(world.gone).toEqual({ refreshed: 2 });
});

test('a dial that began before is as old as the others: it is replaced when it arrives', async () => {
  const world = stage();
  world.server.slow = true;
  const lease = world.pool.acquire('a');
  await settle();
  world.pool.refresh();
  world.server.open();
  await settle();
  expect(world.pool.stats()).toMatchObject({ connecting: 1, created: 1, evicted: { refreshed: 1 } });
  world.server.open();
  await settle();
  expect((await lease).id).toBe(2);
  (await lease).release();
});

test('a dial that began afterwards counts as new, also in the same instant', async () => {
  const world = stage();
  await world.idle();
  world.pool.refresh({ over: 0 });
  const lease = await world.lease();
  expect(lease.id).toBe(2);
  expect(world.gone).toEqual({ refreshed: 1 });
  lease.release();
  expect(world.idles).toBe(1);
});

test('only those of one target, when one is named', async () => {
  const world = stage({ idleTimeout: '1h' });
  await world.idle(2, 'a');
  await world.idle(2, 'b');
  expect(world.pool.refresh({ target: 'b', over: 0 })).toBe(2);
  await world.clock.advance(0);
  expect(world.told.filter(({ name }) => name === 'evicted').map(({ event }) => event['key'])).toEqual(['memory b', 'memory b']);
  expect(world.idles).toBe(4);
});

test('of what there is nothing of, it does nothing', async () => {
  const world = stage();
  expect(world.pool.refresh()).toBe(0);
  expect(world.pool.refresh({ target: 'nobody' })).toBe(0);
  await world.clock.advance(60_000);
  expect(world.dialled).toEqual([]);
});

test('a life that ends sooner than its turn ends as a life', async () => {
  const world = stage({ maxLife: '5s', lifeJitter: 0 });
  await world.idle(2);
  world.pool.refresh({ over: '20s' });
  await world.clock.advance(4999);
  expect(world.gone).toEqual({ refreshed: 1 });
  await world.clock.advance(1);
  expect(world.gone).toMatchObject({ refreshed: 1, life: expect.any(Number) });
  expect(world.told.filter(({ name }) => name === 'evicted').at(-1)?.event).toMatchObject({ reason: 'life' });
});

test('of a pool that is closed it does nothing', async () => {
  const world = stage();
  await world.idle();
  await world.pool.close();
  expect(world.pool.refresh({ over: 0 })).toBe(0);
  await world.clock.advance(1000);
  expect(world.dialled).toHaveLength(1);
});

test('one whose turn comes within an acquire is replaced as well', async () => {
  const world = stage();
  await world.idle(5);
  world.pool.refresh({ over: 0 });
  const lease = await world.lease();
  expect(world.gone).toEqual({ refreshed: 5 });
  lease.release();
  await world.clock.advance(0);
  expect(world.idles).toBe(5);
});

test('those that could not be dialled again at once are when that may be tried; one dial that fails is not repeated for nobody', async () => {
  const world = stage({ idleTimeout: '1h', maxConnecting: 1, health: { backoffBase: '2s', backoffMax: '2s' } });
  await world.idle(4);
  world.server.away = true;
  world.pool.refresh({ over: 0 });
  await world.clock.advance(0);
  world.server.away = false;
  await world.clock.advance(10_000);
  expect([world.gone, world.idles]).toEqual([{ refreshed: 4 }, 3]);
});

test.each([false, true])('minPerKey is kept also when the dial that was to replace failed, coalesceFirst: %s', async (coalesceFirst) => {
  const world = stage({ minPerKey: 2, idleTimeout: '1h', maxLife: '1d', coalesceFirst });
  await world.idle(2);
  world.server.away = true;
  world.pool.refresh({ over: 0 });
  await world.clock.advance(1000);
  expect(world.idles).toBe(0);
  world.server.away = false;
  await world.clock.advance(60_000);
  expect(world.idles).toBe(2);
});
