import { getEventListeners } from 'node:events';
import { bytes, leakGuard, rejection } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { worlds } from './acquire-world.test-d.ts';
import { settle } from './fake-clock.test-d.ts';

leakGuard();
const world = worlds();

describe('the time-out of acquire', () => {
  test('comes after acquireTimeout, and tells the key, the counts, and the last failure', async () => {
    const { pool, server, clock, call } = world({ maxPerKey: 2, acquireTimeout: '3s', health: { backoffBase: '1h', backoffMax: '1h' }, random: () => 0.999 });
    await pool.acquire('a');
    server.away = true;
    const waiting = [call('a'), call('a')];
    await clock.advance(2999);
    expect(waiting.map(({ answers }) => answers)).toEqual([0, 0]);
    await clock.advance(1);
    expect(waiting[0]?.error).toMatchObject({ code: 'ERR_SOCK_POOL_TIMEOUT', category: 'timeout', retryable: true, cause: { code: 'ERR_SOCK_REFUSED' } });
    expect((waiting[0] as (typeof waiting)[0] & { error: Error }).error.message).toBe(
      'no connection to memory a came free within 3s: 1 leased, 0 idle, 0 being dialled, 1 other calls wait; the last dial failed: a refused the connection',
    );
    expect((waiting[1] as (typeof waiting)[0] & { error: Error }).error.message).toContain('0 other calls wait');
    expect(pool.stats()).toMatchObject({ timeouts: 2, waiting: 0, leased: 1 });
  });

  test('its message names no failure when none was, and counts what is being dialled', async () => {
    const { server, clock, call } = world();
    server.slow = true;
    const { done } = call('a', { timeout: 10 });
    await clock.advance(10);
    const { message, cause } = await rejection<Error>(done);
    expect([message, cause]).toEqual(['no connection to memory a came free within 10ms: 0 leased, 0 idle, 1 being dialled, 0 other calls wait', undefined]);
  });

  test('of the call counts, not that of the pool', async () => {
    const { pool, clock, call } = world({ maxPerKey: 1, acquireTimeout: 1000 });
    await pool.acquire('a');
    const [short, usual, long] = [call('a', { timeout: '10ms' }), call('a'), call('a', { timeout: '1m' })];
    await clock.advance(10);
    expect([short.answers, usual.answers, long.answers]).toEqual([1, 0, 0]);
    await clock.advance(990);
    expect([short.answers, usual.answers, long.answers]).toEqual([1, 1, 0]);
  });

  test('0 takes an idle connection', async () => {
    const { pool } = world();
    (await pool.acquire('a')).release();
    expect((await pool.acquire('a', { timeout: 0 })).id).toBe(1);
  });

  test('0 fails at once where none is idle, and dials nothing', async () => {
    const { pool, server, clock } = world();
    const error = await rejection(pool.acquire('a', { timeout: 0 }));
    expect(error).toMatchObject({ code: 'ERR_SOCK_POOL_TIMEOUT', message: expect.stringContaining('within 0') });
    expect([server.dials, clock.timers, pool.stats().timeouts, pool.stats().waiting]).toEqual([0, 0, 1, 0]);
  });

  test('0 fails when the only idle connection is to be looked at first, and loses nothing', async () => {
    const { pool, clock } = world({ validate: () => true, validateAfter: 100 });
    (await pool.acquire('a')).release();
    await clock.advance(101);
    expect(await rejection(pool.acquire('a', { timeout: 0 }))).toMatchObject({ code: 'ERR_SOCK_POOL_TIMEOUT' });
    await settle();
    expect(pool.stats()).toMatchObject({ idle: 1, leased: 0, checking: 0 });
    // It has been looked at meanwhile.
    expect((await pool.acquire('a', { timeout: 0 })).id).toBe(1);
  });

  test('late: what was dialled for it is kept idle', async () => {
    const { pool, server, clock, call } = world();
    server.slow = true;
    const { done } = call('a', { timeout: 10 });
    await clock.advance(10);
    await rejection(done);
    server.open();
    await settle();
    expect(pool.stats()).toMatchObject({ idle: 1, leased: 0, timeouts: 1, created: 1 });
    expect((await pool.acquire('a', { timeout: 0 })).id).toBe(1);
  });

  test.each([['a text that is no time', 'soon'], ['a negative one', -1], ['NaN', Number.NaN]])('is refused when it is %s, and nothing is lost', async (_, timeout) => {
    const { pool, clock } = world({ validate: () => true, validateAfter: 0 });
    (await pool.acquire('a')).release();
    await clock.advance(1);
    expect(await rejection(pool.acquire('a', { timeout: timeout as number }))).toMatchObject({ code: expect.stringMatching(/^ERR_SOCK_/) });
    await settle();
    expect(pool.stats()).toMatchObject({ idle: 1, leased: 0, waiting: 0 });
  });
});

describe('the signal of acquire', () => {
  test('that has fired already refuses the call, also where one is idle, and nothing is dialled', async () => {
    const { pool, server } = world();
    (await pool.acquire('a')).release();
    const signal = AbortSignal.abort(new Error('too late'));
    expect(await rejection(pool.acquire('a', { signal }))).toMatchObject({ code: 'ERR_SOCK_ABORTED', category: 'aborted', message: 'acquire of memory a was aborted', cause: { message: 'too late' } });
    expect(await rejection(pool.acquire('b', { signal }))).toMatchObject({ code: 'ERR_SOCK_ABORTED' });
    expect([server.dials, getEventListeners(signal, 'abort').length, pool.stats().aborted, pool.stats().idle]).toEqual([1, 0, 2, 1]);
  });

  test('that fires later ends the wait; the others keep their places, and nothing is lost', async () => {
    const { pool, call } = world({ maxPerKey: 1 });
    const held = await pool.acquire('a');
    const stop = new AbortController();
    const [first, second] = [call('a', { signal: stop.signal }), call('a')];
    expect(getEventListeners(stop.signal, 'abort').length).toBe(1);
    stop.abort('enough');
    expect(await rejection(first.done)).toMatchObject({ code: 'ERR_SOCK_ABORTED', cause: 'enough' });
    expect([getEventListeners(stop.signal, 'abort').length, pool.stats().waiting]).toEqual([0, 1]);
    held.release();
    expect((await second.done).id).toBe(1);
    expect(pool.stats()).toMatchObject({ aborted: 1, leased: 1 });
  });

  test('leaves no listener behind on any way out', async () => {
    const { pool, server, clock, call } = world({ maxPerKey: 1, maxWaiting: 2 });
    const { signal } = new AbortController();
    const left = (): number => getEventListeners(signal, 'abort').length;
    const lease = await pool.acquire('a', { signal });
    expect(left(), 'by a dial').toBe(0);
    const released = call('a', { signal });
    expect(left()).toBe(1);
    lease.release();
    await released.done;
    expect(left(), 'by a release').toBe(0);
    const late = [call('a', { signal, timeout: 5 }), call('a', { signal, timeout: 5 })];
    const over = call('a', { signal });
    expect(await rejection(over.done)).toMatchObject({ code: 'ERR_SOCK_POOL_FULL' });
    expect(left(), 'turned away').toBe(2);
    await clock.advance(5);
    for (const each of late) await rejection(each.done);
    expect(left(), 'by a time-out').toBe(0);
    server.away = true;
    await rejection(pool.acquire('b', { signal }));
    expect(left(), 'by a dial that failed').toBe(0);
    const closed = call('a', { signal });
    pool.destroy();
    expect(await rejection(closed.done)).toMatchObject({ code: 'ERR_SOCK_POOL_CLOSED' });
    expect(left(), 'by the end of the pool').toBe(0);
  });

  test('that fires while another call is turned away for this one is heard', async () => {
    const stop = new AbortController();
    const { pool, call } = world({ maxPerKey: 1, maxWaiting: 1, overflow: 'oldest', observer: { refused: () => stop.abort() } });
    await pool.acquire('a');
    const first = call('a');
    const second = call('a', { signal: stop.signal });
    expect(await rejection(first.done)).toMatchObject({ code: 'ERR_SOCK_POOL_FULL' });
    expect(await rejection(second.done)).toMatchObject({ code: 'ERR_SOCK_ABORTED' });
    expect(pool.stats()).toMatchObject({ waiting: 0, aborted: 1 });
  });

  test('that fires after the lease was given changes nothing', async () => {
    const { pool } = world();
    const stop = new AbortController();
    const lease = await pool.acquire('a', { signal: stop.signal });
    stop.abort();
    await settle();
    await lease.socket.send(bytes('x'));
    lease.release();
    expect(pool.stats()).toMatchObject({ idle: 1, aborted: 0 });
  });

  test('that is none is refused', async () => {
    const { pool } = world();
    expect(await rejection(pool.acquire('a', { signal: {} as AbortSignal }))).toMatchObject({ code: 'ERR_SOCK_POOL_ARGUMENT', message: expect.stringContaining('signal') });
    expect(pool.stats()).toMatchObject({ waiting: 0, size: 0 });
  });
});
