import { leakGuard, rejection } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { worlds } from './acquire-world.test-d.ts';
import { settle } from './fake-clock.test-d.ts';
import type { Lease, Pool } from './index.ts';

leakGuard();
const world = worlds();

/** So many leases of one key, in the order of their connections. */
async function leases<D>(pool: Pool<string, D>, target: string, count: number): Promise<Lease<D>[]> {
  return await Promise.all(Array.from({ length: count }, () => pool.acquire(target)));
}

describe('the order of idle connections', () => {
  test('lifo: the one that came back last is used next', async () => {
    const { pool } = world({ order: 'lifo' });
    for (const lease of await leases(pool, 'a', 3)) lease.release();
    expect((await leases(pool, 'a', 3)).map(({ id }) => id)).toEqual([3, 2, 1]);
  });

  test('fifo: the one that came back first is used next', async () => {
    const { pool } = world({ order: 'fifo' });
    for (const lease of await leases(pool, 'a', 3)) lease.release();
    expect((await leases(pool, 'a', 3)).map(({ id }) => id)).toEqual([1, 2, 3]);
  });

  test('is lifo unless the pool is told', async () => {
    const { pool } = world();
    const [one, two] = await leases(pool, 'a', 2);
    two?.release();
    one?.release();
    expect((await pool.acquire('a')).id).toBe(1);
  });
});

describe('maxPerKey', () => {
  test('is never passed, and is reached', async () => {
    const { pool, server, call } = world({ maxPerKey: 3 });
    const calls = Array.from({ length: 5 }, () => call('a'));
    await settle();
    expect(calls.map(({ answers }) => answers)).toEqual([1, 1, 1, 0, 0]);
    expect([server.dials, pool.stats().size]).toEqual([3, 3]);
  });

  test('counts dials on their way', async () => {
    const { pool, server, call } = world({ maxPerKey: 2 });
    server.slow = true;
    for (let each = 0; each < 5; each += 1) call('a', { timeout: 10 });
    await settle();
    expect(pool.stats()).toMatchObject({ connecting: 2, size: 2, waiting: 5 });
  });

  test('holds for each key by itself', async () => {
    const { pool } = world({ maxPerKey: 2 });
    await leases(pool, 'a', 2);
    await leases(pool, 'b', 2);
    expect(pool.stats().leased).toBe(4);
  });
});

describe('maxIdlePerKey', () => {
  test('of more idle ones to one key the one that is idle for the longest time goes', async () => {
    const { pool, evicted } = world({ maxIdlePerKey: 2 });
    for (const lease of await leases(pool, 'a', 4)) lease.release();
    expect([pool.stats().idle, evicted]).toEqual([2, [[1, 'surplus'], [2, 'surplus']]]);
  });

  test('0 keeps none: each acquire dials', async () => {
    const { pool, server } = world({ maxIdlePerKey: 0 });
    (await pool.acquire('a')).release();
    expect((await pool.acquire('a')).id).toBe(2);
    expect([server.dials, pool.stats().idle]).toEqual([2, 0]);
  });

  test('0 hands on to those that wait all the same', async () => {
    const { pool, server, call } = world({ maxIdlePerKey: 0, maxPerKey: 1 });
    const lease = await pool.acquire('a');
    const next = call('a');
    lease.release();
    expect([(await next.done).id, server.dials]).toEqual([1, 1]);
  });

  test('holds for each key by itself', async () => {
    const { pool, evicted } = world({ maxIdlePerKey: 1 });
    (await pool.acquire('a')).release();
    (await pool.acquire('b')).release();
    expect([pool.stats().idle, evicted]).toEqual([2, []]);
  });
});

describe('maxIdle', () => {
  test('of more idle ones in all, the one that is idle for the longest time goes, whatever its key', async () => {
    const { pool, clock, evicted } = world({ maxIdle: 2 });
    const held = [await pool.acquire('a'), await pool.acquire('b'), await pool.acquire('c')];
    for (const index of [1, 2, 0]) {
      await clock.advance(1);
      held[index]?.release();
    }
    expect([pool.stats().idle, evicted]).toEqual([2, [[2, 'surplus']]]);
  });

  test('as many as it says are kept', async () => {
    const { pool, evicted } = world({ maxIdle: 3 });
    for (const lease of [await pool.acquire('a'), await pool.acquire('b'), await pool.acquire('c')]) lease.release();
    expect([pool.stats().idle, evicted]).toEqual([3, []]);
  });

  test('0 keeps none', async () => {
    const { pool, evicted } = world({ maxIdle: 0 });
    (await pool.acquire('a')).release();
    expect([pool.stats().idle, evicted]).toEqual([0, [[1, 'surplus']]]);
  });
});

describe('maxKeys', () => {
  test('the key that was used longest ago is forgotten, with its idle connections', async () => {
    const { pool, clock, evicted } = world({ maxKeys: 2 });
    for (const target of ['a', 'b', 'a', 'c']) {
      (await pool.acquire(target)).release();
      await clock.advance(1);
    }
    expect(pool.stats().keys.map(({ key }) => key)).toEqual(['memory a', 'memory c']);
    expect(evicted).toEqual([[2, 'surplus']]);
  });

  test('one that is in use is not, and they are more for a while', async () => {
    const { pool, evicted } = world({ maxKeys: 1 });
    const lease = await pool.acquire('a');
    (await pool.acquire('b')).release();
    expect([pool.stats().keys.length, evicted]).toEqual([2, []]);
    lease.release();
    (await pool.acquire('c')).release();
    expect(evicted.length).toBeGreaterThan(0);
    // As many as there are above it, not one for each new one: else they never were as few again.
    (await pool.acquire('d')).release();
    expect(pool.stats().keys.length).toBe(1);
  });

  test('one for which a call waits or a dial is on its way is not', async () => {
    const { pool, server, call } = world({ maxKeys: 1 });
    server.slow = true;
    const first = call('a');
    const second = call('b');
    await settle();
    expect(pool.stats().keys.length).toBe(2);
    server.open();
    expect([(await first.done).key, (await second.done).key]).toEqual(['memory a', 'memory b']);
  });

  test('as many as it says are kept', async () => {
    const { pool, evicted } = world({ maxKeys: 2 });
    for (const target of ['a', 'b', 'a', 'b']) (await pool.acquire(target)).release();
    expect([pool.stats().keys.length, evicted, pool.stats().created]).toEqual([2, [], 2]);
  });
});

describe('maxConnecting', () => {
  test('so many dials to one key at the same time, and the next as soon as one is done', async () => {
    const { pool, server, call } = world({ maxConnecting: 2 });
    server.slow = true;
    const calls = Array.from({ length: 5 }, () => call('a'));
    await settle();
    expect([server.dialling, pool.stats().connecting]).toEqual([2, 2]);
    server.open(1);
    await settle();
    expect([server.dialling, server.dials, calls[0]?.answers]).toEqual([2, 3, 1]);
    while (server.dialling > 0) {
      server.open();
      await settle();
      expect(server.dialling).toBeLessThanOrEqual(2);
    }
    expect(calls.every(({ lease }) => lease !== undefined)).toBe(true);
  });

  test('holds for each key by itself', async () => {
    const { server, call } = world({ maxConnecting: 1 });
    server.slow = true;
    const calls = ['a', 'a', 'b', 'b'].map((target) => call(target, { timeout: 10 }));
    await settle();
    expect([server.dialling, calls.length]).toEqual([2, 4]);
  });

  test('a dial that fails makes place for the next', async () => {
    const { server, call } = world({ maxConnecting: 1 });
    server.slow = true;
    server.away = true;
    const [first, second] = [call('a'), call('a')];
    await settle();
    server.open();
    expect(await rejection(first.done)).toMatchObject({ code: 'ERR_SOCK_REFUSED' });
    await settle();
    expect([second.answers, server.dialling]).toEqual([0, 1]);
    server.away = false;
    server.open();
    expect((await second.done).id).toBe(1);
  });
});
