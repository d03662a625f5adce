import type { Socket, Want } from '@sock/core';
import { ENDED, ERROR, READABLE, WRITABLE } from '@sock/core';
import { memoryPair } from '@sock/core/memory';
import { createAuthority } from '@sock/dev-certs';
import { connect, listen } from '@sock/io';
import { bytes, leakGuard, rejection, sniffingProxy, text, until } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import type { Handshake, HandshakeState, TlsError } from '../index.ts';
import { createClientContext, createServerContext, TLS_INFO } from '../index.ts';

leakGuard();

const authority = createAuthority();
const issued = authority.issue({ names: ['localhost'] });
const clientContext = createClientContext({ ca: authority.ca });
const serverContext = createServerContext({ cert: issued.chain, key: issued.key });
const target = { serverName: 'localhost' } as const;

const ORDER: Readonly<Record<HandshakeState, number>> = { 'not-started': 0, 'in-progress': 1, 'want-read': 2, 'want-write': 2, complete: 3, error: 3 };

/** What a poll does, and no more: waits until one is ready, and steps it. */
async function driven(...handshakes: Handshake[]): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (const handshake of handshakes) {
    await new Promise<void>((resolve) => {
      if (handshake.ready !== 0) return resolve();
      expect(handshake.step()).toBeUndefined();
      handshake.onReady(() => resolve());
    });
    sockets.push(handshake.step() as Socket);
  }
  return sockets;
}

async function tcpPair(): Promise<[Socket, Socket]> {
  await using listener = await listen('127.0.0.1:0');
  return await Promise.all([connect(listener.endpoint), listener.accept()]);
}

describe('a handshake is driven by readiness alone', () => {
  test.each([['TCP', tcpPair], ['memory', async () => memoryPair()]] as const)('over %s, both roles', async (_name, pair) => {
    const [left, right] = await pair();
    const [client, server] = [clientContext.handshake(left, target), serverContext.handshake(right)];
    expect([client.state, server.state]).toEqual(['in-progress', 'in-progress']);
    const [near, far] = (await driven(client, server)) as [Socket, Socket];
    expect([client.state, client.want, client.ready]).toEqual(['complete', 'none', READABLE | WRITABLE]);
    expect([client.step(), await client.done, server.step()]).toEqual([near, near, far]);
    expect(near.get(TLS_INFO)).toMatchObject({ verified: true, state: 'complete' });
    await near.send(bytes('ping'));
    expect(text(await far.recv())).toBe('ping');
    await Promise.all([near.close(), far.close()]);
  });

  test('what it wants is seen, and its state only moves forward', async () => {
    await using listener = await listen('127.0.0.1:0');
    await using proxy = await sniffingProxy(listener.endpoint as { port: number }, { drip: true });
    const [left, right] = await Promise.all([connect(proxy), listener.accept()]);
    let release: (() => void) | undefined;
    const careful = createClientContext({ ca: authority.ca, verifyPeer: () => new Promise<void>((resolve) => (release = resolve)) });
    const [client, server] = [careful.handshake(left, target), serverContext.handshake(right)];
    const seen: [HandshakeState, Want][] = [];
    await until(() => {
      seen.push([client.state, client.want]);
      return release !== undefined;
    }, 'the program is asked');
    for (const [index, [state]] of seen.entries()) expect(ORDER[state]).toBeGreaterThanOrEqual(ORDER[seen[index - 1]?.[0] ?? 'not-started']);
    expect(seen.some(([state, want]) => state === 'want-read' && want === 'read')).toBe(true);
    // It is our turn now: the peer has nothing to give.
    expect([client.want, client.ready, client.step()]).toEqual(['none', 0, undefined]);
    release?.();
    const [near, far] = (await driven(client, server)) as [Socket, Socket];
    for (const socket of [near, far]) socket.destroy();
  });

  test('a peer that takes nothing is seen as "want-write", and named so when time is up', async () => {
    // Captured once: a hello that a server answers.
    const [speaker, ear] = memoryPair();
    const hello = clientContext.handshake(speaker, target);
    const first = (await ear.recv()) as Uint8Array;
    hello.destroy();
    await rejection(hello.done);
    // More certificate than there is room for.
    const long = authority.issue({ names: Array.from({ length: 500 }, (_, index) => `a-long-name-${index}.test`) });
    const [deaf, right] = memoryPair({ receiveQueueBytes: 4096, sendQueueBytes: 4096 });
    const server = createServerContext({ cert: long.chain, key: long.key }).handshake(right, { timeout: '300ms' });
    await deaf.send(first);
    await until(() => server.want === 'write', 'the server cannot write');
    expect(server.state).toBe('want-write');
    const error = await rejection<TlsError>(server.done);
    expect(error.code).toBe('ERR_SOCK_TLS_HANDSHAKE_TIMEOUT');
    expect(error.message).toContain('it stopped in the state "want-write"');
    deaf.destroy();
  });
});

describe('a handshake that fails', () => {
  test('tells the same error by step and by done, and ends the connection', async () => {
    const [left, right] = await tcpPair();
    const stranger = createClientContext({ ca: createAuthority().ca });
    const [client, server] = [stranger.handshake(left, target), serverContext.handshake(right)];
    const error = await rejection<TlsError>(driven(client));
    expect(error.code).toBe('ERR_SOCK_TLS_UNKNOWN_ISSUER');
    expect(await rejection(client.done)).toBe(error);
    expect(() => client.step()).toThrow(error);
    expect([client.state, client.ready & ERROR, client.want]).toEqual(['error', ERROR, 'none']);
    (await server.done.catch(() => undefined))?.destroy();
    await left.closed;
  });

  test('without a name to expect it is over at once, and so is the connection', async () => {
    const [left, right] = memoryPair();
    const client = clientContext.handshake(left);
    expect(await rejection(client.done)).toMatchObject({ code: 'ERR_SOCK_TLS_NO_NAME' });
    expect(client.state).toBe('error');
    expect((await right.closed).how).toBe('reset');
  });

  test('broken off by destroy() it says so, and the peer sees the connection end', async () => {
    const [left, right] = await tcpPair();
    const client = clientContext.handshake(left, target);
    const reason = new Error('changed my mind');
    await until(() => client.want === 'read', 'the hello has left');
    client.destroy(reason);
    expect(await rejection(client.done)).toMatchObject({ code: 'ERR_SOCK_ABORTED', cause: reason });
    expect(client.state).toBe('error');
    await until(() => (right.ready & ENDED) !== 0, 'the peer sees the end');
    right.destroy();
  });

  test('destroy() after the end leaves the socket alone', async () => {
    const [left, right] = memoryPair();
    const [client, server] = [clientContext.handshake(left, target), serverContext.handshake(right)];
    const [near, far] = (await driven(client, server)) as [Socket, Socket];
    client.destroy();
    await far.send(bytes('still here'));
    expect(text(await near.recv())).toBe('still here');
    for (const socket of [near, far]) socket.destroy();
  });
});
