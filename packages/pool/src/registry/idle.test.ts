import { bytes, leakGuard, turns, until } from '@sock/testkit';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createRegistry } from '../registry.ts';
import { fakeClock } from './fake-clock.test-d.ts';
import { pairFrom, readAll } from './peer.test-d.ts';

leakGuard();
afterEach(() => void vi.useRealTimers());

describe('the idle time-out', () => {
  test('closes a silent connection gracefully, and tells why', async () => {
    const clock = fakeClock();
    const registry = createRegistry({ clock, idleTimeout: '1m' });
    const [socket, peer] = pairFrom();
    const connection = registry.add(socket);
    await clock.advance(59_999);
    expect([connection.state, connection.idleMs]).toEqual(['open', 59_999]);
    await clock.advance(1);
    expect(connection.state).toBe('closing');
    // The peer sees an end, not a reset.
    expect(await peer.recv()).toBeNull();
    await peer.close();
    expect(await connection.closed).toMatchObject({ reason: 'idle', how: 'local', cause: { code: 'ERR_SOCK_POOL_TIMEOUT', message: expect.stringContaining('no byte moved for 60000 ms') } });
    expect([registry.stats().removed.idle, registry.size, clock.timers]).toEqual([1, 0, 0]);
  });

  test.each(['received', 'sent', 'touched', 'worked'] as const)('begins again at the moment when bytes or the program moved: %s', async (what) => {
    const clock = fakeClock();
    const registry = createRegistry({ clock, idleTimeout: 1000 });
    const [socket, peer] = pairFrom();
    const connection = registry.add(socket);
    await clock.advance(700);
    if (what === 'received') {
      await peer.send(bytes('x'));
      await socket.recv();
    }
    if (what === 'sent') await socket.send(bytes('x'));
    await socket.flush();
    if (what === 'touched') connection.touch();
    if (what === 'worked') connection.begin()();
    await clock.advance(300);
    expect([connection.state, Math.round(connection.idleMs), Date.now() - connection.lastActivityAt]).toEqual(['open', 300, 300]);
    await clock.advance(699);
    expect(connection.state).toBe('open');
    await clock.advance(1);
    expect(connection.state).toBe('closing');
    peer.destroy();
    expect((await connection.closed).reason).toBe('idle');
  });

  test('lets a busy connection be, begun or by the word of the program, for as long as it is', async () => {
    const clock = fakeClock();
    let atWork = true;
    const registry = createRegistry<string>({ clock, idleTimeout: 100, busy: ({ data }) => data === 'told' && atWork });
    const [one, two] = [pairFrom(), pairFrom()];
    const [begun, told] = [registry.add(one[0], 'begun'), registry.add(two[0], 'told')];
    const [end, other] = [begun.begin(), begun.begin()];
    end();
    end();
    expect(begun.busy).toBe(true);
    await clock.advance(1000);
    expect([begun.state, told.state]).toEqual(['open', 'open']);
    other();
    atWork = false;
    await clock.advance(99);
    expect([begun.busy, begun.state]).toEqual([false, 'open']);
    await clock.advance(1);
    expect([begun.state, told.state]).toEqual(['closing', 'closing']);
    for (const [, peer] of [one, two]) peer.destroy();
    await until(() => registry.size === 0, 'closed');
  });

  test('a busy() that throws counts as at work', async () => {
    const clock = fakeClock();
    const registry = createRegistry({ clock, idleTimeout: 100, busy: () => {
      throw new Error('mine');
    } });
    const connection = registry.add(pairFrom()[0]);
    await clock.advance(1000);
    expect([connection.busy, connection.state]).toEqual([true, 'open']);
    connection.destroy();
    await connection.closed;
  });

  test('of one connection may be its own, and change', async () => {
    const clock = fakeClock();
    const registry = createRegistry({ clock, idleTimeout: 1000 });
    const pairs = [pairFrom(), pairFrom(), pairFrom(), pairFrom()] as const;
    const [short, never, usual, changed] = [
      registry.add(pairs[0][0], undefined, { idleTimeout: 10 }), registry.add(pairs[1][0], undefined, { idleTimeout: Infinity }), registry.add(pairs[2][0]), registry.add(pairs[3][0]),
    ];
    expect([short, never, usual].map(({ idleTimeoutMs }) => idleTimeoutMs)).toEqual([10, Infinity, 1000]);
    await clock.advance(10);
    expect([short, never, usual].map(({ state }) => state)).toEqual(['closing', 'open', 'open']);
    changed.setIdleTimeout('20ms');
    usual.setIdleTimeout('1h');
    await clock.advance(10);
    expect(changed.state).toBe('closing');
    await clock.advance(10_000);
    expect([never.state, usual.state]).toEqual(['open', 'open']);
    never.setIdleTimeout(undefined);
    expect(never.idleTimeoutMs).toBe(1000);
    await clock.advance(1);
    expect(never.state).toBe('closing');
    expect(() => usual.setIdleTimeout('soon' as '1s')).toThrow(/duration/);
    for (const [, peer] of pairs) peer.destroy();
    await until(() => registry.size === 0, 'closed');
    expect(clock.timers).toBe(0);
  });

  test('a peer that takes bytes slowly is not idle, and one that takes none is', async () => {
    const clock = fakeClock();
    const registry = createRegistry({ clock, idleTimeout: 100 });
    const [socket, peer] = pairFrom(undefined, { sendQueueBytes: '64KiB', receiveQueueBytes: '4KiB' });
    const connection = registry.add(socket);
    socket.send(new Uint8Array(60_000)).catch(() => {});
    for (let count = 0; count < 5; count += 1) {
      await clock.advance(80);
      await peer.recv();
      await turns(1);
    }
    expect(connection.state).toBe('open');
    await clock.advance(200);
    expect(connection.state).toBe('closing');
    peer.destroy();
    expect((await connection.closed).reason).toBe('idle');
  });

  test('it begins when a slow peer has taken the last byte, and not when that was sent', async () => {
    const clock = fakeClock();
    const registry = createRegistry({ clock, idleTimeout: 100 });
    const [socket, peer] = pairFrom(undefined, { sendQueueBytes: '64KiB', receiveQueueBytes: '4KiB' });
    const connection = registry.add(socket);
    const sent = socket.send(new Uint8Array(60_000));
    await clock.advance(90);
    await peer.recvExactly(60_000);
    await sent;
    expect(socket.stats.sendQueueBytes).toBe(0);
    await clock.advance(99);
    expect([connection.state, Math.round(connection.idleMs)]).toEqual(['open', 99]);
    await clock.advance(1);
    expect(connection.state).toBe('closing');
    peer.destroy();
    expect((await connection.closed).reason).toBe('idle');
  });

  test('a wall clock that is set makes nobody look idle, forwards or back', async () => {
    const clock = fakeClock();
    const registry = createRegistry({ clock, idleTimeout: '1m' });
    const [socket, peer] = pairFrom();
    const connection = registry.add(socket);
    const move = async (): Promise<void> => {
      await peer.send(bytes('x'));
      await socket.recv();
    };
    for (const jump of [3_600_000, -7_200_000]) {
      await clock.advance(30_000);
      await move();
      vi.setSystemTime(Date.now() + jump);
      await clock.advance(30_000);
      expect(connection.state).toBe('open');
      vi.setSystemTime(Date.now() + jump);
      await move();
      await clock.advance(59_000);
      expect(connection.state).toBe('open');
      await move();
    }
    await clock.advance(60_000);
    expect(connection.state).toBe('closing');
    peer.destroy();
    await connection.closed;
  });

  test('is one timer for all, and none when there is nobody', async () => {
    const clock = fakeClock();
    const registry = createRegistry({ clock, idleTimeout: 1000 });
    const pairs = Array.from({ length: 200 }, () => pairFrom());
    for (const [socket] of pairs) {
      registry.add(socket);
      await clock.advance(1);
    }
    expect(clock.timers).toBe(1);
    await clock.advance(500);
    for (const [socket] of pairs.slice(0, 100)) await socket.send(bytes('x'));
    await clock.advance(600);
    expect([clock.timers, registry.stats().closing]).toEqual([1, 100]);
    for (const [, peer] of pairs) peer.destroy();
    await until(() => registry.size === 0, 'closed');
    expect(clock.timers).toBe(0);
  });

  test('without one, a registry runs no timer', () => {
    const clock = fakeClock();
    const registry = createRegistry({ clock });
    const connection = registry.add(pairFrom()[0]);
    connection.begin()();
    expect(clock.timers).toBe(0);
    connection.destroy();
  });
});

describe('closing in the background', () => {
  test('a thousand peers that do not answer hold up nobody, and are destroyed at the end of closeTimeout', async () => {
    const clock = fakeClock();
    const registry = createRegistry({ clock, idleTimeout: 1000, closeTimeout: 2000 });
    // They read nothing and never end: a graceful close waits for them for as long as its socket lets it.
    const limits = { sendQueueBytes: '4KiB', receiveQueueBytes: '4KiB', closeTimeout: '10m', lingerTimeout: '10m' } as const;
    const pairs = Array.from({ length: 1000 }, () => pairFrom(undefined, limits));
    for (const [socket] of pairs) {
      registry.add(socket);
      socket.trySend(new Uint8Array(4096));
      socket.trySend(new Uint8Array(4096));
    }
    const startedAt = performance.now();
    await clock.advance(1000);
    expect([registry.size, registry.stats().closing]).toEqual([1000, 1000]);
    const [other, otherPeer] = pairFrom();
    const connection = registry.add(other);
    await other.send(bytes('at once'));
    expect(await otherPeer.recv()).toHaveLength(7);
    expect([registry.get(other), registry.get(connection.id)]).toEqual([connection, connection]);
    // One silent peer, waited for, would alone be ten minutes.
    expect(performance.now() - startedAt).toBeLessThan(2000);
    connection.setIdleTimeout(Infinity);
    await clock.advance(1999);
    expect(registry.stats().closing).toBe(1000);
    await clock.advance(1);
    await until(() => registry.size === 1, 'the silent ones have gone');
    expect(registry.stats().removed.idle).toBe(1000);
    otherPeer.destroy();
    await connection.closed;
  });

  test('has its time, whatever else happens to the connection meanwhile', async () => {
    const clock = fakeClock();
    const registry = createRegistry({ clock, idleTimeout: 1000, closeTimeout: 100 });
    const connection = registry.add(pairFrom(undefined, { lingerTimeout: '10m', closeTimeout: '10m' })[0]);
    const end = connection.begin();
    void connection.close();
    await clock.advance(60);
    end();
    connection.begin()();
    connection.touch();
    connection.setIdleTimeout('1h');
    await clock.advance(39);
    expect([connection.state, registry.size]).toEqual(['closing', 1]);
    await clock.advance(1);
    expect(await connection.closed).toMatchObject({ reason: 'timeout', cause: { code: 'ERR_SOCK_POOL_TIMEOUT', message: expect.stringContaining('within 100 ms (closeTimeout)') } });
    expect([registry.size, registry.stats().removed.timeout, clock.timers]).toEqual([0, 1, 0]);
  });

  test('what was sent before is written, and the end follows it', async () => {
    const registry = createRegistry();
    const [socket, peer] = pairFrom();
    const connection = registry.add(socket);
    await socket.send(new Uint8Array(100_000));
    const closing = connection.close();
    const got = readAll(peer);
    expect(await got).toHaveLength(100_000);
    await peer.close();
    await closing;
    expect((await connection.closed).how).toBe('local');
  });

  test('a close with a time of its own is over then, and says so', async () => {
    const registry = createRegistry();
    const [socket, peer] = pairFrom(undefined, { sendQueueBytes: '4KiB', receiveQueueBytes: '4KiB' });
    const connection = registry.add(socket);
    for (let count = 0; count < 2; count += 1) socket.trySend(new Uint8Array(4096));
    await turns(1);
    socket.trySend(new Uint8Array(4096));
    await connection.close({ timeout: 20 });
    expect(await connection.closed).toMatchObject({ reason: 'timeout', how: 'timeout', cause: { code: 'ERR_SOCK_TIMEOUT' } });
    peer.destroy();
  });

  test('is looked at once for each time that it is due, however the sum of times is rounded', async () => {
    // Across a power of two, where the difference of two times is less than what was added to the one.
    const [added, due] = [83_534.947872, 143_534.947872];
    vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 });
    const times = { now: added, ring: (): void => {} };
    const looks = vi.fn<() => boolean>(() => {
      if (looks.mock.calls.length > 10) throw new Error('again and again');
      return false;
    });
    const clock = { now: () => times.now, after: (_: number, run: () => void) => ((times.ring = run), () => {}) };
    const registry = createRegistry({ clock, idleTimeout: 60_000, busy: looks });
    const [socket, peer] = pairFrom();
    const connection = registry.add(socket);
    expect([due - added < 60_000, added + 60_000]).toEqual([true, due]);
    times.now = due;
    times.ring();
    expect([looks.mock.calls.length, connection.state]).toEqual([1, 'closing']);
    await peer.close();
    expect((await connection.closed).reason).toBe('idle');
  });

  test.each([0, '0s'] as const)('of %j is refused: a busy connection would be due always', (idleTimeout) => {
    const registry = createRegistry();
    const [socket, peer] = pairFrom();
    expect(() => registry.add(socket, undefined, { idleTimeout })).toThrow(expect.objectContaining({ code: 'ERR_SOCK_CONFIG', message: expect.stringContaining('1 ms or more') }));
    const connection = registry.add(socket, undefined, { idleTimeout: 1 });
    expect(() => connection.setIdleTimeout(idleTimeout)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_CONFIG' }));
    expect(connection.idleTimeoutMs).toBe(1);
    registry.destroy();
    peer.destroy();
  });

  test('a busy() that closes the connection or gives it up leaves its close its time, and asks no more', async () => {
    const clock = fakeClock();
    const registry = createRegistry<'close' | 'remove'>({ clock, idleTimeout: 100, closeTimeout: 50, busy: (connection) => {
      if (connection.data === 'close') void connection.close();
      else registry.remove(connection);
      return true;
    } });
    const [[one, first], [two, second]] = [pairFrom(), pairFrom()];
    const connection = registry.add(one, 'close');
    registry.add(two, 'remove');
    await clock.advance(100);
    expect([connection.state, registry.size]).toEqual(['closing', 1]);
    await clock.advance(51);
    expect([connection.state, clock.timers]).toEqual(['closed', 0]);
    for (const socket of [two, first, second]) socket.destroy();
  });
});
