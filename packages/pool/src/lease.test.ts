import { bytes, leakGuard, rejection } from '@sock/testkit';
import { SocketError } from '@sock/core';
import { describe, expect, test } from 'vitest';
import { worlds } from './acquire-world.test-d.ts';
import { settle } from './fake-clock.test-d.ts';
import { refused } from './memory-server.test-d.ts';
import type { Lease } from './index.ts';

leakGuard();
const world = worlds();

const given = (what: string): unknown =>
  expect.objectContaining({ code: 'ERR_SOCK_POOL_RELEASED', category: 'usage', message: expect.stringMatching(new RegExp(`^${what} .* connection 1 to memory a .*given back already: acquire a new one$`)) });

describe('a lease', () => {
  test.each([
    ['release', 'release', 'release\\(\\)'], ['release', 'discard', 'discard\\(\\)'], ['discard', 'release', 'release\\(\\)'], ['discard', 'discard', 'discard\\(\\)'],
  ] as const)('is given back once: %s, then %s throws, and nothing happens to the connection of the next', async (first, second, what) => {
    const { pool } = world();
    const lease = await pool.acquire('a');
    lease[first]();
    expect(lease.released).toBe(true);
    const next = await pool.acquire('a');
    expect(() => lease[second]()).toThrow(given(what));
    await next.socket.send(bytes('still mine'));
    expect(pool.stats()).toMatchObject({ leased: 1, idle: 0, released: 1 });
  });

  test('that was given back has no socket and no data, also while its connection is leased again', async () => {
    const { pool } = world<number>({ prepare: () => 7 });
    const lease = await pool.acquire('a');
    expect([lease.data, lease.socket.closed instanceof Promise]).toEqual([7, true]);
    lease.release();
    const next = await pool.acquire('a');
    expect(() => lease.socket).toThrow(given('socket'));
    expect(() => lease.data).toThrow(given('data'));
    expect(() => {
      lease.data = 8;
    }).toThrow(given('data'));
    expect([next.data, lease.id, lease.key, lease.reused]).toEqual([7, 1, 'memory a', false]);
  });

  test('a socket that was kept beyond it cannot be used while nobody has the connection', async () => {
    const { pool, server } = world();
    const lease = await pool.acquire('a');
    const { socket } = lease;
    lease.release();
    const parked = expect.objectContaining({ code: 'ERR_SOCK_PARKED' });
    expect(await rejection(socket.send(bytes('x')))).toEqual(parked);
    expect(await rejection(socket.recv())).toEqual(parked);
    expect(await rejection(socket.shutdown())).toEqual(parked);
    expect(() => socket.trySend(bytes('x'))).toThrow(parked);
    await settle();
    expect([server.peers[0]?.ready, pool.stats().idle]).toEqual([2, 1]);
    // The twin: with a lease it can.
    await (await pool.acquire('a')).socket.send(bytes('x'));
    expect(await server.peers[0]?.recv()).toEqual(bytes('x'));
  });

  test('await using releases it, once', async () => {
    const { pool } = world();
    {
      await using lease = await pool.acquire('a');
      expect(lease.released).toBe(false);
    }
    expect(pool.stats()).toMatchObject({ idle: 1, leased: 0, released: 1 });
    {
      await using lease = await pool.acquire('a');
      lease.release();
    }
    expect(pool.stats()).toMatchObject({ idle: 1, released: 2 });
    {
      await using lease = await pool.acquire('a');
      lease.discard();
    }
    expect(pool.stats()).toMatchObject({ idle: 0, released: 3 });
  });

  test('discarded without a cause ends its connection gracefully', async () => {
    const { pool, server, evicted } = world();
    (await pool.acquire('a')).discard();
    expect(await server.peers[0]?.recv()).toBeNull();
    expect([evicted, pool.stats().size]).toEqual([[[1, 'discarded']], 0]);
  });

  test('discarded with a cause breaks its connection off, and counts against the endpoint', async () => {
    const { pool, server, evicted } = world({ health: { consecutiveFailures: 1 } });
    const cause = new SocketError('ERR_SOCK_MALFORMED', 'gibberish', { phase: 'recv', category: 'protocol' });
    (await pool.acquire('a')).discard(cause);
    expect(await rejection(server.peers[0]?.recv() as Promise<unknown>)).toMatchObject({ code: 'ERR_SOCK_RESET' });
    expect([evicted, pool.stats().keys[0]?.endpoints[0]?.health]).toMatchObject([[[1, 'discarded']], { state: 'open', lastCode: 'ERR_SOCK_MALFORMED' }]);
  });

  test('discarded without one does not', async () => {
    const { pool } = world({ health: { consecutiveFailures: 1 } });
    (await pool.acquire('a')).discard();
    expect(pool.stats().keys[0]?.endpoints[0]?.health).toMatchObject({ state: 'closed', failures: 0 });
  });

  test('released after the connection broke counts against the endpoint, and the next gets another', async () => {
    const { pool, server, evicted } = world({ health: {} });
    const lease = await pool.acquire('a');
    server.hangUp('reset');
    await settle();
    lease.release();
    expect([evicted, pool.stats().keys[0]?.endpoints[0]?.health?.failures]).toEqual([[[1, 'reset']], 1]);
    expect((await pool.acquire('a')).id).toBe(2);
  });

  test.each<[string, (lease: Lease) => unknown]>([
    ['a receive that still waits', (lease) => void lease.socket.recv().catch(() => {})],
    ['its own stream ended', (lease) => void lease.socket.shutdown().catch(() => {})],
    ['its socket closed', (lease) => lease.socket.destroy()],
  ])('released in the middle of something is not lent again: %s', async (_, act) => {
    const { pool, call } = world({ maxPerKey: 1 });
    const lease = await pool.acquire('a');
    const next = call('a');
    act(lease);
    lease.release();
    expect([(await next.done).id, pool.stats().created]).toEqual([2, 2]);
  });

  test('released after the pool was destroyed is no error', async () => {
    const { pool } = world();
    const lease = await pool.acquire('a');
    pool.destroy();
    lease.release();
    expect([lease.released, pool.stats().released, pool.stats().leased]).toEqual([true, 1, 0]);
  });
});

describe('use()', () => {
  test('answers with what the work answers, and releases', async () => {
    const { pool } = world();
    expect(await pool.use('a', async (lease) => {
      await lease.socket.send(bytes('x'));
      return lease.id * 10;
    })).toBe(10);
    expect(pool.stats()).toMatchObject({ idle: 1, leased: 0 });
    expect(await pool.use('a', ({ id }) => id)).toBe(1);
  });

  test.each([['at once', () => { throw new Error('no'); }], ['later', () => Promise.reject(new Error('no'))]])('discards when the work throws %s, and throws the same', async (_, work) => {
    const { pool, evicted } = world({ health: { consecutiveFailures: 1 } });
    expect(await rejection(pool.use('a', work))).toMatchObject({ message: 'no' });
    expect([evicted, pool.stats().idle, pool.stats().keys[0]?.endpoints[0]?.health?.state]).toEqual([[[1, 'discarded']], 0, 'closed']);
  });

  test('what the connection did counts against the endpoint; what the program did wrong, or gave up, does not', async () => {
    for (const [category, state] of [['reset', 'open'], ['timeout', 'open'], ['usage', 'closed'], ['aborted', 'closed']] as const) {
      const { pool } = world({ health: { consecutiveFailures: 1 } });
      await rejection(pool.use('a', ({ socket }) => {
        throw new SocketError('ERR_SOCK_RESET', 'x', { phase: 'recv', category, endpoint: socket.remote });
      }));
      expect([category, pool.stats().keys[0]?.endpoints[0]?.health?.state]).toEqual([category, state]);
    }
  });

  test('what another connection did, inside of it, counts against that one alone', async () => {
    const { pool, server } = world({ health: { consecutiveFailures: 1 } });
    server.away = (target) => (target === 'db' ? refused(target) : undefined);
    await rejection(pool.use('proxy', () => pool.use('db', () => {})));
    expect(pool.stats().keys.map(({ key, endpoints }) => [key, endpoints[0]?.health?.state])).toEqual([['memory proxy', 'closed'], ['memory db', 'open']]);
  });

  test('leaves a lease alone that the work gave back itself', async () => {
    const { pool } = world();
    await pool.use('a', (lease) => lease.release());
    await rejection(pool.use('a', (lease) => {
      lease.release();
      throw new Error('afterwards');
    }));
    expect(pool.stats()).toMatchObject({ idle: 1, released: 2, created: 1 });
  });

  test('does not run the work without a lease', async () => {
    const { pool, server } = world();
    server.away = true;
    let ran = false;
    expect(await rejection(pool.use('a', () => void (ran = true)))).toMatchObject({ code: 'ERR_SOCK_REFUSED' });
    expect(await rejection(pool.use('a', () => void (ran = true), { timeout: 0 }))).toMatchObject({ code: 'ERR_SOCK_POOL_TIMEOUT' });
    expect(ran).toBe(false);
  });
});
