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

describe('what is no connector', () => {
  test.each([['nothing', undefined], ['no key()', { connect: () => {} }], ['no connect()', { key: () => '' }]])('is refused: %s', (_, connector) => {
    expect(() => createPool(connector as never)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_POOL_ARGUMENT', message: expect.stringContaining('connector') }));
  });

  test('is told from one that has both', async () => {
    const { key, connect } = memoryServer();
    const pool = createPool<string>({ key, connect });
    await pool.close();
    expect(pool.state).toBe('stopped');
  });
});
