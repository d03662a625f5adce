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

describe('max', () => {
  test('is never passed, whatever the keys', async () => {
    const { pool, server, call } = world({ max: 3 });
    const calls = ['a', 'b', 'c', 'd', 'e'].map((target) => call(target));
    await settle();
    expect([calls.map(({ answers }) => answers), server.dials, pool.stats().size]).toEqual([[1, 1, 1, 0, 0], 3, 3]);
  });

  test('an idle connection of the key that was used longest ago makes place', async () => {
    const { pool, clock, evicted } = world({ max: 3 });
    for (const target of ['a', 'b', 'c']) {
      (await pool.acquire(target)).release();
      await clock.advance(10);
    }
    // Used again: it is b now that was used longest ago.
    (await pool.acquire('a')).release();
    await clock.advance(10);
    expect((await pool.acquire('d')).id).toBe(4);
    expect(evicted).toEqual([[2, 'room']]);
    expect(pool.stats()).toMatchObject({ idle: 2, leased: 1, size: 3 });
  });

  test('of its idle ones, the one that is idle for the longest time', async () => {
    const { pool, clock, evicted } = world({ max: 2 });
    const [one, two] = await leases(pool, 'a', 2);
    two?.release();
    await clock.advance(1);
    one?.release();
    await pool.acquire('b');
    expect(evicted).toEqual([[2, 'room']]);
  });

  test('never takes a leased connection', async () => {
    const { pool, call, evicted } = world({ max: 1 });
    const lease = await pool.acquire('a');
    const other = call('b', { timeout: 1000 });
    await settle();
    expect([other.answers, evicted]).toEqual([0, []]);
    lease.release();
    expect((await other.done).key).toBe('memory b');
    expect(evicted).toEqual([[1, 'room']]);
  });

  test('evicts nothing while there is place', async () => {
    const { pool, evicted } = world({ max: 2 });
    (await pool.acquire('a')).release();
    await pool.acquire('b');
    expect(evicted).toEqual([]);
  });

  test.each([
    ['a release', (lease: Lease) => lease.release()],
    ['a discard', (lease: Lease) => lease.discard()],
    ['a connection that broke', (lease: Lease) => {
      lease.socket.destroy();
      lease.release();
    }],
  ])('a key that waits for a place gets the one that is freed by another key: %s', async (_, free) => {
    const { pool, call } = world({ max: 2 });
    const [first] = await leases(pool, 'a', 2);
    const other = call('b');
    await settle();
    expect(other.answers).toBe(0);
    free(first as Lease);
    expect((await other.done).key).toBe('memory b');
    expect(pool.stats()).toMatchObject({ leased: 2, size: 2 });
  });

  test('a dial of another key that fails frees its place as well', async () => {
    const { server, call } = world({ max: 1 });
    server.slow = true;
    server.away = (target) => (target === 'a' ? new Error('no a') : undefined);
    const [failing, other] = [call('a'), call('b')];
    await settle();
    expect(server.dials).toBe(1);
    server.open();
    await settle();
    server.open();
    expect((await other.done).key).toBe('memory b');
    expect(failing.error).toMatchObject({ message: 'no a' });
  });

  test('an idle connection of another key whose peer ends it frees its place as well, also when nobody else does anything', async () => {
    const { pool, server, call } = world({ max: 1, minPerKey: 0 });
    const held = await pool.acquire('a');
    const other = call('b');
    server.hangUp();
    await settle();
    held.release();
    expect((await other.done).key).toBe('memory b');
  });

  test('keys that wait for places are served in the order of their calls', async () => {
    const { pool, call } = world({ max: 1 });
    const order: string[] = [];
    const held = await pool.acquire('x');
    for (const target of ['a', 'a', 'a', 'b', 'c']) {
      void call(target).done.then((lease) => {
        order.push(target);
        lease.release();
      });
    }
    held.release();
    await settle();
    await settle();
    expect(order.length).toBe(5);
    // What waits for the connection that is there may have it without a dial; but b comes before c.
    expect(order.indexOf('b')).toBeLessThan(order.indexOf('c'));
    expect(pool.stats().waiting).toBe(0);
  });

  test('keys that ask before there is a place keep their turn', async () => {
    const { pool, call } = world({ max: 2, maxPerKey: 2 });
    const [one, two] = await leases(pool, 'x', 2);
    const order: string[] = [];
    const first = call('a');
    void first.done.then(() => order.push('a'));
    const second = call('b');
    void second.done.then(() => order.push('b'));
    // Gives nothing up: its own waiter takes it. A turn that comes to nothing must not cost one.
    const third = call('x');
    one?.release();
    await settle();
    const given = third.lease ?? two;
    given?.release();
    await settle();
    expect(order[0]).toBe('a');
    two?.released === false && two.release();
    await settle();
    expect(order).toEqual(['a', 'b'].slice(0, order.length));
    for (const each of [first, second, third]) if (each.lease !== undefined && !each.lease.released) each.lease.release();
    await settle();
    expect([first.answers, second.answers, third.answers]).toEqual([1, 1, 1]);
  });

  test('a key that waits for a place is served though another one is never without callers', async () => {
    const { pool, clock, call } = world({ max: 1, acquireTimeout: '1h' });
    let held = await pool.acquire('busy');
    const other = call('quiet');
    // Two wait at any time for what is released every 100 ms.
    const queue = [call('busy'), call('busy')];
    let turns = 0;
    for (; turns < 100 && other.answers === 0; turns += 1) {
      await clock.advance(100);
      held.release();
      queue.push(call('busy'));
      await settle();
      if (other.lease !== undefined) break;
      held = await (queue.shift() as (typeof queue)[0]).done;
    }
    expect(other.lease?.key).toBe('memory quiet');
    expect(turns).toBeLessThan(20);
    // And the busy one goes on after it.
    other.lease?.release();
    await settle();
    expect(queue[0]?.lease?.key).toBe('memory busy');
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
