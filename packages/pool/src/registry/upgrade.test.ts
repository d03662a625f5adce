import type { Upgrade } from '@sock/core';
import { Socket, SocketError } from '@sock/core';
import { bytes, leakGuard, rejection, text, turns } from '@sock/testkit';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createRegistry, serve } from '../registry.ts';
import { fakeClock } from './fake-clock.test-d.ts';
import { Listening } from './listening.test-d.ts';
import { pairFrom } from './peer.test-d.ts';
import { plain } from './plain-layer.test-d.ts';

leakGuard();
afterEach(() => void vi.useRealTimers());

describe('an upgrade', () => {
  test('keeps place, id and data; the connection is found by the socket above the layer alone', async () => {
    const registry = createRegistry<string>({ maxPerAddress: 1 });
    const [below, peer] = pairFrom('192.0.2.1');
    const connection = registry.add(below, 'mine');
    await peer.send(bytes('STARTTLS\r\nrest'));
    expect(await connection.in.line()).toBe('STARTTLS');
    const above = await connection.upgrade(plain, undefined);
    expect([connection.socket, registry.get(above), registry.get(below), connection.data, registry.size]).toEqual([above, connection, undefined, 'mine', 1]);
    expect(registry.addresses()).toEqual(new Map([['192.0.2.1', 1]]));
    // What was not read went along, and the buffers are those of the new socket.
    expect(text(await connection.in.exactly(4))).toBe('rest');
    await connection.out.write(bytes('hello'));
    expect(text(await peer.recv())).toBe('hello');
    await Promise.all([connection.close(), peer.close()]);
    expect([registry.size, registry.addresses().size, registry.stats().removed.local]).toEqual([0, 0, 1]);
  });

  test('that fails ends the connection, and its place is free', async () => {
    const registry = createRegistry();
    const [socket, peer] = pairFrom();
    const connection = registry.add(socket);
    const failing: Upgrade<unknown> = { ...plain, upgrade: async (below) => {
      await below.detach();
      throw new Error('no common ground');
    } };
    expect((await rejection(connection.upgrade(failing, undefined))).message).toBe('no common ground');
    expect(await connection.closed).toMatchObject({ reason: 'error', cause: { message: 'no common ground' } });
    expect(registry.size).toBe(0);
    expect((await rejection(connection.upgrade(plain, undefined))).code).toBe('ERR_SOCK_POOL_CLOSED');
    peer.destroy();
  });

  test('during which the connection is closed leaves nothing behind', async () => {
    const registry = createRegistry();
    const [socket] = pairFrom();
    const connection = registry.add(socket);
    let go = (): void => {};
    const slow: Upgrade<unknown> = { ...plain, upgrade: async (below) => {
      const { transport } = await below.detach();
      await new Promise<void>((resolve) => (go = resolve));
      return new Socket(transport);
    } };
    const upgrading = connection.upgrade(slow, undefined);
    await turns(1);
    expect(connection.busy).toBe(true);
    void connection.close();
    await connection.closed;
    go();
    expect((await rejection(upgrading)).message).toContain('connection 1 is closed');
    expect(registry.size).toBe(0);
  });

  test('made elsewhere is told by replace(), which refuses a socket that has a connection', async () => {
    const registry = createRegistry();
    const [[one, onePeer], [two]] = [pairFrom(), pairFrom()];
    const [connection, other] = [registry.add(one), registry.add(two)];
    expect(() => connection.replace(two)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_POOL_DUPLICATE', message: expect.stringContaining('is connection 2 already') }));
    const above = await one.upgrade(plain, undefined);
    connection.replace(above);
    expect([registry.get(above), registry.get(one), registry.size]).toEqual([connection, undefined, 2]);
    other.destroy();
    onePeer.destroy();
    expect((await connection.closed).reason).toBe('reset');
    expect(registry.size).toBe(0);
    expect(() => connection.replace(pairFrom()[0])).toThrow(expect.objectContaining({ code: 'ERR_SOCK_POOL_CLOSED' }));
  });

  test('replaced by something else altogether: the end of the old socket says nothing any more', async () => {
    const registry = createRegistry();
    const [[old, oldPeer], [other, otherPeer]] = [pairFrom(), pairFrom()];
    const connection = registry.add(old);
    connection.replace(other);
    oldPeer.destroy();
    await old.closed;
    await turns(1);
    expect([registry.size, connection.state, registry.get(other)]).toEqual([1, 'open', connection]);
    otherPeer.destroy();
    expect((await connection.closed).reason).toBe('reset');
  });

  test('that the registry was not told of is given back by its end, too', async () => {
    const registry = createRegistry();
    const [socket] = pairFrom();
    const connection = registry.add(socket);
    const above = await socket.upgrade(plain, undefined);
    above.destroy();
    expect((await connection.closed).reason).toBe('local');
    expect(registry.size).toBe(0);
  });

  test('that the registry was not told of cannot hold up a drain: the connection is lost, and says so', async () => {
    const clock = fakeClock();
    const registry = createRegistry({ clock });
    const [socket] = pairFrom();
    const connection = registry.add(socket);
    const above = await socket.upgrade(plain, undefined);
    const drained = registry.drain({ timeout: 50 });
    await clock.advance(50);
    // One looks for the connection, and keeps no process alive; one is the drain's, and does, as somebody waits for it.
    expect([registry.size, clock.timers]).toEqual([1, 2]);
    await clock.advance(1999);
    expect(registry.size).toBe(1);
    await clock.advance(1);
    expect(await connection.closed).toMatchObject({ reason: 'lost', cause: { code: 'ERR_SOCK_POOL_LOST' } });
    expect((await drained).forced).toEqual([connection]);
    expect([registry.state, registry.size, clock.timers, registry.stats().removed.lost, registry.stats().state]).toEqual(['stopped', 0, 0, 1, 'stopped']);
    above.destroy();
  });

  test('that answers with the socket it was given leaves the connection where it is', async () => {
    const registry = createRegistry();
    const [socket, peer] = pairFrom();
    const connection = registry.add(socket);
    expect(await connection.upgrade({ ...plain, upgrade: async (below) => below }, undefined)).toBe(socket);
    expect([connection.socket === socket, connection.state, connection.busy, registry.get(socket) === connection, registry.stats().refused.duplicate]).toEqual([true, 'open', false, true, 0]);
    peer.destroy();
    expect((await connection.closed).reason).toBe('reset');
  });

  test.each(['drain', 'destroy'] as const)('that a %s cut short says so, and is no fault of its handler', async (how) => {
    const listener = new Listening();
    const blamesPeer: Upgrade<unknown> = { ...plain, upgrade: async (below) => {
      const { transport } = await below.detach();
      await transport.closed;
      throw new SocketError('ERR_SOCK_RESET', 'the peer has reset the connection', { phase: 'upgrade', category: 'reset' });
    } };
    const seen: unknown[] = [];
    const onError = vi.fn<(error: unknown) => void>();
    const server = serve(listener, async (connection) => {
      await connection.upgrade(blamesPeer, undefined).catch((error: unknown) => {
        seen.push(error);
        throw error;
      });
    }, { onError });
    const peer = listener.dial();
    await turns(1);
    if (how === 'drain') await server.drain({ timeout: 0 });
    else server.destroy();
    await server.closed;
    await turns(1);
    expect(seen).toMatchObject([{ code: 'ERR_SOCK_POOL_CLOSED', message: expect.stringMatching(/^connection 1 is clos/), cause: { code: 'ERR_SOCK_RESET' } }]);
    expect([onError.mock.calls, server.stats.handlerErrors]).toEqual([[], 0]);
    peer.destroy();
  });
});
