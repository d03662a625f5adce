import { leakGuard } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { worlds } from './acquire-world.test-d.ts';
import { settle } from './fake-clock.test-d.ts';

leakGuard();
const world = worlds();

describe('the key of the connector', () => {
  test('is asked at each acquire', async () => {
    const asked: string[] = [];
    const { pool } = world({}, ({ key, connect }) => ({
      connect,
      key: (target) => {
        asked.push(target);
        return key(target);
      },
    }));
    (await pool.acquire('a')).release();
    asked.length = 0;
    for (const target of ['a', 'b', 'a']) (await pool.acquire(target)).release();
    // Once more after the dial: it may be another one by then.
    expect(asked).toEqual(['a', 'b', 'b', 'a']);
  });

  test('that changed (another trust) never gets the old idle connection', async () => {
    const { pool, server } = world();
    (await pool.acquire('a')).release();
    server.trust = ' with other pins';
    const lease = await pool.acquire('a');
    expect([lease.id, lease.key, server.dials]).toEqual([2, 'memory a with other pins', 2]);
    lease.release();
    // And the old one is there for those who ask as before.
    server.trust = '';
    expect((await pool.acquire('a')).id).toBe(1);
  });

  test('that changed never gets what a lease of the old one gives back, while it waits', async () => {
    const { pool, server, call } = world({ max: 1 });
    const old = await pool.acquire('a');
    server.trust = ' 2';
    const next = call('a');
    await settle();
    old.release();
    expect([(await next.done).id, (await next.done).key]).toEqual([2, 'memory a 2']);
  });

  test('that changed never gets a dial that was begun for the old one', async () => {
    const { pool, server, call } = world();
    server.slow = true;
    const old = call('a');
    await settle();
    server.trust = ' 2';
    const next = call('a');
    await settle();
    expect(server.dialling).toBe(2);
    server.open(1);
    await settle();
    expect([old.lease?.key, next.answers]).toEqual(['memory a', 0]);
    server.open();
    expect((await next.done).key).toBe('memory a 2');
    expect(pool.stats().keys.map(({ key }) => key)).toEqual(['memory a', 'memory a 2']);
  });

  test('that changed while a dial is on its way: whoever waits gets what comes of it, and nobody after that, also when it changes back', async () => {
    const { pool, server, call } = world();
    server.slow = true;
    const waiting = call('a');
    await settle();
    server.trust = ' 2';
    server.open();
    const lease = await waiting.done;
    server.trust = '';
    lease.release();
    server.slow = false;
    const next = await pool.acquire('a');
    expect([next.id, next.reused]).toEqual([2, false]);
    next.release();
    expect(pool.stats().evicted.life).toBe(1);
  });

  test('that is the same for two targets shares their connections', async () => {
    const { pool, server } = world({}, ({ connect }) => ({ connect, key: (target) => target.toLowerCase() }));
    (await pool.acquire('Host')).release();
    expect([(await pool.acquire('HOST')).id, server.dials]).toEqual([1, 1]);
  });

  test('may be a name that objects have', async () => {
    const { pool } = world({}, ({ connect }) => ({ connect, key: (target) => target }));
    for (const target of ['__proto__', 'constructor', '']) (await pool.acquire(target)).release();
    expect(pool.stats().keys.map(({ key }) => key)).toEqual(['__proto__', 'constructor', '']);
  });
});
