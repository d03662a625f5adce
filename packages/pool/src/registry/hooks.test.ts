import { SocketError } from '@sock/core';
import { leakGuard, rejection, turns, until } from '@sock/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRegistry, serve } from '../registry.ts';
import { Listening } from './listening.test-d.ts';
import { pairFrom } from './peer.test-d.ts';

leakGuard();

const unhandled: unknown[] = [];
const note = (error: unknown): void => void unhandled.push(error);
beforeEach(() => void process.on('unhandledRejection', note));
afterEach(() => {
  process.off('unhandledRejection', note);
  const [first] = unhandled.splice(0);
  if (first !== undefined) throw new Error('a rejection that nobody took', { cause: first });
});

const noDescriptor = (): SocketError => new SocketError('ERR_SOCK_RESOURCES', 'no file descriptor left', { phase: 'accept', category: 'limit', retryable: true });

describe('what a program got wrong', () => {
  test('an async hook that rejects ends no process', async () => {
    const listener = new Listening();
    const told: string[] = [];
    const hook = (name: string): (() => unknown) => async (): Promise<void> => {
      told.push(name);
      throw new Error(`of ${name}`);
    };
    const server = serve(listener, async (connection) => {
      await connection.socket.recv();
      throw new Error('of the handler');
    }, { onError: hook('onError'), onRefused: hook('onRefused'), registry: { maxConnections: 1, onEnd: hook('onEnd') } });
    const [first, second] = [listener.dial(), listener.dial()];
    await first.send(new Uint8Array(1));
    await until(() => told.length === 3, 'all are told');
    expect(told.toSorted()).toEqual(['onEnd', 'onError', 'onRefused']);
    // A rejection that nobody took would be told by now.
    await turns(2);
    await server.close();
    for (const peer of [first, second]) peer.destroy();
  });

  test.each([
    ['throws', ['of the backoff'], () => { throw new Error('of the backoff'); }],
    ['answers with no number', [], () => Number.NaN],
    ['answers with less than nothing', [], () => -1],
  ])('a backoff that %s: the next accept comes a second later, and the server still stops', async (_, more, wait) => {
    const listener = new Listening();
    listener.faults.push(noDescriptor());
    const told: string[] = [];
    const waits: number[] = [];
    const clock = { now: () => 0, after: (milliseconds: number) => (waits.push(milliseconds), () => {}) };
    const server = serve(listener, () => {}, { backoff: wait, onError: (error) => told.push((error as Error).message), registry: { clock } });
    await until(() => waits.length === 1, 'it waits');
    expect([waits, listener.accepts, server.stats.acceptErrors]).toEqual([[1000], 1, 1]);
    expect(told).toEqual(['no file descriptor left', ...more]);
    await server.close();
    expect(server.state).toBe('stopped');
  });

  test('a listener that cannot close is told by drain(), once the connections have finished, and by `closed` when a signal asked', async () => {
    const listeners = [new Listening(), new Listening()] as const;
    for (const listener of listeners) listener.close = () => Promise.reject(new Error('stuck'));
    const stop = new AbortController();
    const servers = [serve(listeners[0], (connection) => connection.keep()), serve(listeners[1], () => {}, { signal: stop.signal })] as const;
    const peer = listeners[0].dial();
    await turns(1);
    for (const connection of servers[0].connections) connection.begin();
    const drained = rejection(servers[0].drain());
    await turns(2);
    peer.destroy();
    expect((await drained).message).toBe('stuck');
    stop.abort();
    expect(await servers[1].closed).toMatchObject({ how: 'error', cause: { message: 'stuck' } });
    servers[0].destroy();
    await servers[0].closed;
  });

  test('add() refuses options of a connection that do not exist, before it takes the socket in', () => {
    const registry = createRegistry();
    const [socket, peer] = pairFrom();
    expect(() => registry.add(socket, undefined, { idleTimout: '1m' } as object)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_CONFIG', message: expect.stringContaining('idleTimeout') }));
    expect([registry.size, registry.stats().added]).toEqual([0, 0]);
    expect(registry.add(socket, undefined, { idleTimeout: '1m' }).idleTimeoutMs).toBe(60_000);
    registry.destroy();
    peer.destroy();
  });
});
