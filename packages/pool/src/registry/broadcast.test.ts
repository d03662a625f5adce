import type { Socket, SocketLimitsInput } from '@sock/core';
import { WRITABLE } from '@sock/core';
import { assertSameBytes, bytes, leakGuard, pattern, rejection, text, turns, until } from '@sock/testkit';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { BroadcastOptions, Registry } from '../registry.ts';
import { createRegistry } from '../registry.ts';
import { fakeClock } from './fake-clock.test-d.ts';
import { pairFrom, readAll } from './peer.test-d.ts';

leakGuard();
afterEach(() => void vi.useRealTimers());

const SMALL: SocketLimitsInput = { sendQueueBytes: '4KiB', receiveQueueBytes: '4KiB' };

/** Fills everything between a socket and a peer that reads nothing. */
async function fill(socket: Socket): Promise<number> {
  let count = 0;
  for (let taken = 1; taken > 0; count += taken) {
    taken = socket.trySend(new Uint8Array(8192));
    await turns(1);
  }
  return count;
}

/** Reads `length` bytes and drops them. */
async function drop(peer: Socket, length: number): Promise<void> {
  await peer.recvExactly(length);
}

async function slowAndQuick(registry: Registry): Promise<{ slow: Socket; slowPeer: Socket; quick: Socket; quickPeer: Socket; filled: number }> {
  const [[slow, slowPeer], [quick, quickPeer]] = [pairFrom(undefined, SMALL), pairFrom(undefined, SMALL)];
  registry.add(slow);
  registry.add(quick);
  return { slow, slowPeer, quick, quickPeer, filled: await fill(slow) };
}

describe('a broadcast', () => {
  test('reaches all but those excepted and filtered out', async () => {
    const registry = createRegistry<number>();
    const pairs = Array.from({ length: 5 }, () => pairFrom());
    const [first, second, third, , fifth] = pairs.map(([socket], index) => registry.add(socket, index));
    const result = await registry.broadcast(bytes('news'), { except: [first as never, second as never], filter: ({ data }) => data !== 3 });
    expect(result).toEqual({ sent: [third, fifth], skipped: [], dropped: [], gone: [] });
    expect((await registry.broadcast(bytes('more'), { except: third })).sent).toHaveLength(4);
    for (const [socket] of pairs) void socket.close();
    expect(await Promise.all(pairs.map(async ([, peer]) => {
      const got = text(await readAll(peer));
      await peer.close();
      return got;
    }))).toEqual(['more', 'more', 'news', 'more', 'newsmore']);
    expect(registry.stats().broadcasts).toEqual({ calls: 2, sent: 6, skipped: 0, dropped: 0, gone: 0 });
  });

  test.each([
    ['Uint8Array', pattern],
    ['Buffer, whose slice() copies nothing', (length: number) => Buffer.from(pattern(length))],
  ])('leaves the buffer to its caller as soon as the call has returned, for small and large messages: a %s', async (_, made) => {
    const registry = createRegistry();
    const pairs = [10, 100_000].map(() => pairFrom(undefined, SMALL));
    for (const [socket] of pairs) registry.add(socket);
    for (const length of [10, 100_000]) {
      const message = made(length);
      const sent = registry.broadcast(message);
      message.fill(0);
      await sent;
      await Promise.all(pairs.map(async ([, peer]) => assertSameBytes(await peer.recvExactly(length), pattern(length))));
    }
    for (const [, peer] of pairs) peer.destroy();
    await until(() => registry.size === 0, 'closed');
  });

  test('makes one copy for all of a large message', async () => {
    const registry = createRegistry();
    const pairs = Array.from({ length: 20 }, () => pairFrom(undefined, SMALL));
    for (const [socket] of pairs) registry.add(socket);
    const message = pattern(1_000_000);
    const memories = new Set<ArrayBufferLike>();
    for (const [socket] of pairs) {
      const send = socket.send.bind(socket);
      vi.spyOn(socket, 'send').mockImplementation((bytes, options) => {
        memories.add(bytes.buffer);
        return send(bytes, options);
      });
    }
    const { sent } = await registry.broadcast(message);
    expect([sent.length, memories.size, memories.has(message.buffer)]).toEqual([20, 1, false]);
    for (const [, peer] of pairs) peer.destroy();
    await until(() => registry.size === 0, 'closed');
  });

  test('by itself skips slow peers and waits for nobody', async () => {
    const registry = createRegistry();
    const { slow, slowPeer, quick, quickPeer, filled } = await slowAndQuick(registry);
    for (const length of [4, 50_000]) {
      const result = await registry.broadcast(pattern(length));
      expect([result.sent.map(({ socket }) => socket), result.skipped.map(({ socket }) => socket)]).toEqual([[quick], [slow]]);
      assertSameBytes(await quickPeer.recvExactly(length), pattern(length));
    }
    expect(slow.stats.bytesSent).toBe(filled);
    await drop(slowPeer, filled);
    await turns(1);
    expect((await registry.broadcast(bytes('news'))).sent).toHaveLength(2);
    expect(text(await slowPeer.recv())).toBe('news');
    for (const peer of [slowPeer, quickPeer]) peer.destroy();
  });

  test('never has more for a peer that reads nothing than its send queue and one message', async () => {
    const registry = createRegistry();
    const [socket, peer] = pairFrom(undefined, SMALL);
    registry.add(socket);
    const heap = (): number => socket.stats.bytesSent - socket.stats.bytesWritten;
    const results = [];
    for (let count = 0; count < 500; count += 1) results.push(await registry.broadcast(pattern(3000, count)));
    const sent = results.filter(({ sent: { length } }) => length === 1).length;
    expect([sent, results.filter(({ skipped: { length } }) => length === 1).length]).toEqual([3, 497]);
    expect(heap()).toBeLessThanOrEqual(4096);
    // What it got is whole and in order, as far as the word "sent" went.
    for (let count = 0; count < sent; count += 1) assertSameBytes(await peer.recvExactly(3000), pattern(3000, count));
    peer.destroy();
  });

  test('with "wait" reaches a slow peer when there is room, in order with those behind it', async () => {
    const clock = fakeClock();
    const registry = createRegistry({ clock });
    const { slow, slowPeer, quickPeer, filled } = await slowAndQuick(registry);
    let over = 0;
    const both = ['one', 'two'].map(async (word) => {
      const result = await registry.broadcast(bytes(word), { slow: 'wait' });
      over += 1;
      return result;
    });
    // Another one, that waits for nobody, does not overtake them.
    expect((await registry.broadcast(bytes('six'))).skipped.map(({ socket }) => socket)).toEqual([slow]);
    expect([text(await quickPeer.recvExactly(9)), over]).toEqual(['onetwosix', 0]);
    await drop(slowPeer, filled);
    expect((await Promise.all(both)).map(({ sent }) => sent.length)).toEqual([2, 2]);
    expect(text(await slowPeer.recvExactly(6))).toBe('onetwo');
    expect(clock.timers).toBe(0);
    for (const peer of [slowPeer, quickPeer]) peer.destroy();
  });

  test('with "wait" keeps what it was given, whatever its caller writes into the buffer', async () => {
    const registry = createRegistry();
    const { slowPeer, quickPeer, filled } = await slowAndQuick(registry);
    const message = pattern(1000);
    const sent = registry.broadcast(message, { slow: 'wait' });
    message.fill(0);
    await drop(slowPeer, filled);
    expect((await sent).sent).toHaveLength(2);
    for (const peer of [slowPeer, quickPeer]) {
      assertSameBytes(await peer.recvExactly(1000), pattern(1000));
      peer.destroy();
    }
  });

  test('sent from within the news that there is room does not overtake those that wait', async () => {
    const registry = createRegistry();
    const [slow, slowPeer] = pairFrom(undefined, SMALL);
    const connection = registry.add(slow);
    const filled = await fill(slow);
    const late: Promise<unknown>[] = [];
    // Registered first, and so told first.
    const unwatch = slow.onReady((ready) => {
      if ((ready & WRITABLE) !== 0 && late.length === 0) late.push(registry.broadcast(bytes('second'), { slow: 'wait' }));
    });
    const first = registry.broadcast(bytes('first'), { slow: 'wait' });
    await drop(slowPeer, filled);
    expect((await first).sent).toEqual([connection]);
    expect(text(await slowPeer.recvExactly(11))).toBe('firstsecond');
    expect(late).toHaveLength(1);
    unwatch();
    slowPeer.destroy();
    await Promise.all(late);
  });

  test('with "wait" skips a peer after the time, and never leaves half a message', async () => {
    const clock = fakeClock();
    const registry = createRegistry({ clock, broadcastTimeout: 700 });
    const { slow, slowPeer, quickPeer, filled } = await slowAndQuick(registry);
    const late = registry.broadcast(pattern(20_000), { slow: 'wait' });
    const later = registry.broadcast(bytes('x'), { slow: 'wait', timeout: 900 });
    let told = false;
    void late.then(() => (told = true));
    await clock.advance(699);
    expect(told).toBe(false);
    await clock.advance(1);
    expect((await late).skipped.map(({ socket }) => socket)).toEqual([slow]);
    expect(slow.stats.bytesSent).toBe(filled);
    await Promise.all([drop(slowPeer, filled), drop(quickPeer, 20_001)]);
    expect((await later).sent).toHaveLength(2);
    expect(text(await slowPeer.recv())).toBe('x');
    for (const peer of [slowPeer, quickPeer]) peer.destroy();
    expect(clock.timers).toBe(0);
  });

  test('with "wait" keeps at most maxWaitingBroadcasts for one peer', async () => {
    const clock = fakeClock();
    const registry = createRegistry({ clock, maxWaitingBroadcasts: 2 });
    const { slow, slowPeer, quickPeer } = await slowAndQuick(registry);
    const results = Array.from({ length: 5 }, () => registry.broadcast(bytes('x'), { slow: 'wait' }));
    const refused = await Promise.all(results.slice(2));
    expect(refused.map(({ skipped }) => skipped.map(({ socket }) => socket))).toEqual([[slow], [slow], [slow]]);
    slowPeer.destroy();
    expect((await Promise.all(results.slice(0, 2))).map(({ gone }) => gone.map(({ socket }) => socket))).toEqual([[slow], [slow]]);
    quickPeer.destroy();
    await until(() => registry.size === 0, 'closed');
    expect([clock.timers, registry.stats().broadcasts]).toEqual([0, { calls: 5, sent: 5, skipped: 3, dropped: 0, gone: 2 }]);
  });

  test('with "drop" destroys a slow peer, at once or after the time, and tells why', async () => {
    const clock = fakeClock();
    const registry = createRegistry({ clock });
    const now = await slowAndQuick(registry);
    const dropped = registry.get(now.slow);
    expect((await registry.broadcast(bytes('x'), { slow: 'drop' })).dropped).toEqual([dropped]);
    expect(await dropped?.closed).toMatchObject({ reason: 'slow', cause: { code: 'ERR_SOCK_POOL_FULL', message: expect.stringContaining('does not take its bytes') } });
    const later = await slowAndQuick(registry);
    const result = registry.broadcast(bytes('x'), { slow: 'drop', timeout: 50 });
    await clock.advance(49);
    expect(registry.has(later.slow)).toBe(true);
    await clock.advance(1);
    expect((await result).dropped.map(({ socket }) => socket)).toEqual([later.slow]);
    expect([registry.stats().removed.slow, registry.stats().broadcasts]).toEqual([2, { calls: 2, sent: 3, skipped: 0, dropped: 2, gone: 0 }]);
    for (const { slowPeer, quickPeer } of [now, later]) for (const peer of [slowPeer, quickPeer]) peer.destroy();
  });

  test('whose signal fires waits no longer, and still tells who got it', async () => {
    const registry = createRegistry();
    const { slow, quick, slowPeer, quickPeer } = await slowAndQuick(registry);
    const stop = new AbortController();
    const sending = registry.broadcast(bytes('x'), { slow: 'wait', signal: stop.signal });
    stop.abort();
    const result = await sending;
    expect([result.sent, result.skipped].map((list) => list.map(({ socket }) => socket))).toEqual([[quick], [slow]]);
    expect(await rejection(registry.broadcast(bytes('y'), { signal: stop.signal }))).toMatchObject({ code: 'ERR_SOCK_POOL_CLOSED', message: expect.stringContaining('nothing was sent') });
    expect(text(await quickPeer.recv())).toBe('x');
    for (const peer of [slowPeer, quickPeer]) peer.destroy();
  });

  test('passes over those that are closing, and tells of those that ended before it was their turn', async () => {
    const registry = createRegistry();
    const pairs = [pairFrom(), pairFrom(), pairFrom()] as const;
    const [closing, finished, open] = pairs.map(([socket]) => registry.add(socket));
    void closing?.close();
    await finished?.socket.shutdown();
    expect(await registry.broadcast(bytes('x'))).toEqual({ sent: [open], skipped: [], dropped: [], gone: [finished] });
    for (const [, peer] of pairs) peer.destroy();
    await until(() => registry.size === 0, 'closed');
  });

  test('reaches connections that a drain lets finish', async () => {
    const registry = createRegistry();
    const [socket, peer] = pairFrom();
    const connection = registry.add(socket);
    connection.begin();
    const drained = registry.drain({ timeout: '1m' });
    expect((await registry.broadcast(bytes('leaving'))).sent).toEqual([connection]);
    expect(text(await peer.recv())).toBe('leaving');
    peer.destroy();
    await drained;
  });

  test.each([
    ['text', {}, 'ERR_SOCK_POOL_ARGUMENT', 'bytes are none'],
    [bytes('x'), { slow: 'never' }, 'ERR_SOCK_POOL_ARGUMENT', 'slow got "never"'],
    [bytes('x'), { timeout: 5 }, 'ERR_SOCK_POOL_ARGUMENT', 'no effect with slow: "skip"'],
    [bytes('x'), { slow: 'wait', timeout: 'soon' }, 'ERR_SOCK_CONFIG', 'duration'],
    [bytes('x'), { exept: [] }, 'ERR_SOCK_POOL_ARGUMENT', 'exept is no option'],
    [bytes('x'), { except: null }, 'ERR_SOCK_POOL_ARGUMENT', 'except takes a connection, or several'],
    [bytes('x'), { except: pairFrom()[0] }, 'ERR_SOCK_POOL_ARGUMENT', 'except takes a connection, or several'],
    [bytes('x'), { filter: 'all' }, 'ERR_SOCK_POOL_ARGUMENT', 'filter takes a function'],
    [bytes('x'), { signal: 1 }, 'ERR_SOCK_POOL_ARGUMENT', 'signal takes an AbortSignal'],
    [bytes('x'), { filter: () => {
      throw Object.assign(new Error('mine'), { code: 'MINE' });
    } }, 'MINE', 'mine'],
  ])('refuses %j with %j, and sends nothing', async (message, options, code, reason) => {
    const registry = createRegistry();
    const [socket, peer] = pairFrom();
    registry.add(socket);
    expect(await rejection(registry.broadcast(message as Uint8Array, options as unknown as BroadcastOptions<undefined>))).toMatchObject({ code, message: expect.stringContaining(reason) });
    expect(socket.stats.bytesSent).toBe(0);
    expect((await registry.broadcast(bytes('x'))).sent).toHaveLength(1);
    peer.destroy();
  });
});
