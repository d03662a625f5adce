import type { Listener, Socket } from '@sock/core';
import { SocketError } from '@sock/core';
import { bytes, leakGuard, rejection, text, turns, until } from '@sock/testkit';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Connection, ServeFault, ServeOptions } from '../registry.ts';
import { createRegistry, serve } from '../registry.ts';
import { fakeClock } from './fake-clock.test-d.ts';
import { Listening } from './listening.test-d.ts';
import { readAll } from './peer.test-d.ts';

leakGuard();
afterEach(() => void vi.useRealTimers());

const echo = async ({ socket }: Connection<unknown>): Promise<void> => {
  for await (const chunk of socket) await socket.send(chunk);
};

const noDescriptor = (): SocketError => new SocketError('ERR_SOCK_RESOURCES', 'no file descriptor left', { phase: 'accept', category: 'limit', retryable: true });

describe('a server', () => {
  test('serves each connection, and closes it gracefully when its handler has finished', async () => {
    const listener = new Listening();
    const server = serve<string>(listener, echo, { data: (socket) => `from ${socket.remote === undefined ? 'nowhere' : 'somewhere'}`, registry: { idleTimeout: '1m' } });
    const peers = [listener.dial(), listener.dial()];
    await turns(1);
    expect([...server.connections].map(({ data, idleTimeoutMs }) => [data, idleTimeoutMs])).toEqual([['from somewhere', 60_000], ['from somewhere', 60_000]]);
    for (const [index, peer] of peers.entries()) {
      await peer.send(bytes(`hello ${index}`));
      await peer.shutdown();
      expect(text(await readAll(peer))).toBe(`hello ${index}`);
      expect((await peer.closed).how).toBe('local');
    }
    await until(() => server.connections.size === 0, 'closed');
    expect(server.stats).toEqual({ accepted: 2, refused: 0, acceptErrors: 0, handlerErrors: 0, handling: 0, open: 0 });
    expect([server.state, server.endpoint]).toEqual(['serving', { memory: 'listener' }]);
    await server.close();
  });

  test('leaves open what the handler keeps, or took out', async () => {
    const listener = new Listening();
    const taken: Socket[] = [];
    const server = serve(listener, (connection) => {
      if (connection.id === 1) connection.keep();
      else taken.push(server.connections.remove(connection) as Socket);
    });
    const [kept, other] = [listener.dial(), listener.dial()];
    await until(() => taken.length === 1, 'handled');
    expect([server.stats.handling, server.stats.open, server.connections.size]).toEqual([0, 1, 1]);
    await server.connections.broadcast(bytes('still here'));
    await taken[0]?.send(bytes('mine'));
    expect([text(await kept.recv()), text(await other.recv())]).toEqual(['still here', 'mine']);
    const closed = server.drain({ timeout: '1m' });
    await kept.close();
    expect((await closed).finished).toBe(1);
    expect(taken[0]?.stats.closedAt).toBe(0);
    other.destroy();
  });

  test('tells what a handler threw or rejected with, and destroys that connection alone', async () => {
    const listener = new Listening();
    const told: [unknown, ServeFault<undefined>][] = [];
    const errors = [new Error('thrown'), new Error('rejected')] as const;
    const server = serve(listener, (connection) => {
      if (connection.id === 1) throw errors[0];
      if (connection.id === 2) return Promise.reject(errors[1]);
      return echo(connection);
    }, { onError: (error, fault) => {
      told.push([error, fault]);
      throw new Error('of the listener');
    } });
    const [one, two, three] = [listener.dial(), listener.dial(), listener.dial()];
    await until(() => told.length === 2, 'told');
    const ends = await Promise.all(told.map(async ([, fault]) => await fault.connection?.closed));
    expect(told.map(([error, { stage }]) => [error, stage])).toEqual([[errors[0], 'handler'], [errors[1], 'handler']]);
    expect(ends).toEqual(errors.map((cause) => ({ reason: 'error', how: 'error', cause })));
    expect([(await rejection(one.recv())).code, (await rejection(two.recv())).code]).toEqual(['ERR_SOCK_RESET', 'ERR_SOCK_RESET']);
    await three.send(bytes('well'));
    expect(text(await three.recv())).toBe('well');
    expect(server.stats).toMatchObject({ accepted: 3, handlerErrors: 2, handling: 1, open: 1 });
    three.destroy();
    // The handler is told of the reset by its receive, and has nothing against it: that is a failure of its own.
    await until(() => told.length === 3, 'told');
    expect(told[2]?.[0]).toMatchObject({ code: 'ERR_SOCK_RESET' });
    await server.close();
  });

  test('does not tell that handlers were interrupted by idle times and drains', async () => {
    const clock = fakeClock();
    const listener = new Listening();
    const onError = vi.fn<(error: unknown) => void>();
    const server = serve(listener, echo, { onError, registry: { clock, idleTimeout: 100 } });
    const idle = listener.dial();
    await turns(1);
    await clock.advance(100);
    expect(await idle.recv()).toBeNull();
    await idle.close();
    const drained = listener.dial();
    const forced = listener.dial();
    await turns(1);
    for (const connection of server.connections) connection.begin();
    const draining = server.drain({ timeout: 50 });
    await clock.advance(50);
    expect((await draining).forced).toHaveLength(2);
    expect([onError.mock.calls, server.stats.handlerErrors]).toEqual([[], 0]);
    for (const peer of [drained, forced]) peer.destroy();
  });

  test('waits and goes on after an accept that may be tried again; more with each failure, from the start after a success', async () => {
    const clock = fakeClock();
    const listener = new Listening();
    const stages: string[] = [];
    const waits: [number, number][] = [];
    const wait = (failures: number, previousMs: number): number => {
      waits.push([failures, previousMs]);
      return failures * 10;
    };
    listener.faults.push(noDescriptor(), noDescriptor());
    const server = serve(listener, echo, { registry: { clock }, backoff: wait, onError: (error, { stage }) => stages.push(`${stage} ${(error as SocketError).code}`) });
    await turns(1);
    expect(listener.accepts).toBe(1);
    await clock.advance(9);
    expect(listener.accepts).toBe(1);
    await clock.advance(1);
    expect(listener.accepts).toBe(2);
    await clock.advance(20);
    expect(listener.accepts).toBe(3);
    listener.faults.push(noDescriptor());
    const peer = listener.dial();
    await turns(1);
    await clock.advance(10);
    expect(waits).toEqual([[1, 0], [2, 10], [1, 0]]);
    expect([stages, server.stats.acceptErrors]).toEqual([Array.from({ length: 3 }, () => 'accept ERR_SOCK_RESOURCES'), 3]);
    await peer.send(bytes('on'));
    expect(text(await peer.recv())).toBe('on');
    peer.destroy();
    await server.close();
    expect(clock.timers).toBe(0);
  });

  test('by itself waits up to 50 ms after the first failure', async () => {
    const listener = new Listening();
    listener.faults.push(noDescriptor());
    const server = serve(listener, echo);
    await until(() => listener.accepts === 2, 'tried again');
    await server.close();
    expect(() => serve(listener, echo, { backoff: { base: 'soon' as '1s' } })).toThrow(expect.objectContaining({ code: 'ERR_SOCK_CONFIG' }));
  });

  test('stops during such a wait at once', async () => {
    const listener = new Listening();
    listener.faults.push(noDescriptor());
    const server = serve(listener, echo, { backoff: () => 3_600_000 });
    await turns(1);
    await server.close();
    expect([server.state, listener.accepts]).toEqual(['stopped', 1]);
  });

  test('ends with an accept that can never succeed; its connections go on until they end', async () => {
    const listener = new Listening();
    const onError = vi.fn<(error: unknown) => void>();
    const broken = new Error('broken');
    const server = serve(listener, echo, { onError });
    const peer = listener.dial();
    listener.faults.push(broken);
    await until(() => onError.mock.calls.length === 1, 'told');
    expect([onError.mock.calls[0]?.[0], server.state]).toEqual([broken, 'stopping']);
    await peer.send(bytes('still served'));
    expect(text(await peer.recv())).toBe('still served');
    await peer.close();
    expect(await server.closed).toEqual({ how: 'error', cause: broken });
    expect([server.state, server.connections.state]).toEqual(['stopped', 'stopped']);
  });

  test('ends when its listener is closed, and its last connection has left', async () => {
    const listener = new Listening();
    const server = serve(listener, echo);
    const peer = listener.dial();
    await turns(1);
    await listener.close();
    await turns(1);
    expect(server.state).toBe('stopping');
    await peer.close();
    expect(await server.closed).toEqual({ how: 'local' });
    expect(server.connections.state).toBe('stopped');
  });

  test('stop() takes no more, and lets connections be', async () => {
    const listener = new Listening();
    const server = serve(listener, echo);
    const peer = listener.dial();
    await turns(1);
    await server.stop();
    expect(() => listener.dial()).toThrow('nobody listens');
    await peer.send(bytes('served'));
    expect(text(await peer.recv())).toBe('served');
    peer.destroy();
    await server.closed;
  });

  test.each(['before', 'after'])('a signal that fired %s the start closes it, as close() does', async (when) => {
    const listener = new Listening();
    const stop = new AbortController();
    if (when === 'before') stop.abort();
    const server = serve(listener, echo, { signal: stop.signal });
    if (when === 'after') void listener.dial().close();
    await turns(1);
    stop.abort();
    expect(await server.closed).toEqual({ how: 'local' });
  });

  test('destroy() leaves nothing', async () => {
    const listener = new Listening();
    const server = serve(listener, echo);
    const peer = listener.dial();
    await turns(1);
    const cause = new Error('the end');
    server.destroy(cause);
    expect(await server.closed).toEqual({ how: 'error', cause });
    expect(server.connections.stats().removed.forced).toBe(1);
    expect((await rejection(peer.recv())).code).toBe('ERR_SOCK_RESET');
  });

  test('destroys, counts and tells whom the registry refuses', async () => {
    const listener = new Listening();
    const refused: string[] = [];
    const server = serve(listener, echo, { registry: { maxConnections: 1 }, onRefused: ({ code, message }, socket) => {
      refused.push(`${code} ${socket.stats.closedAt > 0} ${message}`);
      throw new Error('mine');
    } });
    const [first, second] = [listener.dial(), listener.dial('192.0.2.9')];
    await until(() => refused.length === 1, 'told');
    expect(refused[0]).toBe('ERR_SOCK_POOL_FULL true the connection from 192.0.2.9:1 was refused: 1 connections are open (maxConnections)');
    expect((await rejection(second.recv())).code).toBe('ERR_SOCK_RESET');
    expect([server.stats.accepted, server.stats.refused, server.connections.stats().refused.maxConnections]).toEqual([1, 1, 1]);
    first.destroy();
    await until(() => server.connections.size === 0, 'room');
    const third = listener.dial();
    await third.send(bytes('in'));
    expect(text(await third.recv())).toBe('in');
    third.destroy();
    await server.close();
  });

  test('a data option that throws ends that connection alone', async () => {
    const listener = new Listening();
    const told: string[] = [];
    const server = serve<number>(listener, echo, {
      data: (socket) => {
        if (socket.remote !== undefined && 'host' in socket.remote) throw new Error('not from there');
        return 1;
      },
      onError: (error, { stage }) => told.push(`${stage}: ${(error as Error).message}`),
    });
    const [one, two] = [listener.dial('192.0.2.1'), listener.dial()];
    expect((await rejection(one.recv())).code).toBe('ERR_SOCK_RESET');
    await two.send(bytes('in'));
    expect(text(await two.recv())).toBe('in');
    expect([told, server.connections.size]).toEqual([['data: not from there'], 1]);
    two.destroy();
    await server.close();
  });

  test('may share a registry: its drain is for its own connections, and a registry that drains stops it', async () => {
    const registry = createRegistry();
    const [here, there] = [new Listening(), new Listening()];
    const [one, two] = [serve(here, echo, { registry }), serve(there, echo, { registry })];
    const [mine, other] = [here.dial(), there.dial()];
    await turns(1);
    expect([one.connections, registry.size]).toEqual([registry, 2]);
    const drained = one.drain();
    await mine.close();
    expect(await drained).toEqual({ finished: 1, forced: [] });
    expect([one.state, registry.state, registry.size]).toEqual(['stopped', 'running', 1]);
    await other.send(bytes('on'));
    expect(text(await other.recv())).toBe('on');
    const closing = registry.close();
    const late = there.dial();
    expect((await rejection(late.recv())).code).toBe('ERR_SOCK_RESET');
    await other.close();
    await closing;
    expect(await two.closed).toEqual({ how: 'local' });
    expect(two.stats.refused).toBe(1);
  });

  test.each([
    [{}, echo, {}, 'listener takes'],
    [undefined, 'echo', {}, 'handler takes a function'],
    [undefined, echo, { onErr: echo }, 'onErr is no option'],
    [undefined, echo, { onError: 'log' }, 'onError takes a function'],
    [undefined, echo, { signal: {} }, 'signal takes an AbortSignal'],
    [undefined, echo, { registry: { broadcast: echo } }, 'registry takes one of createRegistry()'],
  ])('refuses %j, %j, %j', async (given, handler, options, reason) => {
    const listener = new Listening();
    expect(() => serve((given ?? listener) as Listener, handler as typeof echo, options as unknown as ServeOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_SOCK_POOL_ARGUMENT', message: expect.stringContaining(reason) }),
    );
    expect(listener.accepts).toBe(0);
    await serve(listener, echo).close();
  });
});
