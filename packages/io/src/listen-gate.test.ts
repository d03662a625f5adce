import { leakGuard, rawPeer, rejection, turns, until } from '@sock/testkit';
import type { RawPeer } from '@sock/testkit';
import type { Socket, SocketError } from '@sock/core';
import { describe, expect, test } from 'vitest';
import { connect } from './connect.ts';
import { tcp, unix } from './connectors.ts';
import type { NodeListener } from './listen.ts';
import { listen } from './listen.ts';
import type { AddressPolicy } from './policy/address-policy.ts';
import { addressPolicy, denyPrivate } from './policy/create-policy.ts';

leakGuard();

const portOf = (listener: { endpoint: unknown }): number => (listener.endpoint as { port: number }).port;
const dial = (listener: NodeListener): Promise<RawPeer> => rawPeer({ port: portOf(listener) });
/** The reset may be faster than the news that the connection stands. */
const fate = async (listener: NodeListener): Promise<string | undefined> => await dial(listener).then(async ({ closed }) => await closed, ({ code }: NodeJS.ErrnoException) => code);

/** How a connect to a listener that resets it ends. */
const reset = async (connecting: Promise<Socket>): Promise<unknown> => await connecting.then(async ({ closed }) => (await closed).how, ({ code }: SocketError) => code);
const RESET: unknown = expect.stringMatching(/^(?:reset|ERR_SOCK_RESET)$/);

describe('a listener that pauses', () => {
  test('gives out nothing, to nobody, until it resumes; then in the order of arrival', async () => {
    await using listener = await listen('127.0.0.1:0');
    const first = await dial(listener);
    await until(() => listener.stats.waiting === 1, 'one waits');
    expect(listener.paused).toBe(false);
    listener.pause();
    listener.pause();
    expect(listener.paused).toBe(true);
    const waiting = [listener.accept(), listener.accept()];
    const given: unknown[] = [];
    for (const accept of waiting) void accept.then((socket) => given.push(socket.remote));
    const second = await dial(listener);
    await until(() => listener.stats.waiting === 2, 'both wait');
    await turns(5);
    expect(given).toEqual([]);
    listener.resume();
    listener.resume();
    const sockets = await Promise.all(waiting);
    expect(given).toEqual([first, second].map(({ socket }) => ({ host: '127.0.0.1', port: socket.localPort })));
    expect(listener.stats).toMatchObject({ accepted: 2, refused: 0, waiting: 0 });
    for (const socket of [...sockets, first.socket, second.socket]) socket.destroy();
  });

  test('keeps accept()\'s time-out, and loses no connection by it', async () => {
    await using listener = await listen('127.0.0.1:0');
    listener.pause();
    const peer = await dial(listener);
    await until(() => listener.stats.waiting === 1, 'it waits');
    expect(await rejection(listener.accept({ timeout: 10 }))).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', phase: 'accept' });
    listener.resume();
    (await listener.accept({ timeout: 1000 })).destroy();
    peer.socket.destroy();
  });

  test('holds maxWaiting connections and refuses more; those whose peer has gone make room', async () => {
    await using listener = await listen('127.0.0.1:0', { maxWaiting: 2 });
    listener.pause();
    const peers = [await dial(listener), await dial(listener)];
    await until(() => listener.stats.waiting === 2, 'two wait');
    expect(await fate(listener)).toBe('ECONNRESET');
    expect(listener.stats).toMatchObject({ accepted: 2, refused: 1, waiting: 2 });
    peers[0]?.socket.resetAndDestroy();
    await turns(5);
    const third = await dial(listener);
    await until(() => listener.stats.accepted === 3, 'there was room');
    expect(listener.stats).toMatchObject({ refused: 1, waiting: 2 });
    listener.resume();
    const sockets = [await listener.accept(), await listener.accept()];
    expect(sockets.map(({ remote }) => (remote as { port: number }).port)).toEqual([peers[1]?.socket.localPort, third.socket.localPort]);
    for (const socket of [...sockets, ...peers.map((peer) => peer.socket), third.socket]) socket.destroy();
  });

  test('resets what it holds when it is closed, and cannot be paused after it', async () => {
    const listener = await listen('127.0.0.1:0');
    listener.pause();
    const peer = await dial(listener);
    await until(() => listener.stats.waiting === 1, 'it waits');
    const waiting = rejection(listener.accept());
    await listener.close();
    expect(await peer.closed).toBe('ECONNRESET');
    expect((await waiting).code).toBe('ERR_SOCK_CLOSED');
    expect(listener.stats.waiting).toBe(0);
    listener.pause();
    expect(listener.paused).toBe(false);
  });

  test('pauses an iteration as well', async () => {
    const listener = await listen('127.0.0.1:0');
    const seen: unknown[] = [];
    const loop = (async () => {
      for await (const socket of listener) {
        seen.push(socket.remote);
        socket.destroy();
      }
    })();
    listener.pause();
    const peer = await dial(listener);
    await until(() => listener.stats.waiting === 1, 'it waits');
    await turns(3);
    expect(seen).toHaveLength(0);
    listener.resume();
    await until(() => seen.length === 1, 'it is given out');
    peer.socket.destroy();
    await listener.close();
    await loop;
  });
});

describe('the policy of a listener', () => {
  test('resets peers that it denies, counts them, and lets others in', async () => {
    const heard: string[] = [];
    await using listener = await listen('127.0.0.1:0', { policy: addressPolicy({ deny: ['127.0.0.7'], onDenied: ({ message }) => heard.push(message) }) });
    const waiting = listener.accept();
    expect(await reset(connect(listener.endpoint, { localAddress: '127.0.0.7' }))).toEqual(RESET);
    expect(listener.stats).toMatchObject({ accepted: 0, denied: 1, refused: 0, waiting: 0 });
    expect(heard).toEqual([`accept on 127.0.0.1:${portOf(listener)}: the address policy denies the peer 127.0.0.7 (127.0.0.7)`]);
    const allowed = await connect(listener.endpoint, { localAddress: '127.0.0.8' });
    const accepted = await waiting;
    expect(accepted.remote).toMatchObject({ host: '127.0.0.8' });
    expect(listener.stats).toMatchObject({ accepted: 1, denied: 1 });
    for (const socket of [allowed, accepted]) socket.destroy();
  });

  test('sees IPv4 peers of an IPv6 listener as what they are', async () => {
    await using listener = await listen('[::]:0', { policy: addressPolicy({ allow: ['127.0.0.8'] }) });
    const target = { host: '127.0.0.1', port: portOf(listener) };
    expect(await reset(connect(target, { localAddress: '127.0.0.7' }))).toEqual(RESET);
    const allowed = await connect(target, { localAddress: '127.0.0.8' });
    const accepted = await listener.accept();
    expect(accepted.remote).toMatchObject({ host: '::ffff:127.0.0.8' });
    for (const socket of [allowed, accepted]) socket.destroy();
  });

  test('judges peers on a Unix path by the word unix', async () => {
    await using open = await listen('unix:@sock-policy-open', { policy: denyPrivate({ except: ['unix'] }) });
    const allowed = await connect(open.endpoint);
    (await open.accept()).destroy();
    allowed.destroy();
    await using shut = await listen('unix:@sock-policy-shut', { policy: denyPrivate() });
    const denied = await connect(shut.endpoint);
    expect(await denied.recv()).toBeNull();
    expect(shut.stats).toMatchObject({ accepted: 0, denied: 1 });
    denied.destroy();
  });
});

describe('a policy', () => {
  test.each([['null', null], ['a function that was not called', denyPrivate], ['text', 'private'], ['an object without refusal', { key: 'x' }]])('that is none, %s, is refused at once, and lets nobody through', async (_, policy) => {
    const wrong = { policy } as never;
    const refused = { code: 'ERR_SOCK_ARGUMENT', category: 'usage', message: expect.stringContaining('addressPolicy()') };
    await using listener = await listen('127.0.0.1:0');
    expect(await rejection(listen('127.0.0.1:0', wrong))).toMatchObject(refused);
    expect(await rejection(connect(listener.endpoint, wrong))).toMatchObject(refused);
    expect(() => tcp(wrong)).toThrow(expect.objectContaining(refused));
    expect(() => unix(wrong)).toThrow(expect.objectContaining(refused));
    expect(listener.stats.waiting).toBe(0);
  });

  test('that throws refuses the peer, and not the whole program', async () => {
    const policy: AddressPolicy = { key: 'own', refusal: () => { throw new TypeError('a fault in the policy'); } };
    await using listener = await listen('127.0.0.1:0', { policy });
    expect(await reset(connect(listener.endpoint))).toEqual(RESET);
    expect(listener.stats).toMatchObject({ denied: 1, accepted: 0, waiting: 0 });
  });
});

test('other options of the wrong kind are typed errors too', async () => {
  expect(await rejection(listen('127.0.0.1:0', { ipv6Only: 'yes' } as never))).toMatchObject({ code: 'ERR_SOCK_ARGUMENT', message: expect.stringContaining('ipv6Only') });
  for (const lookup of ['system', null, {}]) {
    expect(await rejection(connect('some.name:80', { lookup } as never))).toMatchObject({ code: 'ERR_SOCK_NAME', message: expect.stringContaining('some.name') });
  }
});
