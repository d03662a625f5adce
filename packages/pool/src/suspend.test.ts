import { leakGuard, rejection } from '@sock/testkit';
import { expect, test } from 'vitest';
import { settle } from './fake-clock.test-d.ts';
import { staging } from './stage.test-d.ts';

leakGuard();
const stage = staging();

test('a suspended pool lends nothing, dials for nobody, and goes on where it was', async () => {
  const world = stage();
  await world.idle();
  world.pool.suspend();
  expect(world.pool.state).toBe('suspended');
  const waiting = [world.pool.acquire('a'), world.pool.acquire('a')];
  await world.clock.advance(1000);
  expect(world.pool.stats()).toMatchObject({ waiting: 2, idle: 1, dialled: 1, acquired: 1 });
  world.pool.resume();
  expect(world.pool.state).toBe('running');
  const [one, other] = await Promise.all(waiting);
  expect([one?.reused, other?.reused]).toEqual([true, false]);
  one?.release();
  other?.release();
});

test('what is leased may come back, and stays', async () => {
  const world = stage();
  const lease = await world.lease();
  world.pool.suspend();
  const waiting = world.pool.acquire('a');
  lease.release();
  await settle();
  expect(world.pool.stats()).toMatchObject({ idle: 1, waiting: 1 });
  world.pool.resume();
  expect((await waiting).id).toBe(lease.id);
  (await waiting).release();
});

test('a call that waits keeps to its time and its signal', async () => {
  const world = stage();
  world.pool.suspend();
  const stop = new AbortController();
  const aborted = rejection(world.pool.acquire('a', { signal: stop.signal }));
  const late = rejection(world.pool.acquire('a', { timeout: 100 }));
  stop.abort();
  await world.clock.advance(100);
  expect(await aborted).toMatchObject({ code: 'ERR_SOCK_ABORTED' });
  expect(await late).toMatchObject({ code: 'ERR_SOCK_POOL_TIMEOUT' });
  await expect(world.pool.acquire('a', { timeout: 0 })).rejects.toMatchObject({ code: 'ERR_SOCK_POOL_TIMEOUT' });
  expect(world.dialled).toEqual([]);
});

test('idle time goes on', async () => {
  const world = stage({ idleTimeout: '5s' });
  await world.idle();
  world.pool.suspend();
  await world.clock.advance(5000);
  expect(world.gone).toEqual({ idle: 1 });
});

test('a dial that was on its way arrives as an idle one', async () => {
  const world = stage();
  world.server.slow = true;
  const waiting = world.pool.acquire('a');
  await settle();
  world.pool.suspend();
  world.server.open();
  await settle();
  expect(world.pool.stats()).toMatchObject({ idle: 1, waiting: 1 });
  world.pool.resume();
  (await waiting).release();
});

test('it can be drained', async () => {
  const world = stage();
  await world.idle();
  world.pool.suspend();
  const waiting = rejection(world.pool.acquire('a'));
  expect(await world.pool.drain()).toEqual({ forced: 0 });
  expect(await waiting).toMatchObject({ code: 'ERR_SOCK_POOL_CLOSED' });
  expect(world.pool.state).toBe('stopped');
});
