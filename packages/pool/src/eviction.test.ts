import type { Socket } from '@sock/core';
import { bytes, leakGuard, text } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { settle } from './fake-clock.test-d.ts';
import type { Lease } from './index.ts';
import { isOpen, staging } from './stage.test-d.ts';

leakGuard();
const stage = staging();

describe('an idle connection', () => {
  test.each<[string, string, (peer: Socket) => unknown]>([
    ['ends the stream', 'ended', (peer) => peer.shutdown()],
    ['resets it', 'reset', (peer) => peer.destroy()],
    ['sends a byte that nobody asked for', 'unexpected', (peer) => peer.send(bytes('!'))],
  ])('goes at once when the peer %s', async (_, reason, act) => {
    const world = stage();
    await world.idle(2);
    act(world.server.peers[0] as Socket);
    await settle();
    expect(world.pool.stats()).toMatchObject({ idle: 1, size: 1 });
    expect(world.gone).toEqual({ [reason]: 1 });
    expect(world.sockets.map(isOpen)).toEqual([false, true]);
    const leases = [await world.lease(), await world.lease()];
    expect(leases.map(({ id }) => id)).toEqual([2, 3]);
    for (const lease of leases) lease.release();
  });

  test('is never handed out after a reset, not even in the same turn', async () => {
    const world = stage();
    await world.idle();
    world.server.peers[0]?.destroy();
    const lease = await world.lease();
    expect(lease.id).toBe(2);
    expect(world.gone).toEqual({ reset: 1 });
    lease.release();
  });

  test('is not handed out though nobody told the pool of its end', async () => {
    const world = stage({ dress: (socket) => void (socket.onReady = () => () => {}) });
    await world.idle();
    world.server.peers[0]?.destroy();
    await settle();
    expect(world.idles).toBe(1);
    const lease = await world.lease();
    expect([lease.id, world.gone]).toEqual([2, { ended: 1 }]);
    lease.release();
  });

  test('that was reset is told with its cause; one that ended has none', async () => {
    const world = stage();
    await world.idle(2);
    world.server.peers[0]?.destroy();
    await world.server.peers[1]?.shutdown();
    await settle();
    expect(world.told.filter(({ name }) => name === 'evicted').map(({ event }) => event)).toEqual([
      { key: 'memory a', connection: 1, reason: 'reset', cause: expect.objectContaining({ code: 'ERR_SOCK_RESET' }) },
      { key: 'memory a', connection: 2, reason: 'ended', cause: undefined },
    ]);
  });

  test('goes when its socket is closed here, by whoever kept it', async () => {
    const world = stage();
    const lease = await world.lease();
    const { socket } = lease;
    lease.release();
    socket.destroy();
    await settle();
    expect(world.gone).toEqual({ ended: 1 });
  });

  test('cannot be used by whoever kept its socket', async () => {
    const world = stage();
    const lease = await world.lease();
    const { socket } = lease;
    lease.release();
    await expect(socket.send(bytes('x'))).rejects.toMatchObject({ code: 'ERR_SOCK_PARKED' });
    expect(world.server.peers[0]?.stats.bytesReceived).toBe(0);
    expect(world.idles).toBe(1);
  });
});

describe('a release', () => {
  test.each<[string, (lease: Lease, peer: Socket) => unknown]>([
    ['bytes that nobody has read', (_, peer) => peer.send(bytes('rest'))],
    ['a recv that waits', (lease) => void lease.socket.recv().catch(() => {})],
    ['a send that waits', (lease) => void lease.socket.send(new Uint8Array(1_000_000)).catch(() => {})],
    ['its own stream ended', (lease) => void lease.socket.shutdown()],
  ])('with %s is dirty: the connection is broken off, and lent to nobody', async (_, act) => {
    const world = stage();
    const lease = await world.lease();
    const { socket } = lease;
    await act(lease, world.server.peers[0] as Socket);
    lease.release();
    expect(world.gone).toEqual({ dirty: 1 });
    await settle();
    expect(isOpen(socket)).toBe(false);
    const next = await world.lease();
    expect(next.id).toBe(2);
    next.release();
    expect(world.idles).toBe(1);
  });

  test('with all read is clean: the next one gets the connection', async () => {
    const world = stage();
    const lease = await world.lease();
    await world.server.peers[0]?.send(bytes('answer'));
    expect(text(await lease.socket.recvExactly(6))).toBe('answer');
    lease.release();
    const next = await world.lease();
    expect([next.id, next.reused]).toEqual([1, true]);
    next.release();
  });

  test.each<[string, (peer: Socket) => unknown]>([['ended', (peer) => peer.shutdown()], ['reset', (peer) => peer.destroy()]])('of one that the peer has %s says so', async (reason, act) => {
    const world = stage();
    const lease = await world.lease();
    await act(world.server.peers[0] as Socket);
    await settle();
    expect(world.gone).toEqual({});
    expect(world.pool.stats().leased).toBe(1);
    lease.release();
    expect(world.gone).toEqual({ [reason]: 1 });
  });

  test('of one that was reset counts against its endpoint, one that ended does not', async () => {
    const world = stage();
    const [one, other] = [await world.lease(), await world.lease()];
    await world.server.peers[0]?.shutdown();
    one.release();
    expect(world.pool.stats().keys[0]?.endpoints[0]?.health?.consecutiveFailures).toBe(0);
    world.server.peers[1]?.destroy();
    await settle();
    other.release();
    expect(world.pool.stats().keys[0]?.endpoints[0]?.health).toMatchObject({ consecutiveFailures: 1, lastCode: 'ERR_SOCK_RESET' });
  });

  test('of a connection that is gone gives the waiter a new one', async () => {
    const world = stage({ maxPerKey: 1 });
    const lease = await world.lease();
    const waiting = world.pool.acquire('a');
    world.server.peers[0]?.destroy();
    await settle();
    lease.release();
    await settle();
    expect((await waiting).id).toBe(2);
    (await waiting).release();
  });

  test('a second time, or the use of what was released, is refused', async () => {
    const world = stage();
    const lease = await world.lease();
    lease.release();
    for (const call of [() => lease.release(), () => lease.discard(), () => lease.socket, () => lease.data]) {
      expect(call).toThrow(expect.objectContaining({ code: 'ERR_SOCK_POOL_RELEASED', message: expect.stringContaining('given back already') }));
    }
    await lease[Symbol.asyncDispose]();
    expect(world.pool.stats()).toMatchObject({ released: 1, idle: 1 });
  });
});

describe('a discard', () => {
  test('closes gracefully without a cause, and breaks off with one', async () => {
    const world = stage();
    const [one, other] = [await world.lease(), await world.lease()];
    await one.socket.send(bytes('bye'));
    one.discard();
    other.discard(new Error('nonsense'));
    expect(world.gone).toEqual({ discarded: 2 });
    await settle();
    expect(await world.sockets[0]?.closed).toEqual({ how: 'local' });
    expect(await world.sockets[1]?.closed).toMatchObject({ how: 'error', cause: { message: 'nonsense' } });
    expect(await world.server.peers[1]?.closed).toMatchObject({ how: 'reset' });
  });
});

describe('too many', () => {
  test('idle ones of a key: the one that is idle for the longest time goes', async () => {
    const world = stage({ maxIdlePerKey: 2 });
    const leases = [await world.lease(), await world.lease(), await world.lease()];
    for (const lease of leases) {
      await world.clock.advance(1);
      lease.release();
    }
    expect(world.gone).toEqual({ surplus: 1 });
    expect(world.told.find(({ name }) => name === 'evicted')?.event).toMatchObject({ connection: 1, reason: 'surplus' });
  });

  test('idle ones in all: the one that is idle for the longest time goes, of any key', async () => {
    const world = stage({ maxIdle: 2 });
    await world.idle(1, 'a');
    await world.clock.advance(1);
    await world.idle(1, 'b');
    await world.clock.advance(1);
    await world.idle(1, 'c');
    expect(world.gone).toEqual({ surplus: 1 });
    expect(world.told.find(({ name }) => name === 'evicted')?.event).toMatchObject({ key: 'memory a' });
  });

  test('connections in all: an idle one of the key that was used longest ago makes room', async () => {
    const world = stage({ max: 2 });
    await world.idle(1, 'a');
    await world.clock.advance(1);
    await world.idle(1, 'b');
    await world.clock.advance(1);
    const lease = await world.lease('c');
    expect(world.gone).toEqual({ room: 1 });
    expect(world.told.find(({ name }) => name === 'evicted')?.event).toMatchObject({ key: 'memory a' });
    lease.release();
  });

  test('keys: the one that was used longest ago is forgotten, with its idle connections', async () => {
    const world = stage({ maxKeys: 2 });
    for (const target of ['a', 'b', 'c']) {
      await world.idle(1, target);
      await world.clock.advance(1);
    }
    expect(world.pool.stats().keys.map(({ key }) => key)).toEqual(['memory b', 'memory c']);
    expect(world.gone).toEqual({ surplus: 1 });
  });
});
