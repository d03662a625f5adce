import type { Cancel } from '@sock/core';
import { bytes, leakGuard, rejection, text } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { worlds } from './acquire-world.test-d.ts';
import { settle } from './fake-clock.test-d.ts';

leakGuard();
const world = worlds();

describe('prepare', () => {
  test('has the connection first, with its target; what it answers stays with the connection', async () => {
    let prepared = 0;
    const { pool, server } = world<{ user: string; seen: number }>({
      prepare: async (socket, target) => {
        await socket.send(bytes(`hello ${target}`));
        return { user: `user ${++prepared}`, seen: 0 };
      },
    });
    const first = await pool.acquire('a');
    expect([first.data.user, text(await server.peers[0]?.recv() as Uint8Array)]).toEqual(['user 1', 'hello a']);
    first.data.seen += 1;
    first.release();
    const second = await pool.acquire('a');
    expect([second.data, prepared]).toEqual([{ user: 'user 1', seen: 1 }, 1]);
    second.data = { user: 'other', seen: 9 };
    second.release();
    expect((await pool.acquire('a')).data).toEqual({ user: 'other', seen: 9 });
    expect((await pool.acquire('a')).data).toEqual({ user: 'user 2', seen: 0 });
  });

  test('without it the data is undefined', async () => {
    const { pool } = world();
    expect((await pool.acquire('a')).data).toBeUndefined();
  });

  test.each([['at once', () => { throw new Error('bad login'); }], ['later', () => Promise.reject(new Error('bad login'))]])('that throws %s fails the dial, with a code of its own, and closes the connection', async (_, prepare) => {
    const { pool, call } = world({ prepare });
    expect(await rejection(call('a').done)).toMatchObject({
      code: 'ERR_SOCK_POOL_PREPARE', category: 'protocol', message: 'prepare() failed for a new connection to memory a: bad login', cause: { message: 'bad login' },
    });
    expect(pool.stats()).toMatchObject({ created: 0, dialsFailed: 1, size: 0 });
  });

  test('a failure of the connection itself is passed on as it is', async () => {
    const { server, call } = world({
      prepare: async (socket) => {
        await socket.recv();
      },
    });
    const { done } = call('a');
    await settle();
    server.hangUp('reset');
    expect(await rejection(done)).toMatchObject({ code: 'ERR_SOCK_RESET' });
  });

  test('counts as being dialled while it runs, and others wait for nothing else', async () => {
    let ready: () => void = () => {};
    const { pool, call } = world({ maxPerKey: 1, prepare: () => new Promise<undefined>((resolve) => (ready = () => resolve(undefined))) });
    const { done } = call('a');
    await settle();
    expect(pool.stats()).toMatchObject({ connecting: 1, idle: 0, leased: 0, created: 0 });
    ready();
    expect((await done).id).toBe(1);
  });

  test('gets a signal and a time-out, and one that never answers is left behind with its connection closed', async () => {
    let given: Cancel = {};
    const { pool, server, clock, call } = world({
      connectTimeout: 500,
      prepare: (_socket, _target, cancel) => {
        given = cancel;
        return new Promise<undefined>(() => {});
      },
    });
    const { done } = call('a');
    await settle();
    expect([given.signal?.aborted, Number(given.timeout) <= 500]).toEqual([false, true]);
    await clock.advance(600);
    expect(await rejection(done)).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', message: expect.stringContaining('connectTimeout') });
    expect([given.signal?.aborted, await server.peers[0]?.recv().catch((error: { code: string }) => error.code), pool.stats().size]).toEqual([true, 'ERR_SOCK_RESET', 0]);
  });

  test('is given up with the pool', async () => {
    const { pool, call } = world({ prepare: () => new Promise<undefined>(() => {}) });
    const { done } = call('a');
    await settle();
    pool.destroy();
    expect(await rejection(done)).toMatchObject({ code: 'ERR_SOCK_POOL_CLOSED' });
    expect(pool.stats().connecting).toBe(0);
  });

  test('is not run for a connection that comes too late', async () => {
    let prepared = 0;
    let answer: () => void = () => {};
    const { clock, call } = world({
      connectTimeout: 10,
      prepare: () => {
        prepared += 1;
        return undefined;
      },
    }, (inner) => ({
      key: inner.key,
      connect: async (target) => {
        await new Promise<void>((resolve) => (answer = resolve));
        return await inner.connect(target);
      },
    }));
    const { done } = call('a');
    await clock.advance(100);
    await rejection(done);
    answer();
    await settle();
    expect(prepared).toBe(0);
  });
});
