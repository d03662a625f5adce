import type { Socket } from '@sock/core';
import { bytes, leakGuard, rejection, text, turns, until } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import type { Connection, ConnectionEnd, RegistryOptions } from '../registry.ts';
import { createRegistry } from '../registry.ts';
import { pairFrom } from './peer.test-d.ts';

leakGuard();

describe('a registry', () => {
  test('finds a connection by its socket, its id and itself, and gives each its own number', () => {
    const registry = createRegistry<string>();
    const [[one, onePeer], [two, twoPeer]] = [pairFrom(), pairFrom()];
    const [first, second] = [registry.add(one, 'first'), registry.add(two, 'second')];
    expect([registry.get(one), registry.get(first.id), registry.get(first)]).toEqual([first, first, first]);
    expect([registry.has(two), registry.has(2), registry.has(second), registry.has(onePeer), registry.has(3)]).toEqual([true, true, true, false, false]);
    expect([first.id, second.id, first.data, second.data, registry.size]).toEqual([1, 2, 'first', 'second', 2]);
    registry.remove(second);
    expect(registry.add(two, 'again').id).toBe(3);
    expect(registry.get(second)).toBeUndefined();
    for (const socket of [onePeer, twoPeer, one, two]) socket.destroy();
  });

  test('knows none of another registry, though the ids are the same', () => {
    const [here, there] = [createRegistry(), createRegistry()];
    const [[one, onePeer], [two, twoPeer]] = [pairFrom(), pairFrom()];
    const [mine, other] = [here.add(one), there.add(two)];
    expect([mine.id === other.id, here.has(other), here.remove(other), there.has(other)]).toEqual([true, false, undefined, true]);
    for (const socket of [onePeer, twoPeer]) socket.destroy();
  });

  test('iterates over those that were there at the start and still are, once, oldest first; not over those that are added meanwhile', () => {
    const registry = createRegistry<number>();
    const pairs = Array.from({ length: 5 }, () => pairFrom());
    const connections = pairs.slice(0, 4).map(([socket], index) => registry.add(socket, index));
    const visited: number[] = [];
    for (const { data } of registry) {
      visited.push(data);
      if (data === 0) registry.remove(connections[2] as Connection<number>);
      if (data === 1) registry.remove(connections[0] as Connection<number>);
      if (visited.length === 2) registry.add(pairs[4]?.[0] as Socket, 4);
    }
    expect(visited).toEqual([0, 1, 3]);
    expect([...registry].map(({ data }) => data)).toEqual([1, 3, 4]);
    for (const [one, two] of pairs) for (const socket of [one, two]) socket.destroy();
  });

  test('tells how each connection left, once, by `closed`, `onEnd` and its counts', async () => {
    const ends: [number, ConnectionEnd][] = [];
    const registry = createRegistry({ onEnd: ({ id }, end) => ends.push([id, end]) });
    const pairs = Array.from({ length: 6 }, () => pairFrom());
    const [byPeer, byReset, byUs, byDestroy, removed, withCause] = pairs.map(([socket]) => registry.add(socket)) as [Connection, Connection, Connection, Connection, Connection, Connection];
    const closed = [byPeer, byReset, byUs].map((connection) => connection.closed);
    const peers = pairs.map(([, peer]) => peer) as [Socket, Socket, Socket, Socket, Socket, Socket];
    await peers[0].shutdown();
    await byPeer.socket.close();
    peers[1].destroy();
    await Promise.all([byUs.close(), peers[2].close()]);
    byDestroy.destroy();
    registry.remove(removed.socket);
    withCause.destroy(new Error('enough'));
    await turns(1);
    expect((await Promise.all(closed)).map(({ reason }) => reason)).toEqual(['peer', 'reset', 'local']);
    // Asked for when it was over.
    expect(await Promise.all([byDestroy, removed, withCause].map((connection) => connection.closed))).toMatchObject([
      { reason: 'local', how: 'local' }, { reason: 'removed', how: 'local' }, { reason: 'error', how: 'error', cause: { message: 'enough' } },
    ]);
    expect(ends.map(([id, { reason }]) => `${id} ${reason}`).toSorted()).toEqual(['1 peer', '2 reset', '3 local', '4 local', '5 removed', '6 error']);
    expect(registry.stats()).toMatchObject({ open: 0, closing: 0, peak: 6, added: 6, removed: { peer: 1, reset: 1, local: 2, removed: 1, error: 1, idle: 0, drained: 0, forced: 0, slow: 0, lost: 0, timeout: 0 } });
    expect([removed.state, byUs.state, removed.socket.stats.closedAt]).toEqual(['removed', 'closed', 0]);
    removed.socket.destroy();
    await turns(2);
    expect([ends.length, registry.stats().removed.local, (await removed.closed).reason]).toEqual([6, 2, 'removed']);
  });

  test('an onEnd that throws stops nothing', async () => {
    const registry = createRegistry({
      onEnd: () => {
        throw new Error('mine');
      },
    });
    const [socket] = pairFrom();
    const connection = registry.add(socket);
    connection.destroy();
    expect((await connection.closed).reason).toBe('local');
    expect(registry.size).toBe(0);
  });

  test('a connection that was given up is left alone, whatever is asked of it', async () => {
    const registry = createRegistry();
    const [socket, peer] = pairFrom();
    const connection = registry.add(socket);
    expect(registry.remove(connection.id)).toBe(socket);
    expect(registry.remove(connection)).toBeUndefined();
    await connection.close();
    connection.destroy();
    await registry.close();
    await socket.send(bytes('open'));
    expect(text(await peer.recv())).toBe('open');
    socket.destroy();
  });
});

describe('refused, and the socket is not touched', () => {
  test.each([
    ['a socket that is inside', 'ERR_SOCK_POOL_DUPLICATE', 'is connection 1 already', 'duplicate'],
    ['one more than maxConnections', 'ERR_SOCK_POOL_FULL', '1 connections are open (maxConnections)', 'maxConnections'],
    ['one more of an address', 'ERR_SOCK_POOL_FULL', '192.0.2.7 has 1 connections open (maxPerAddress)', 'maxPerAddress'],
    ['one that comes during a drain', 'ERR_SOCK_POOL_CLOSED', 'the registry is draining', 'closed'],
    ['what is no socket', 'ERR_SOCK_POOL_ARGUMENT', 'takes a Socket', undefined],
    ['an idle time-out that is none', 'ERR_SOCK_CONFIG', 'duration', undefined],
  ] as const)('%s', async (what, code, reason, counted) => {
    const options: RegistryOptions = what.startsWith('one more than') ? { maxConnections: 1 } : what.startsWith('one more of') ? { maxPerAddress: 1 } : {};
    const registry = createRegistry(options);
    const [inside] = pairFrom('192.0.2.7');
    const [other, otherPeer] = pairFrom('::ffff:192.0.2.7');
    const connection = registry.add(inside);
    const end = connection.begin();
    const drained = what.includes('drain') ? registry.drain() : undefined;
    const given = what === 'a socket that is inside' ? inside : what === 'what is no socket' ? ({} as Socket) : other;
    expect(() => registry.add(given, undefined, what.startsWith('an idle') ? { idleTimeout: 'soon' as '1s' } : undefined)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(reason) }));
    expect([registry.size, registry.has(other), [...registry]]).toEqual([1, false, [connection]]);
    const { refused } = registry.stats();
    expect(Object.entries(refused).filter(([, count]) => count > 0)).toEqual(counted === undefined ? [] : [[counted, 1]]);
    await other.send(bytes('mine'));
    expect(text(await otherPeer.recv())).toBe('mine');
    // The positive twin: with nothing in the way it comes in.
    end();
    connection.destroy();
    await drained;
    await until(() => registry.size === 0, 'the place is free');
    if (drained === undefined) expect(registry.add(other).socket).toBe(other);
    other.destroy();
    inside.destroy();
    await turns(1);
  });

  test.each([
    [{ maxConnections: 0 }, 'ERR_SOCK_CONFIG', 'maxConnections'],
    [{ maxPerAdress: 1 }, 'ERR_SOCK_CONFIG', 'maxPerAddress'],
    [{ busy: 1 }, 'ERR_SOCK_POOL_ARGUMENT', 'busy takes a function'],
    [{ onEnd: 'log' }, 'ERR_SOCK_POOL_ARGUMENT', 'onEnd takes a function'],
    [{ clock: {} }, 'ERR_SOCK_POOL_ARGUMENT', 'clock takes an object'],
  ])('the options %j', (options, code, reason) => {
    expect(() => createRegistry(options as unknown as RegistryOptions)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(reason) }));
  });
});

describe('places', () => {
  test('IPv6 counts by its first 64 bits, IPv4 in IPv6 as IPv4, and what has no address not at all', async () => {
    const registry = createRegistry({ maxPerAddress: 2 });
    const hosts = ['2001:db8::1', '2001:db8::2', '2001:db8:0:1::1', '192.0.2.1', '::ffff:192.0.2.1', undefined, undefined, undefined];
    const pairs = hosts.map((host) => pairFrom(host));
    for (const [socket] of pairs) registry.add(socket);
    const of64 = '2001:db8:0:0:0:0:0:0/64';
    expect(registry.addresses()).toEqual(new Map([[of64, 2], ['2001:db8:0:1:0:0:0:0/64', 1], ['192.0.2.1', 2]]));
    expect([registry.stats().addresses, registry.get(1)?.address, registry.get(6)?.address]).toEqual([3, of64, undefined]);
    expect(() => registry.add(pairFrom('2001:db8::3')[0])).toThrow(/2001:db8:0:0:0:0:0:0\/64 has 2/);
    const exact = createRegistry({ maxPerAddress: 1, ipv6PrefixBits: 128 });
    for (const host of ['2001:db8::3', '2001:db8::4']) exact.add(pairFrom(host)[0]);
    expect([...exact.addresses().values()]).toEqual([1, 1]);
    expect(() => exact.add(pairFrom('2001:db8::4')[0])).toThrow(/2001:db8:0:0:0:0:0:4\/128 has 1/);
    for (const [, peer] of pairs) peer.destroy();
    await until(() => registry.size === 0, 'all have gone');
    expect([registry.addresses().size, registry.stats().addresses]).toEqual([0, 0]);
  });

  test('a place is free again when the socket has closed, whoever closed it, and not while it is closing', async () => {
    const registry = createRegistry({ maxConnections: 1 });
    for (const close of ['peer', 'socket', 'connection'] as const) {
      const [socket, peer] = pairFrom();
      const connection = registry.add(socket);
      if (close === 'peer') peer.destroy();
      if (close === 'socket') socket.destroy();
      if (close === 'connection') {
        const closing = connection.close();
        expect([connection.state, registry.size, registry.get(socket), registry.stats().closing]).toEqual(['closing', 1, connection, 1]);
        expect(() => registry.add(pairFrom()[0])).toThrow(expect.objectContaining({ code: 'ERR_SOCK_POOL_FULL' }));
        await peer.close();
        await closing;
      }
      await until(() => registry.size === 0, close);
    }
    expect(registry.stats()).toMatchObject({ added: 3, closing: 0, refused: { maxConnections: 1 } });
  });
});

describe('in and out', () => {
  test('are made once, at the first use, with the options of the registry; the socket has every byte', async () => {
    const registry = createRegistry({ reader: { limit: 8 }, lines: { ending: '\n' } });
    const [socket, peer] = pairFrom(undefined, { sendQueueBytes: '4KiB', receiveQueueBytes: '4KiB' });
    const connection = registry.add(socket);
    await peer.send(bytes('ok\nfar too long\n'));
    expect([connection.in === connection.in, connection.out === connection.out]).toEqual([true, true]);
    expect(await connection.in.line()).toBe('ok');
    expect((await rejection(connection.in.line())).code).toBe('ERR_SOCK_LIMIT');
    await connection.out.line('yes');
    expect(text(await peer.recv())).toBe('yes\n');
    expect([connection.out.writable, connection.out.buffered]).toEqual([true, 0]);
    const writing = connection.out.write(new Uint8Array(20_000));
    expect([connection.out.writable, connection.out.buffered]).toEqual([false, socket.stats.sendQueueBytes]);
    expect(connection.out.buffered).toBeLessThanOrEqual(4096);
    let got = 0;
    while (got < 20_000) got += (await peer.recv())?.length ?? 0;
    await writing;
    await connection.out.flush();
    expect(connection.out.buffered).toBe(0);
    connection.destroy();
  });
});
