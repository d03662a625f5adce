import { leakGuard, rejection } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import type { Call, World } from './acquire-world.test-d.ts';
import { worlds } from './acquire-world.test-d.ts';
import { settle } from './fake-clock.test-d.ts';
import type { PoolOptions } from './index.ts';
import { refused } from './memory-server.test-d.ts';

leakGuard();
const world = worlds();

/** A pool with one connection, which is leased, and who gets it after that. */
async function busy(options: PoolOptions<string, undefined> = {}): Promise<World<undefined> & { readonly served: string[]; wait(name: string, priority?: number): Call<undefined>; free(): Promise<void> }> {
  const made = world({ maxPerKey: 1, acquireTimeout: '1h', ...options });
  let held = await made.pool.acquire('a');
  const served: string[] = [];
  return {
    ...made,
    served,
    wait: (name, priority) => {
      const call = made.call('a', { priority });
      call.done.then((lease) => {
        served.push(name);
        held = lease;
      }, () => {});
      return call;
    },
    free: async () => {
      held.release();
      await settle();
    },
  };
}

describe('those who wait', () => {
  test('are served in the order in which they came', async () => {
    const { served, wait, free } = await busy();
    for (const name of ['one', 'two', 'three']) wait(name);
    for (let each = 0; each < 3; each += 1) await free();
    expect(served).toEqual(['one', 'two', 'three']);
  });

  test('whoever has more priority is served first, and within a priority whoever came first', async () => {
    const { served, wait, free } = await busy();
    wait('low', -1);
    wait('usual');
    wait('high', 2);
    wait('high too', 2);
    for (let each = 0; each < 4; each += 1) await free();
    expect(served).toEqual(['high', 'high too', 'usual', 'low']);
  });

  test('of a lower priority get through: each aging of waiting counts as one more of it', async () => {
    const { served, clock, wait, free } = await busy({ aging: 100 });
    wait('low', 0);
    await clock.advance(299);
    wait('high', 3);
    await clock.advance(2);
    wait('higher than three agings are worth', 3);
    await free();
    await free();
    await free();
    expect(served).toEqual(['high', 'low', 'higher than three agings are worth']);
  });

  test('with a longer aging do not', async () => {
    const { served, clock, wait, free } = await busy({ aging: '1m' });
    wait('low', 0);
    await clock.advance(301);
    wait('high', 3);
    await free();
    expect(served).toEqual(['high']);
  });

  test('a priority that is no number is refused', async () => {
    const { pool } = await busy();
    for (const priority of [Number.NaN, '5' as never]) {
      expect(await rejection(pool.acquire('a', { priority }))).toMatchObject({ code: 'ERR_SOCK_POOL_ARGUMENT', message: expect.stringContaining('priority') });
    }
    expect(pool.stats().waiting).toBe(0);
  });

  test('that have left are passed over, and each is answered once', async () => {
    const { pool, clock, served, wait, call, free } = await busy();
    const stop = new AbortController();
    const aborted = call('a', { signal: stop.signal });
    const late = call('a', { timeout: 5 });
    wait('last');
    stop.abort();
    await clock.advance(5);
    await free();
    expect([served, aborted.error, late.error]).toMatchObject([['last'], { code: 'ERR_SOCK_ABORTED' }, { code: 'ERR_SOCK_POOL_TIMEOUT' }]);
    expect([aborted.answers, late.answers, pool.stats().waiting]).toEqual([1, 1, 0]);
  });

  test('whose time is over in the very moment of a release get one answer, and the connection is not lost', async () => {
    const { pool, clock, call, free } = await busy();
    const each = call('a', { timeout: 10 });
    const both = [clock.advance(10), free()];
    await Promise.all(both);
    expect(each.answers).toBe(1);
    expect(pool.stats().leased + pool.stats().idle).toBe(1);
  });

  test('are refused when the pool closes, with why', async () => {
    const { pool, wait } = await busy();
    const calls = [wait('one'), wait('two')];
    const draining = pool.drain({ timeout: 0 });
    for (const { done } of calls) expect(await rejection(done)).toMatchObject({ code: 'ERR_SOCK_POOL_CLOSED', category: 'closed', message: expect.stringContaining('draining') });
    pool.destroy();
    void draining;
    expect(await rejection(pool.acquire('a'))).toMatchObject({ code: 'ERR_SOCK_POOL_CLOSED' });
  });
});

describe('more than maxWaiting', () => {
  test('newest: the one that comes is turned away, with an error that names the limit', async () => {
    const { pool, wait } = await busy({ maxWaiting: 2, overflow: 'newest' });
    const [one, two, three] = [wait('one'), wait('two'), wait('three', 100)];
    expect(await rejection(three.done)).toMatchObject({
      code: 'ERR_SOCK_POOL_FULL', category: 'limit', retryable: true, message: 'acquire of memory a was turned away: 2 calls wait already (maxWaiting), and the newest goes',
    });
    expect([one.answers, two.answers, pool.stats().overflowed, pool.stats().waiting]).toEqual([0, 0, 1, 2]);
  });

  test('oldest: the one that has waited longest', async () => {
    const { pool, wait } = await busy({ maxWaiting: 2, overflow: 'oldest' });
    const [one, two, three] = [wait('one', 100), wait('two'), wait('three')];
    expect(await rejection(one.done)).toMatchObject({ code: 'ERR_SOCK_POOL_FULL', message: expect.stringContaining('the oldest goes') });
    expect([two.answers, three.answers, pool.stats().overflowed]).toEqual([0, 0, 1]);
  });

  test('lowest: the one of the lowest priority; of several, the one that came last', async () => {
    const { wait } = await busy({ maxWaiting: 3, overflow: 'lowest' });
    const calls = [wait('usual', 1), wait('low', 0), wait('low too', 0), wait('high', 5)];
    expect(await rejection(calls[2]?.done as Promise<unknown>)).toMatchObject({ code: 'ERR_SOCK_POOL_FULL', message: expect.stringContaining('the lowest goes') });
    expect(calls.map(({ answers }) => answers)).toEqual([0, 0, 1, 0]);
  });

  test('lowest: the one that comes, when it is that', async () => {
    const { wait } = await busy({ maxWaiting: 1, overflow: 'lowest' });
    const [high, low] = [wait('high', 1), wait('low', 0)];
    await rejection(low.done);
    expect(high.answers).toBe(0);
  });

  test('counts all keys together', async () => {
    const { call } = await busy({ maxWaiting: 1, max: 1 });
    const [one, other] = [call('b'), call('c')];
    expect(await rejection(other.done)).toMatchObject({ code: 'ERR_SOCK_POOL_FULL', message: expect.stringContaining('memory c') });
    expect(one.answers).toBe(0);
  });

  test('exactly as many may wait', async () => {
    const { pool, wait } = await busy({ maxWaiting: 2 });
    const calls = [wait('one'), wait('two')];
    await settle();
    expect([calls.map(({ answers }) => answers), pool.stats().overflowed]).toEqual([[0, 0], 0]);
  });

  test('0: an idle connection is lent, and nobody waits for one', async () => {
    const { pool, clock, call } = world({ maxWaiting: 0, maxPerKey: 1 });
    const warm = pool.prewarm('a');
    await clock.advance(0);
    await warm;
    expect((await pool.acquire('a')).id).toBe(1);
    // To wait for a dial is to wait as well.
    for (const target of ['a', 'b']) expect(await rejection(call(target).done)).toMatchObject({ code: 'ERR_SOCK_POOL_FULL', message: expect.stringContaining('0 calls wait') });
  });
});

describe('a dial that fails', () => {
  const final = new Error('wrong password');

  test('without another connection in sight refuses all that wait, with its own error', async () => {
    const { pool, server, call } = world({ health: {}, random: () => 0.999 });
    server.away = true;
    const calls = [call('a'), call('a')];
    for (const { done } of calls) expect(await rejection(done)).toMatchObject({ code: 'ERR_SOCK_REFUSED', message: 'a refused the connection' });
    expect(pool.stats()).toMatchObject({ failed: 2, dialsFailed: 2, waiting: 0, size: 0 });
  });

  test('while one is leased lets them wait for that, when another dial may be better', async () => {
    const { pool, server, call } = world({ health: { backoffBase: '1h', backoffMax: '1h' }, random: () => 0.999 });
    const held = await pool.acquire('a');
    server.away = true;
    const other = call('a');
    await settle();
    expect([other.answers, pool.stats().dialsFailed]).toEqual([0, 1]);
    held.release();
    expect((await other.done).id).toBe(1);
  });

  test('is tried again after its back-off while they wait', async () => {
    const { pool, server, clock, call } = world({ health: { backoffBase: 100, backoffMax: 100 }, random: () => 0.5 });
    await pool.acquire('a');
    server.away = true;
    const other = call('a');
    await settle();
    server.away = false;
    await clock.advance(49);
    expect([other.answers, server.dials]).toEqual([0, 2]);
    await clock.advance(1);
    expect((await other.done).id).toBe(2);
  });

  test('for good (not retryable) refuses one that waits, though one is leased', async () => {
    const { pool, server, call } = world({ health: {} });
    await pool.acquire('a');
    server.away = () => final;
    const other = call('a');
    expect(await rejection(other.done)).toBe(final);
    expect(pool.stats()).toMatchObject({ leased: 1, failed: 1, waiting: 0 });
  });

  test('without health refuses one each, so that nothing is dialled without end', async () => {
    const { pool, server, call } = world({ health: false });
    await pool.acquire('a');
    server.away = () => refused('a');
    const calls = [call('a'), call('a'), call('a')];
    for (const { done } of calls) expect(await rejection(done)).toMatchObject({ code: 'ERR_SOCK_REFUSED' });
    expect(server.dials).toBe(4);
  });

  test('is forgotten when a later one succeeds: a time-out after that does not name it', async () => {
    const { pool, server, clock, call } = world({ maxPerKey: 1 });
    server.away = true;
    await rejection(call('a').done);
    server.away = false;
    await pool.acquire('a');
    const { done } = call('a', { timeout: 5 });
    await clock.advance(5);
    const error = await rejection<Error>(done);
    expect([error.message.includes('last dial'), error.cause]).toEqual([false, undefined]);
  });

  test.each([
    ['key() throws', { key: () => { throw final; } }],
    ['connect() throws at once', { connect: () => { throw final; } }],
    ['connect() rejects', { connect: () => Promise.reject(final) }],
  ])('is told as it is: %s', async (_, parts) => {
    const { pool, call } = world({}, ({ key, connect }) => ({ key, connect, ...parts }));
    expect(await rejection(call('a').done)).toBe(final);
    expect(pool.stats()).toMatchObject({ waiting: 0, size: 0 });
  });

  test.each([['nothing', undefined], ['an object', {}]])('a connector that answers with what is no Socket is told of it: %s', async (_, answer) => {
    const { pool, call } = world({}, ({ key }) => ({ key, connect: () => Promise.resolve(answer as never) }));
    expect(await rejection(call('a').done)).toMatchObject({ code: 'ERR_SOCK_POOL_ARGUMENT', message: expect.stringMatching(/the connector answered connect\(\) to memory a with .* in place of a Socket/) });
    expect(pool.stats()).toMatchObject({ dialsFailed: 1, size: 0 });
  });

  test('a connector that ignores its signal and its time-out is left behind, and what it makes later is closed', async () => {
    let answer: () => void = () => {};
    const { pool, server, clock, call } = world({ connectTimeout: 200 }, (inner) => ({
      key: inner.key,
      connect: async (target) => {
        await new Promise<void>((resolve) => (answer = resolve));
        return await inner.connect(target);
      },
    }));
    const { done } = call('a');
    await clock.advance(300);
    expect(await rejection(done)).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', retryable: true, message: expect.stringContaining('memory a was not connected within 200 ms (connectTimeout)') });
    expect(pool.stats()).toMatchObject({ connecting: 0, dialsFailed: 1 });
    answer();
    await settle();
    expect([server.peers.length, pool.stats().created]).toEqual([1, 0]);
    // The end of the test looks whether it was closed.
  });

  test('a connector that is in time is not', async () => {
    const { server, clock, call } = world({ connectTimeout: 200 });
    server.slow = true;
    const { done } = call('a');
    await clock.advance(199);
    server.open();
    expect((await done).id).toBe(1);
  });

  test('endpoints() that throws refuses those that wait, and nothing else', async () => {
    let fails = false;
    const { pool, call } = world({
      endpoints: (target) => {
        if (fails) throw final;
        return [target];
      },
    });
    const held = await pool.acquire('a');
    fails = true;
    held.discard();
    expect(await rejection(call('a').done)).toBe(final);
    expect(pool.stats().waiting).toBe(0);
    fails = false;
    expect((await pool.acquire('a')).id).toBe(2);
  });
});
