import type { Cancel } from '@sock/core';
import { leakGuard } from '@sock/testkit';
import { expect, test } from 'vitest';
import { settle } from './fake-clock.test-d.ts';
import { isOpen, staging } from './stage.test-d.ts';

leakGuard();
const stage = staging();

const closed = { code: 'ERR_SOCK_POOL_CLOSED', category: 'closed' };

test('it goes from running to draining to stopped, and never back', async () => {
  const world = stage();
  const { pool } = world;
  expect(pool.state).toBe('running');
  const lease = await world.lease();
  const draining = pool.drain();
  expect(pool.state).toBe('draining');
  pool.resume();
  pool.suspend();
  expect(pool.state).toBe('draining');
  lease.release();
  await draining;
  expect(pool.state).toBe('stopped');
  pool.resume();
  pool.suspend();
  pool.destroy();
  expect(pool.state).toBe('stopped');
  await expect(pool.acquire('a')).rejects.toMatchObject({ ...closed, message: 'this pool is stopped: it lends nothing any more' });
});

test('idle connections close gracefully at once, leased ones are waited for', async () => {
  const world = stage();
  const lease = await world.lease();
  await world.idle(2);
  let done = false;
  const draining = world.pool.drain().then((result) => ((done = true), result));
  await world.clock.advance(29_999);
  expect(world.gone).toEqual({ drained: 2 });
  expect(await world.sockets[1]?.closed).toEqual({ how: 'local' });
  expect([done, isOpen(lease.socket), world.pool.stats().leased]).toEqual([false, true, 1]);
  lease.release();
  expect(world.gone).toEqual({ drained: 3 });
  expect(await draining).toEqual({ forced: 0 });
});

test('what does not come back within drainTimeout is broken off, and counted', async () => {
  const world = stage({ drainTimeout: '10s' });
  const leases = [await world.lease(), await world.lease(), await world.lease()];
  const draining = world.pool.drain();
  leases[0]?.release();
  await world.clock.advance(9999);
  expect(world.gone).toEqual({ drained: 1 });
  await world.clock.advance(1);
  expect(await draining).toEqual({ forced: 2 });
  expect(world.gone).toEqual({ drained: 1, forced: 2 });
  expect(await leases[1]?.socket.closed).toMatchObject({ how: 'error', cause: { ...closed, message: expect.stringContaining('this lease did not come back in time') } });
  // Whoever comes back too late does no harm.
  leases[1]?.release();
  leases[2]?.discard(new Error('late'));
  expect(world.pool.stats()).toMatchObject({ size: 0, released: 3, evicted: { forced: 2, discarded: 0 } });
});

test('the time of the call goes before the one of the pool', async () => {
  const world = stage();
  await world.lease();
  const draining = world.pool.drain({ timeout: 500 });
  await world.clock.advance(500);
  expect(await draining).toEqual({ forced: 1 });
});

test('a signal ends the patience, not the draining', async () => {
  const world = stage();
  await world.lease();
  const stop = new AbortController();
  const draining = world.pool.drain({ signal: stop.signal });
  await settle();
  stop.abort();
  expect(await draining).toEqual({ forced: 1 });
  expect(world.pool.state).toBe('stopped');
  expect(world.clock.timers).toBe(0);
});

test.each<[string, object, string]>([
  ['a time that is none', { timeout: 'soon' }, 'ERR_SOCK_CONFIG'],
  ['a signal that is none', { signal: {} }, 'ERR_SOCK_POOL_ARGUMENT'],
])('with %s it is refused, and the pool runs on', async (_, options, code) => {
  const world = stage();
  await world.idle();
  await expect(world.pool.drain(options)).rejects.toMatchObject({ code });
  expect(world.pool.state).toBe('running');
  (await world.lease()).release();
});

test('whoever waits is refused, and dials are given up', async () => {
  const world = stage({ maxPerKey: 2 });
  const lease = await world.lease();
  world.server.slow = true;
  const waiting = [world.pool.acquire('a'), world.pool.acquire('a'), world.pool.acquire('b')];
  await settle();
  expect(world.server.dialling).toBe(2);
  const draining = world.pool.drain();
  for (const each of waiting) await expect(each).rejects.toMatchObject({ ...closed, message: 'this pool is draining: it lends nothing any more' });
  expect(world.server.dialling).toBe(0);
  expect(world.pool.stats()).toMatchObject({ waiting: 0, connecting: 0, dialsFailed: 0, leased: 1 });
  lease.release();
  await draining;
});

test('a dial that does not stop is left behind, and what comes of it is closed', async () => {
  const world = stage({ prepare: () => new Promise<undefined>(() => {}) });
  const waiting = world.pool.acquire('a');
  await settle();
  await Promise.all([expect(waiting).rejects.toMatchObject(closed), world.pool.close()]);
  expect(world.pool.stats().size).toBe(0);
  world.sockets[0]?.destroy();
});

test('a second call gets the answer of the first', async () => {
  const world = stage();
  await world.lease();
  const first = world.pool.drain({ timeout: 100 });
  const second = world.pool.drain({ timeout: 1 });
  await world.clock.advance(50);
  expect(world.pool.state).toBe('draining');
  await world.clock.advance(50);
  expect([await first, await second, await world.pool.drain()]).toEqual([{ forced: 1 }, { forced: 1 }, { forced: 1 }]);
});

test('destroy breaks off what a drain waits for', async () => {
  const world = stage();
  const lease = await world.lease();
  const draining = world.pool.drain();
  await settle();
  world.pool.destroy(new Error('no time left'));
  expect(await draining).toEqual({ forced: 1 });
  expect(await lease.socket.closed).toMatchObject({ how: 'error', cause: { message: 'no time left' } });
  lease.release();
});

test('destroy without a drain breaks everything off now', async () => {
  const world = stage();
  const lease = await world.lease();
  await world.idle(1);
  world.pool.destroy();
  expect(world.pool.stats()).toMatchObject({ size: 0, idle: 0, leased: 0, evicted: { drained: 0, forced: 2 } });
  expect(await lease.socket.closed).toMatchObject({ how: 'error', cause: closed });
  await world.pool.closed;
  expect(world.pool.state).toBe('stopped');
  expect(await world.pool.drain()).toEqual({ forced: 1 });
});

test('closed resolves after every connection has closed, those that left before as well', async () => {
  const world = stage();
  await world.idle(2);
  let over = false;
  void world.pool.closed.then(() => (over = true));
  (await world.lease()).discard();
  const closing = world.pool.close();
  expect(over).toBe(false);
  expect(world.pool.stats().closing).toBe(2);
  await closing;
  expect(over).toBe(true);
  expect(world.sockets.filter(isOpen)).toEqual([]);
  expect(world.pool.stats().closing).toBe(0);
});

test('await using closes it', async () => {
  const world = stage();
  {
    await using pool = world.pool;
    (await pool.acquire('a')).release();
  }
  expect(world.pool.state).toBe('stopped');
});

test('a reset hook does not run for what comes back to a pool that drains', async () => {
  let resets = 0;
  const world = stage({ reset: () => void (resets += 1) });
  const lease = await world.lease();
  const draining = world.pool.drain();
  lease.release();
  await draining;
  expect(resets).toBe(0);
});

test.each(['ping', 'reset'] as const)('a %s under way is given up, and its connection closed in peace: nobody will use it', async (hook) => {
  let given: AbortSignal | undefined;
  const world = stage({ [hook]: (_: unknown, { signal }: Cancel) => new Promise<void>(() => (given = signal)), pingInterval: '1s', checkTimeout: '20s' });
  (await world.lease()).release();
  await world.clock.advance(1000);
  expect(world.pool.stats().checking).toBe(1);
  const began = world.clock.now();
  expect(await world.pool.drain()).toEqual({ forced: 0 });
  expect([given?.aborted, world.gone, world.clock.now() - began]).toEqual([true, { drained: 1 }, 0]);
});

test('a lease that is held for too long is reported also while it is waited for', async () => {
  const world = stage({ leakThreshold: '10s', drainTimeout: '1m' });
  const lease = await world.lease();
  await world.clock.advance(5000);
  const draining = world.pool.drain();
  await world.clock.advance(4999);
  expect(world.pool.stats().leaksHeld).toBe(0);
  await world.clock.advance(1);
  expect(world.pool.stats().leaksHeld).toBe(1);
  lease.release();
  expect(await draining).toEqual({ forced: 0 });
  expect(world.clock.timers).toBe(0);
});
