import { leakGuard } from '@sock/testkit';
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

  test('a turn that comes to nothing costs a key nothing', async () => {
    const { pool, call } = world({ max: 2 });
    const [one, two] = await leases(pool, 'x', 2);
    const [first, second, own] = [call('a'), call('b'), call('x')];
    // The place goes to a call of its own key.
    one?.discard();
    expect((await own.done).key).toBe('memory x');
    two?.release();
    await settle();
    expect([first.lease?.key, second.answers]).toEqual(['memory a', 0]);
    first.lease?.release();
    expect((await second.done).key).toBe('memory b');
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

  test('also when the leases of the other one are discarded, and never released', async () => {
    const { pool, clock, call } = world({ max: 1, aging: '100ms', acquireTimeout: '1h' });
    let held = await pool.acquire('busy');
    const other = call('quiet');
    const queue = [call('busy'), call('busy')];
    let turns = 0;
    for (; turns < 100 && other.lease === undefined; turns += 1) {
      await clock.advance(100);
      held.discard();
      queue.push(call('busy'));
      await settle();
      const next = queue.find(({ lease }) => lease !== undefined);
      if (next === undefined) continue;
      queue.splice(queue.indexOf(next), 1);
      held = await next.done;
    }
    expect(turns).toBeLessThan(20);
    other.lease?.release();
    await settle();
    expect(queue[0]?.lease?.key).toBe('memory busy');
  });
});
