import { leakGuard, rejection } from '@sock/testkit';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { settle } from './fake-clock.test-d.ts';
import type { PoolObserver, PoolStats } from './index.ts';
import type { Stage } from './stage.test-d.ts';
import { staging } from './stage.test-d.ts';

leakGuard();
const stage = staging();

test('each event is told with its fields', async () => {
  const world = stage({ maxPerKey: 1 });
  world.server.slow = true;
  const first = world.pool.acquire('a');
  await world.clock.advance(20);
  world.server.open();
  await settle();
  const second = world.pool.acquire('a', { timeout: 5 });
  await Promise.all([expect(second).rejects.toMatchObject({ code: 'ERR_SOCK_POOL_TIMEOUT' }), world.clock.advance(30)]);
  (await first).release();
  await world.clock.advance(0);
  (await world.lease()).discard(new Error('nonsense'));
  world.server.slow = false;
  world.server.away = true;
  await expect(world.lease()).rejects.toMatchObject({ code: 'ERR_SOCK_REFUSED' });
  const key = 'memory a';
  expect(world.told).toEqual([
    { name: 'created', event: { key, connection: 1, createMs: 20 } },
    { name: 'acquired', event: { key, connection: 1, waitMs: 20, reused: false } },
    { name: 'refused', event: { key, connection: undefined, waitMs: 5, error: expect.objectContaining({ code: 'ERR_SOCK_POOL_TIMEOUT' }) } },
    { name: 'released', event: { key, connection: 1, useMs: 30 } },
    { name: 'acquired', event: { key, connection: 1, waitMs: 0, reused: true } },
    { name: 'released', event: { key, connection: 1, useMs: 0 } },
    { name: 'evicted', event: { key, connection: 1, reason: 'discarded', cause: expect.objectContaining({ message: 'nonsense' }) } },
    { name: 'dialFailed', event: { key, connection: undefined, createMs: 0, error: expect.objectContaining({ code: 'ERR_SOCK_REFUSED' }) } },
    { name: 'refused', event: { key, connection: undefined, waitMs: 0, error: expect.objectContaining({ code: 'ERR_SOCK_REFUSED' }) } },
  ]);
});

test('a circuit that moves is told with its endpoint', async () => {
  const world = stage({ health: { consecutiveFailures: 1 }, endpoints: () => ['x'] });
  (await world.lease()).discard(new Error('nonsense'));
  expect(world.told.filter(({ name }) => name === 'circuit').map(({ event }) => event)).toEqual([
    { key: 'memory a', connection: undefined, endpoint: 'memory x', state: 'open', cause: expect.objectContaining({ message: 'nonsense' }) },
  ]);
});

test('an observer that throws does no harm', async () => {
  const names = ['acquired', 'refused', 'released', 'created', 'dialFailed', 'evicted', 'circuit', 'leaked'] as const;
  const heard = new Set<string>();
  const observer = Object.fromEntries(names.map((name) => [name, () => {
    heard.add(name);
    throw new Error(`${name} is broken`);
  }])) as PoolObserver;
  const world = stage({ observer, health: { consecutiveFailures: 2 }, leakThreshold: 100 });
  const held = await world.lease();
  await world.clock.advance(100);
  held.release();
  (await world.lease()).discard(new Error('nonsense'));
  world.server.away = true;
  await expect(world.lease()).rejects.toMatchObject({ code: 'ERR_SOCK_REFUSED' });
  expect([...heard].toSorted()).toEqual([...names].toSorted());
  world.check();
});

test('a recorder that throws does no harm', async () => {
  const record = (): void => {
    throw new Error('full');
  };
  const world = stage({ recorders: { wait: { record }, create: { record }, use: { record } } });
  (await world.lease()).release();
  const late = await world.lease();
  late.discard();
  expect(world.gone).toEqual({ discarded: 1 });
});

test('calls that are refused before they wait are told as well', async () => {
  const told: unknown[] = [];
  const world = stage({ observer: { refused: ({ key, error, waitMs }) => void told.push([key, (error as { code: string }).code, waitMs]) } });
  await Promise.allSettled([world.pool.acquire('a', { timeout: 0 }), world.pool.acquire('a', { signal: AbortSignal.abort() })]);
  void world.pool.close();
  await Promise.allSettled([world.pool.acquire('a')]);
  expect(told).toEqual([['memory a', 'ERR_SOCK_POOL_TIMEOUT', 0], ['memory a', 'ERR_SOCK_ABORTED', 0], ['memory a', 'ERR_SOCK_POOL_CLOSED', 0]]);
  expect(world.pool.stats()).toMatchObject({ timeouts: 1, aborted: 1, closed: 1 });
});

test('recorders get whole nanoseconds, one at least', async () => {
  const times: Record<string, number[]> = { wait: [], create: [], use: [] };
  const recorder = (name: string): { record: (nanoseconds: number) => void } => ({ record: (nanoseconds) => void times[name]?.push(nanoseconds) });
  const world = stage({ recorders: { wait: recorder('wait'), create: recorder('create'), use: recorder('use') } });
  const lease = await world.lease();
  await world.clock.advance(1.2345678);
  lease.release();
  (await world.lease()).discard();
  world.server.slow = true;
  const late = world.pool.acquire('a');
  await world.clock.advance(2);
  world.server.open();
  (await late).release();
  // Who got none has waited for none.
  await rejection(world.pool.acquire('a', { signal: AbortSignal.abort() }));
  expect(times).toEqual({ wait: [1, 1, 2_000_000], create: [1, 2_000_000], use: [1_234_568, 1, 1] });
});

test('every counter moves', async () => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const seen = new Set<string>();
  const reasons = new Set<string>();
  const look = ({ pool }: Stage): void => {
    const stats = pool.stats();
    for (const [name, value] of Object.entries(stats)) if (typeof value === 'number' && value > 0) seen.add(name);
    for (const [reason, count] of Object.entries(stats.evicted)) if (count > 0) reasons.add(reason);
  };
  const run = async (options: Parameters<typeof stage>[0], act: (world: Stage) => Promise<unknown>): Promise<void> => {
    const world = stage(options) as Stage;
    await act(world);
    look(world);
  };
  await run({ maxPerKey: 1, maxWaiting: 2 }, async (world) => {
    const lease = await world.lease();
    const stop = new AbortController();
    const calls = [world.pool.acquire('a', { timeout: 1 }), world.pool.acquire('a', { signal: stop.signal }), world.pool.acquire('a')];
    const over = Promise.allSettled(calls);
    look(world);
    stop.abort();
    await world.clock.advance(1);
    await over;
    lease.release();
    (await world.lease()).discard();
    look(world);
  });
  await run({ health: { consecutiveFailures: 1 } }, async (world) => {
    await world.idle(2);
    (await world.lease()).discard(new Error('nonsense'));
    await world.lease().catch(() => {});
  });
  await run({}, async (world) => {
    world.server.slow = true;
    const calls = Promise.allSettled([world.pool.acquire('a')]);
    await settle();
    world.pool.destroy();
    await calls;
  });
  await run({}, async (world) => {
    world.server.slow = true;
    world.server.away = true;
    const call = world.lease().catch(() => {});
    await settle();
    look(world);
    world.server.open();
    await call;
  });
  await run({ validate: () => new Promise(() => {}), checkTimeout: 1, leakThreshold: 10, maxUses: 3, maxLife: '50s', lifeJitter: 0, idleTimeout: '30s', maxIdle: 2, max: 3 }, async (world) => {
    await world.idle(2);
    await world.clock.advance(2000);
    const call = world.lease();
    await settle();
    look(world);
    await world.clock.advance(200);
    const lease = await call;
    await world.clock.advance(100);
    lease.release();
    for (let use = 0; use < 3; use += 1) (await world.lease()).release();
    await world.idle(3);
    await world.idle(3, 'b');
    world.pool.refresh({ over: 0 });
    await world.clock.advance(0);
    await world.clock.advance(31_000);
    const old = await world.lease();
    await world.clock.advance(51_000);
    old.release();
  });
  for (const act of ['shutdown', 'destroy', 'send'] as const) {
    await run({}, async (world) => {
      await world.idle();
      await world.server.peers[0]?.[act](new Uint8Array(1));
      await settle();
    });
  }
  await run({}, async (world) => {
    const lease = await world.lease();
    await world.server.peers[0]?.send(new Uint8Array(1));
    lease.release();
  });
  await run({}, async (world) => {
    await (async () => void (await world.lease()))();
    for (let turn = 0; turn < 50 && world.pool.stats().leaksLost === 0; turn += 1) {
      await setImmediate();
      gc();
    }
  });
  await run({}, async (world) => {
    await world.lease();
    await world.idle(1);
    const closing = world.pool.close({ timeout: 0 });
    look(world);
    await world.clock.advance(0);
    await closing;
  });
  const stats: PoolStats = stage().pool.stats();
  const numbers = Object.entries(stats).filter(([, value]) => typeof value === 'number').map(([name]) => name);
  expect(numbers.filter((name) => !seen.has(name))).toEqual([]);
  expect(Object.keys(stats.evicted).filter((reason) => !reasons.has(reason))).toEqual([]);
  expect(numbers).toHaveLength(24);
});
