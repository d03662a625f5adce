import { getEventListeners } from 'node:events';
import { bytes, leakGuard, rejection, text } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { worlds } from './acquire-world.test-d.ts';
import { settle } from './fake-clock.test-d.ts';
import { createPool } from './index.ts';
import { memoryServer, refused } from './memory-server.test-d.ts';

leakGuard();
const world = worlds();

describe('acquire', () => {
  test('dials when nothing is there, and the lease sends and receives', async () => {
    const { pool, server } = world();
    const lease = await pool.acquire('a');
    expect([server.dials, lease.reused, lease.released, lease.key, lease.id]).toEqual([1, false, false, 'memory a', 1]);
    await lease.socket.send(bytes('ping'));
    expect(text(await server.peers[0]?.recv() as Uint8Array)).toBe('ping');
    expect(pool.stats()).toMatchObject({ leased: 1, idle: 0, size: 1, acquired: 1, reused: 0, waited: 1, created: 1, dialled: 1 });
  });

  test('takes an idle connection and dials nothing', async () => {
    const { pool, server } = world();
    const first = await pool.acquire('a');
    const { socket } = first;
    first.release();
    expect(pool.stats()).toMatchObject({ idle: 1, leased: 0 });
    const second = await pool.acquire('a');
    expect([second.socket === socket, second.id, second.reused, server.dials]).toEqual([true, 1, true, 1]);
    expect(pool.stats()).toMatchObject({ acquired: 2, reused: 1, released: 1, waited: 1 });
  });

  test('dials when an idle one belongs to another key', async () => {
    const { pool, server } = world();
    (await pool.acquire('a')).release();
    expect((await pool.acquire('b')).id).toBe(2);
    expect(server.dials).toBe(2);
  });

  test('gets what comes free by a release when no more may be dialled', async () => {
    const { pool, server, call } = world({ maxPerKey: 1 });
    const first = await pool.acquire('a');
    const second = call('a');
    await settle();
    expect([second.answers, server.dials]).toEqual([0, 1]);
    first.release();
    expect((await second.done).id).toBe(1);
    expect(pool.stats()).toMatchObject({ leased: 1, idle: 0, waiting: 0, reused: 1 });
  });

  test('gets the place that comes free by a discard, with a new connection', async () => {
    const { pool, server, call } = world({ maxPerKey: 1 });
    const first = await pool.acquire('a');
    const second = call('a');
    first.discard();
    expect([(await second.done).id, server.dials]).toEqual([2, 2]);
  });

  test('a connection that comes free before its dial is done serves it, and the dial that lost is kept idle', async () => {
    const { pool, server, call } = world();
    const first = await pool.acquire('a');
    server.slow = true;
    const second = call('a');
    await settle();
    expect(server.dialling).toBe(1);
    first.release();
    expect((await second.done).id).toBe(1);
    server.open();
    await settle();
    expect(pool.stats()).toMatchObject({ leased: 1, idle: 1, connecting: 0, created: 2 });
    expect([(await pool.acquire('a')).id, server.dials]).toEqual([2, 2]);
  });

  test('a dial goes on when its caller has left, and the next one gets its connection', async () => {
    const { pool, server, call } = world();
    const stop = new AbortController();
    server.slow = true;
    const first = call('a', { signal: stop.signal });
    await settle();
    stop.abort();
    expect(await rejection(first.done)).toMatchObject({ code: 'ERR_SOCK_ABORTED' });
    expect(pool.stats()).toMatchObject({ connecting: 1, waiting: 0 });
    const second = call('a');
    await settle();
    expect(server.dials).toBe(1);
    server.open();
    expect((await second.done).id).toBe(1);
  });

  test('many calls at once get a connection each, and no more is dialled than there are calls', async () => {
    const { pool, server, call } = world({ maxPerKey: 5 });
    const calls = Array.from({ length: 20 }, () => call('a'));
    await settle();
    expect(calls.filter(({ lease }) => lease !== undefined).length).toBe(5);
    for (const each of calls) (await each.done).release();
    expect(server.dials).toBe(5);
    expect(pool.stats()).toMatchObject({ acquired: 20, idle: 5, waiting: 0 });
  });

  test.each(['end', 'reset'] as const)('never gets an idle connection that its peer ended: %s', async (how) => {
    const { pool, server, evicted } = world();
    (await pool.acquire('a')).release();
    server.hangUp(how);
    await settle();
    expect(pool.stats()).toMatchObject({ idle: 0 });
    expect((await pool.acquire('a')).id).toBe(2);
    expect(evicted).toEqual([[1, how === 'end' ? 'ended' : 'reset']]);
  });

  test('never gets an idle connection whose peer sent what nobody asked for', async () => {
    const { pool, server, evicted } = world();
    (await pool.acquire('a')).release();
    await server.peers[0]?.send(bytes('421 too slow'));
    await settle();
    expect([(await pool.acquire('a')).id, evicted]).toEqual([2, [[1, 'unexpected']]]);
  });

  test('a server that speaks first is heard by whoever waits for the connection', async () => {
    const { pool } = world({}, (server) => ({
      key: server.key,
      connect: async (target, cancel) => {
        const socket = await server.connect(target, cancel);
        await server.peers.at(-1)?.send(bytes('220 hello'));
        return socket;
      },
    }));
    const lease = await pool.acquire('a', { timeout: 1000 });
    expect(text(await lease.socket.recv() as Uint8Array)).toBe('220 hello');
    lease.release();
    expect(pool.stats()).toMatchObject({ idle: 1, created: 1 });
  });

  test('a server that hangs up at once is dialled once for a call, and refuses it', async () => {
    const { pool, server, call } = world({}, (inner) => ({
      key: inner.key,
      connect: async (target, cancel) => {
        // Else it would be dialled for ever, within one turn.
        if (inner.dials > 50) throw refused(target);
        const socket = await inner.connect(target, cancel);
        await inner.peers.at(-1)?.shutdown();
        return socket;
      },
    }));
    const { done } = call('a');
    expect(await rejection(done)).toMatchObject({ code: 'ERR_SOCK_CLOSED', retryable: true, message: expect.stringContaining('memory a') });
    expect(server.dials).toBe(1);
    expect(pool.stats()).toMatchObject({ dialsFailed: 1, failed: 1, created: 0 });
  });
});

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
    expect((waiting[0]?.error as Error).message).toBe(
      'no connection to memory a came free within 3s: 1 leased, 0 idle, 0 being dialled, 1 other calls wait; the last dial failed: a refused the connection',
    );
    expect((waiting[1]?.error as Error).message).toContain('0 other calls wait');
    expect(pool.stats()).toMatchObject({ timeouts: 2, waiting: 0, leased: 1 });
  });

  test('its message names no failure when none was, and counts what is being dialled', async () => {
    const { server, clock, call } = world();
    server.slow = true;
    const { done } = call('a', { timeout: 10 });
    await clock.advance(10);
    const { message, cause } = await rejection(done) as Error;
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

describe('what is no connector', () => {
  test.each([['nothing', undefined], ['no key()', { connect: () => {} }], ['no connect()', { key: () => '' }]])('is refused: %s', (_, connector) => {
    expect(() => createPool(connector as never)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_POOL_ARGUMENT', message: expect.stringContaining('connector') }));
  });

  test('is told from one that has both', async () => {
    const { key, connect } = memoryServer();
    await createPool<string>({ key, connect }).close();
  });
});
