import type { InfoKey, Socket } from '@sock/core';
import { SETTLED } from '@sock/core';
import { leakGuard } from '@sock/testkit';
import { expect, test } from 'vitest';
import { settle } from './fake-clock.test-d.ts';
import type { Lease } from './index.ts';
import type { Stage } from './stage.test-d.ts';
import { staging } from './stage.test-d.ts';

leakGuard();
const stage = staging();

/** Gives the sockets of a connector the fact that they learn something. */
function learning(settled: Promise<void>): (socket: Socket) => void {
  return (socket) => {
    const get = socket.get.bind(socket);
    Object.defineProperty(socket, 'get', { value: (key: InfoKey<unknown>) => (key.symbol === SETTLED.symbol ? settled : get(key)) });
  };
}

function many<D>(world: Stage<D>, count: number): Promise<Lease<D>[]> {
  return Promise.all(Array.from({ length: count }, () => world.pool.acquire('a')));
}

test('of 50 first calls one dials, and the others when that one has learnt what there is to learn', async () => {
  let learnt: () => void = () => {};
  const world = stage({ coalesceFirst: true, maxPerKey: 100, maxConnecting: 100, dress: learning(new Promise((resolve) => (learnt = resolve))) });
  world.server.slow = true;
  const leases = many(world, 50);
  await world.clock.advance(100);
  expect(world.dialled).toHaveLength(1);
  world.server.open();
  await world.clock.advance(100);
  expect(world.pool.stats()).toMatchObject({ dialled: 1, leased: 1, waiting: 49 });
  learnt();
  await settle();
  expect(world.pool.stats().dialled).toBe(50);
  world.server.open();
  for (const lease of await leases) lease.release();
  expect(world.clock.timers).toBeGreaterThan(0);
});

test('they wait for settleTimeout at most', async () => {
  const world = stage({ coalesceFirst: true, settleTimeout: '250ms', dress: learning(new Promise(() => {})) });
  const leases = many(world, 5);
  await world.clock.advance(249);
  expect(world.dialled).toHaveLength(1);
  await world.clock.advance(1);
  expect(world.dialled).toHaveLength(5);
  for (const lease of await leases) lease.release();
});

test.each<[string, object]>([['nothing to learn', {}], ['a settleTimeout of 0', { settleTimeout: 0, dress: learning(new Promise(() => {})) }]])('with %s the others dial as soon as the first one is there', async (_, options) => {
  const world = stage({ coalesceFirst: true, ...options });
  world.server.slow = true;
  const leases = many(world, 5);
  await settle();
  expect(world.dialled).toHaveLength(1);
  world.server.open();
  await settle();
  expect(world.dialled).toHaveLength(5);
  world.server.open();
  for (const lease of await leases) lease.release();
});

test('without coalesceFirst all dial at once', async () => {
  const world = stage({ maxConnecting: 50, maxPerKey: 50 });
  world.server.slow = true;
  const leases = many(world, 50);
  await settle();
  expect(world.dialled).toHaveLength(50);
  world.server.open();
  for (const lease of await leases) lease.release();
});

test('the first connection serves those who wait while it learns', async () => {
  const world = stage({ coalesceFirst: true, dress: learning(new Promise(() => {})) });
  const leases = Array.from({ length: 3 }, () => world.pool.acquire('a'));
  await settle();
  (await leases[0])?.release();
  (await leases[1])?.release();
  (await leases[2])?.release();
  expect(world.pool.stats()).toMatchObject({ dialled: 1, acquired: 3, reused: 2 });
});

test('later calls need no first one any more, also when all connections have gone', async () => {
  const world = stage({ coalesceFirst: true });
  await world.idle(3);
  world.server.hangUp();
  await settle();
  world.server.slow = true;
  const leases = many(world, 4);
  await settle();
  expect(world.server.dialling).toBe(4);
  world.server.open();
  for (const lease of await leases) lease.release();
});

test('after a refresh the first one goes alone again', async () => {
  const world = stage({ coalesceFirst: true });
  await world.idle(1);
  world.pool.refresh({ over: 0 });
  world.server.slow = true;
  const leases = many(world, 4);
  await settle();
  expect(world.server.dialling).toBe(1);
  world.server.open();
  await settle();
  world.server.open();
  await settle();
  for (const lease of await leases) lease.release();
});

test('a first one that fails makes place for another first one', async () => {
  const world = stage({ coalesceFirst: true });
  world.server.away = true;
  const failed = await Promise.allSettled([world.lease(), world.lease()]);
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(world.dialled).toHaveLength(1);
  world.server.away = false;
  const leases = many(world, 2);
  await world.clock.advance(100);
  for (const lease of await leases) lease.release();
});

test('a drain while it settles leaves no timer', async () => {
  const world = stage({ coalesceFirst: true, dress: learning(new Promise(() => {})) });
  (await world.lease()).release();
  await world.pool.close();
  expect(world.clock.timers).toBe(0);
});
