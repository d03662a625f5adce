import { bytes, leakGuard, rejection, text, turns, until } from '@sock/testkit';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Connection, Registry } from '../registry.ts';
import { createRegistry } from '../registry.ts';
import { fakeClock } from './fake-clock.test-d.ts';
import { pairFrom } from './peer.test-d.ts';

leakGuard();
afterEach(() => void vi.useRealTimers());

describe('a drain', () => {
  test('closes idle connections at once, lets busy ones finish, and refuses new ones', async () => {
    const clock = fakeClock();
    const registry = createRegistry({ clock });
    const [idle, busy] = [pairFrom(), pairFrom()];
    const [atRest, atWork] = [registry.add(idle[0]), registry.add(busy[0])];
    const end = atWork.begin();
    const drained = registry.drain({ timeout: '10s' });
    expect([registry.state, atRest.state, atWork.state]).toEqual(['draining', 'closing', 'draining']);
    expect(() => registry.add(pairFrom()[0])).toThrow(expect.objectContaining({ code: 'ERR_SOCK_POOL_CLOSED' }));
    await busy[0].send(bytes('the answer'));
    expect(text(await busy[1].recv())).toBe('the answer');
    await clock.advance(5000);
    expect(atWork.state).toBe('draining');
    end();
    expect(atWork.state).toBe('closing');
    for (const [, peer] of [idle, busy]) await peer.close();
    expect(await drained).toEqual({ finished: 2, forced: [] });
    expect([registry.state, registry.size, registry.stats().removed.drained, clock.timers]).toEqual(['stopped', 0, 2, 0]);
    expect(await registry.closed).toEqual({ how: 'local' });
    expect((await atWork.closed).reason).toBe('drained');
  });

  test('takes bytes that nobody has read or written yet for work', async () => {
    const clock = fakeClock();
    const registry = createRegistry({ clock });
    const pairs = [pairFrom(), pairFrom(), pairFrom(undefined, { receiveQueueBytes: '4KiB' })] as const;
    const [unread, buffered, unsent] = pairs.map(([socket]) => registry.add(socket)) as [Connection, Connection, Connection];
    await pairs[0][1].send(bytes('a request'));
    await pairs[1][1].send(bytes('half'));
    expect(buffered.in.tryLine()).toBeUndefined();
    pairs[2][0].trySend(new Uint8Array(10_000));
    await turns(1);
    const drained = registry.drain();
    await clock.advance(1000);
    expect([unread, buffered, unsent].map(({ state }) => state)).toEqual(['draining', 'draining', 'draining']);
    await unread.socket.recv();
    await pairs[1][1].send(bytes('\n'));
    expect(await buffered.in.line()).toBe('half');
    for (let got = 0; got < 10_000; ) got += (await pairs[2][1].recv())?.length ?? 0;
    await clock.advance(100);
    expect([unread, buffered, unsent].map(({ state }) => state)).toEqual(['closing', 'closing', 'closing']);
    for (const [, peer] of pairs) await peer.close();
    expect((await drained).finished).toBe(3);
  });

  test('asks the program whether a connection is busy, again and again', async () => {
    const clock = fakeClock();
    let atWork = true;
    const registry = createRegistry({ clock, busy: () => atWork });
    const [socket, peer] = pairFrom();
    const connection = registry.add(socket);
    const drained = registry.drain();
    await clock.advance(1000);
    expect(connection.state).toBe('draining');
    atWork = false;
    await clock.advance(100);
    expect(connection.state).toBe('closing');
    await peer.close();
    await drained;
  });

  test('destroys what is left when the time is up, also what is closing, and answers who that was', async () => {
    const clock = fakeClock();
    const registry = createRegistry({ clock, drainTimeout: 500 });
    const [busy, silent, polite] = [pairFrom(), pairFrom(undefined, { lingerTimeout: '10m', closeTimeout: '10m' }), pairFrom()];
    const [atWork, closing, fine] = [busy, silent, polite].map(([socket]) => registry.add(socket)) as [Connection, Connection, Connection];
    atWork.begin();
    const drained = registry.drain();
    await polite[1].close();
    await clock.advance(499);
    expect([atWork.state, closing.state, fine.state]).toEqual(['draining', 'closing', 'closed']);
    await clock.advance(1);
    const report = await drained;
    expect(report.forced.map(({ id }) => id)).toEqual([atWork.id, closing.id]);
    expect(report.finished).toBe(1);
    expect(await Promise.all([atWork.closed, closing.closed])).toMatchObject([
      { reason: 'forced', how: 'timeout', cause: { code: 'ERR_SOCK_POOL_TIMEOUT', message: expect.stringContaining('within the 500 ms') } }, { reason: 'forced', how: 'timeout' },
    ]);
    expect([registry.state, registry.stats().removed, clock.timers]).toEqual(['stopped', expect.objectContaining({ forced: 2, drained: 1 }), 0]);
    expect((await rejection(busy[1].recv())).code).toBe('ERR_SOCK_RESET');
  });

  test('is one: calling it again joins in, and the shortest time, or a signal, counts', async () => {
    const clock = fakeClock();
    const registry = createRegistry({ clock });
    const [socket] = pairFrom();
    const connection = registry.add(socket);
    connection.begin();
    const stop = new AbortController();
    const first = registry.drain({ timeout: '1h' });
    const second = registry.drain({ timeout: '1h', signal: stop.signal });
    await clock.advance(1000);
    expect(registry.size).toBe(1);
    stop.abort(new Error('hurry'));
    const [one, two] = await Promise.all([first, second]);
    expect(one).toBe(two);
    expect(one.forced).toEqual([connection]);
    expect(await connection.closed).toMatchObject({ reason: 'forced', cause: { code: 'ERR_SOCK_POOL_CLOSED', message: expect.stringContaining('by its signal'), cause: { message: 'hurry' } } });
    expect(await registry.drain()).toBe(one);
    expect(clock.timers).toBe(0);
  });

  test.each([
    [{ timeout: 'soon' }, 'ERR_SOCK_CONFIG', 'duration'],
    [{ signal: {} }, 'ERR_SOCK_POOL_ARGUMENT', 'signal takes an AbortSignal'],
  ])('with %j is refused, and has not begun', async (options, code, reason) => {
    const registry = createRegistry();
    expect(await rejection(registry.drain(options as never))).toMatchObject({ code, message: expect.stringContaining(reason) });
    expect(registry.state).toBe('running');
    expect(await registry.drain({ timeout: 0 })).toEqual({ finished: 0, forced: [] });
  });

  test('a connection that is given up meanwhile is waited for no more', async () => {
    const registry = createRegistry();
    const [socket, peer] = pairFrom();
    const connection = registry.add(socket);
    connection.begin();
    const drained = registry.drain();
    expect(registry.remove(connection)).toBe(socket);
    expect(await drained).toEqual({ finished: 1, forced: [] });
    await socket.send(bytes('open'));
    expect(text(await peer.recv())).toBe('open');
    socket.destroy();
  });

  test('destroy() is a drain without time, with its cause; `await using` is one with time', async () => {
    const registry = createRegistry();
    const [socket] = pairFrom();
    const connection = registry.add(socket);
    connection.begin();
    const cause = new Error('the end');
    registry.destroy(cause);
    expect(await connection.closed).toEqual({ reason: 'forced', how: 'error', cause });
    expect(await registry.closed).toEqual({ how: 'error', cause });
    const [other, otherPeer] = pairFrom();
    let state = (): string => '';
    {
      await using second = createRegistry();
      state = () => second.state;
      second.add(other);
      void otherPeer.close();
    }
    expect(state()).toBe('stopped');
    await until(() => other.stats.closedAt > 0, 'closed');
  });

  test('is over when busy() gives the last one up, and looks no more', async () => {
    const clock = fakeClock();
    const registry: Registry = createRegistry({ clock, busy: (connection) => registry.remove(connection) !== undefined });
    const [socket, peer] = pairFrom();
    registry.add(socket);
    expect(await registry.drain()).toEqual({ finished: 1, forced: [] });
    expect(clock.timers).toBe(0);
    for (const end of [socket, peer]) end.destroy();
  });
});
