import type { Connector, Endpoint, InfoKey, Socket } from '@sock/core';
import { SETTLED, upgradeConnector, upgradeListener } from '@sock/core';
import { listen, tcp } from '@sock/io';
import type { Lease, Pool } from '@sock/pool';
import { createPool } from '@sock/pool';
import type { Server } from '@sock/pool/registry';
import { serve } from '@sock/pool/registry';
import { leakGuard, turns, until } from '@sock/testkit';
import type { ClientContext, ClientSession, ClientSessionStore } from '@sock/tls-context';
import { createClientContext, createServerContext, memorySessionStore, TLS_INFO } from '@sock/tls-context';
import { describe, expect, test } from 'vitest';
import type { RespConnection } from '../../../packages/pool/examples/resp-client.ts';
import { command, redisPool, RespError } from '../../../packages/pool/examples/resp-client.ts';
import { certificatesOfFile } from './matrix.ts';
import { startRedis } from './pool-redis-server.ts';

const certificates = certificatesOfFile();
leakGuard();

const LEASES = 50;
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
const atOnce = { maxPerKey: LEASES, maxConnecting: LEASES, acquireTimeout: '20s', drainTimeout: '1s' } as const;

const dialWith = (context: ClientContext): Connector => upgradeConnector(tcp() as Connector, context);
const leasesOf = <D>(pool: Pool<Endpoint, D>, target: Endpoint): Promise<Lease<D>[]> => Promise.all(Array.from({ length: LEASES }, () => pool.acquire(target)));
const resumedOf = (leases: readonly Lease[]): boolean[] => leases.map(({ socket }) => socket.get(TLS_INFO)?.resumed === true);
const count = (flags: readonly boolean[]): number => flags.filter(Boolean).length;

/** A store that counts what it hands out. `again`: tickets of TLS 1.3 are handed out again, which lets observers link the connections. */
function countingStore({ again = false } = {}): { readonly store: ClientSessionStore; readonly given: Uint8Array[]; readonly kept: () => number } {
  const below = memorySessionStore({ perKey: 100 });
  const given: Uint8Array[] = [];
  let last: ClientSession | undefined;
  let kept = 0;
  const store: ClientSessionStore = {
    take: async (key) => {
      const session = (await below.take(key)) ?? (again ? last : undefined);
      if (session !== undefined) given.push(session.session);
      return session;
    },
    put: (key, session) => {
      kept += 1;
      last = session;
      return below.put(key, session);
    },
    forget: (key) => below.forget(key),
  };
  return { store, given, kept: () => kept };
}

describe.each(VERSIONS)('Redis over %s', (version) => {
  const only = { minVersion: version, maxVersion: version } as const;

  test('50 leases at once, each with its own pipeline; the next 50 are on the same connections', async () => {
    await using redis = await startRedis({ certificates: certificates('EC'), args: ['--requirepass', 'sesame'] });
    const target = { host: 'localhost', port: redis.port };
    const context = createClientContext({ ca: certificates('EC').ca, ...only });
    await using pool = redisPool(dialWith(context), { password: 'sesame', protocol: 3, pool: atOnce });
    for (const round of [0, 1]) {
      const leases = await leasesOf<RespConnection>(pool, target);
      expect(new Set(leases.map(({ id }) => id)).size).toBe(LEASES);
      await Promise.all(leases.map(async ({ data }, index) => {
        const value = `${'é'.repeat(1000 * (index % 7))} ${round}`;
        const replies = await data.pipeline([['PING'], ['SET', `key ${index}`, value], ...Array.from({ length: 50 }, () => ['GET', `key ${index}`])], { timeout: '20s' });
        expect(replies).toEqual(['PONG', 'OK', ...Array.from({ length: 50 }, () => value)]);
      }));
      expect(leases.every(({ socket, reused }) => socket.get(TLS_INFO)?.protocol === version && reused === (round === 1))).toBe(true);
      for (const lease of leases) lease.release();
    }
    expect(pool.stats()).toMatchObject({ created: LEASES, dialled: LEASES, idle: LEASES, leased: 0, reused: LEASES });
    expect(await command(pool, target, ['LLEN', 'key 1']).catch((error: unknown) => error)).toEqual(new RespError('WRONGTYPE Operation against a key holding the wrong kind of value'));
    expect(await command(pool, target, ['HELLO', 3])).toBeInstanceOf(Map);
    // A refusal costs no connection.
    expect(pool.stats()).toMatchObject({ created: LEASES, idle: LEASES });
  }, 60_000);

  test('a wrong password is the failure of the acquire, and leaves no connection behind', async () => {
    await using redis = await startRedis({ certificates: certificates('EC'), args: ['--requirepass', 'sesame'] });
    const target = { host: 'localhost', port: redis.port };
    await using pool = redisPool(dialWith(createClientContext({ ca: certificates('EC').ca, ...only })), { password: 'wrong' });
    await expect(pool.acquire(target)).rejects.toMatchObject({ code: 'ERR_SOCK_POOL_PREPARE', message: expect.stringContaining('WRONGPASS'), cause: expect.any(RespError) });
    expect(pool.stats()).toMatchObject({ size: 0, failed: 1, dialsFailed: 1 });
  }, 30_000);

  test('one after the other, every dial but the first resumes: each connection brings a session for the next', async () => {
    await using redis = await startRedis({ certificates: certificates('EC') });
    const context = createClientContext({ ca: certificates('EC').ca, ...only });
    await using pool = redisPool(dialWith(context), { protocol: 3, pool: { ...atOnce, maxConnecting: 1 } });
    const leases = await leasesOf<RespConnection>(pool, { host: 'localhost', port: redis.port });
    expect(resumedOf(leases)).toEqual([false, ...Array.from({ length: LEASES - 1 }, () => true)]);
    expect(context.sessionStats).toMatchObject({ resumed: LEASES - 1, refused: 0, errors: 0 });
    for (const lease of leases) lease.release();
  }, 60_000);

  test('50 first acquires at once, with coalesceFirst: the first dials alone, and the others with what it brought', async () => {
    await using redis = await startRedis({ certificates: certificates('EC') });
    const { store, given, kept } = countingStore();
    const context = createClientContext({ ca: certificates('EC').ca, sessions: { store }, ...only });
    let alone = 0;
    // HELLO is answered after the tickets: when the first is prepared, they are there.
    await using pool = redisPool(dialWith(context), {
      protocol: 3,
      pool: { ...atOnce, coalesceFirst: true, observer: { created: () => (alone ||= pool.stats().dialled) } },
    });
    const leases = await leasesOf<RespConnection>(pool, { host: 'localhost', port: redis.port });
    const resumed = count(resumedOf(leases));
    expect(alone).toBe(1);
    expect(resumed).toBe(given.length);
    if (version === 'TLSv1.2') expect(resumed).toBe(LEASES - 1);
    else {
      // A ticket is good for one connection: two came with the first, so that two resume for certain, and no ticket is offered twice.
      expect(new Set(given.map((session) => Buffer.from(session).toString('base64'))).size).toBe(given.length);
      expect(resumed).toBeGreaterThanOrEqual(2);
      expect(resumed).toBeLessThanOrEqual(kept());
    }
    for (const lease of leases) lease.release();
  }, 60_000);

  test('50 first acquires at once, with coalesceFirst and sessions that are used again: all but the first resume', async () => {
    await using redis = await startRedis({ certificates: certificates('EC') });
    const context = createClientContext({ ca: certificates('EC').ca, sessions: { reuse: true }, ...only });
    await using pool = redisPool(dialWith(context), { protocol: 3, pool: { ...atOnce, coalesceFirst: true } });
    const leases = await leasesOf<RespConnection>(pool, { host: 'localhost', port: redis.port });
    expect(resumedOf(leases)).toEqual([false, ...Array.from({ length: LEASES - 1 }, () => true)]);
    for (const lease of leases) lease.release();
  }, 60_000);
});

describe('one full handshake for 50 first acquires at once, as both ends see it', () => {
  /** A server that echoes, and what its handshakes were. */
  async function startEcho(): Promise<{ readonly server: Server<boolean>; readonly target: Endpoint; readonly resumed: boolean[] } & AsyncDisposable> {
    const { server: { chain, key } } = certificates('EC');
    const resumed: boolean[] = [];
    const echo = serve<boolean>(upgradeListener(await listen('127.0.0.1:0', { maxWaiting: 100 }), createServerContext({ cert: chain, key })), async ({ socket }) => {
      for await (const chunk of socket) await socket.send(chunk);
    }, { data: (socket) => resumed.push(socket.get(TLS_INFO)?.resumed === true) > 0 });
    return { server: echo, target: { host: 'localhost', port: (echo.endpoint as { port: number }).port }, resumed, [Symbol.asyncDispose]: () => echo.close({ timeout: '5s' }) };
  }

  /** What the first byte from the server brings along: the tickets stand before it. */
  const hello = async (socket: Socket): Promise<undefined> => {
    await socket.send(new Uint8Array([1]));
    await socket.recvExactly(1);
  };

  test.each([['TLSv1.2', false], ['TLSv1.3', true]] as const)('%s, with sessions: { reuse: %s }', async (version, reuse) => {
    await using echo = await startEcho();
    const context = createClientContext({ ca: certificates('EC').ca, minVersion: version, maxVersion: version, sessions: { reuse } });
    await using pool = createPool(dialWith(context), { ...atOnce, coalesceFirst: true, prepare: hello });
    const leases = await leasesOf(pool, echo.target);
    expect(count(resumedOf(leases))).toBe(LEASES - 1);
    expect([echo.resumed.length, count(echo.resumed), echo.resumed[0]]).toEqual([LEASES, LEASES - 1, false]);
    for (const lease of leases) lease.release();
  }, 60_000);

  test('TLSv1.3, each ticket used once, one dial after the other: a server of Node gives none on a resumed connection, so that every third is full', async () => {
    await using echo = await startEcho();
    const context = createClientContext({ ca: certificates('EC').ca, minVersion: 'TLSv1.3' });
    await using pool = createPool(dialWith(context), { ...atOnce, maxConnecting: 1, prepare: hello });
    const leases = await leasesOf(pool, echo.target);
    const expected = Array.from({ length: LEASES }, (_, index) => index % 3 > 0);
    expect(resumedOf(leases)).toEqual(expected);
    expect(echo.resumed).toEqual(expected);
    for (const lease of leases) lease.release();
  }, 60_000);

  test('without a word after the handshake, the others wait for the fact SETTLED: for tickets that come on their own, to a store that takes its time', async () => {
    await using echo = await startEcho();
    const { store } = countingStore({ again: true });
    const [gate, settled] = [promise(), promise()];
    const put: ClientSessionStore['put'] = async (key, session) => {
      await gate.done;
      await store.put(key, session);
      settled.resolve();
    };
    const context = createClientContext({ ca: certificates('EC').ca, minVersion: 'TLSv1.3', sessions: { store: { ...store, put } } });
    // A layer that has no such fact of its own gets one.
    const dial: Connector = {
      ...dialWith(context),
      connect: async (target, cancel) => {
        const socket = await dialWith(context).connect(target, cancel);
        const known = socket.get.bind(socket);
        return Object.defineProperty(socket, 'get', { value: (key: InfoKey<unknown>) => known(key) ?? (key.symbol === SETTLED.symbol ? settled.done : undefined) });
      },
    };
    await using pool = createPool(dial, { ...atOnce, coalesceFirst: true, settleTimeout: '20s' });
    const leasing = leasesOf(pool, echo.target);
    await until(() => pool.stats().created === 1, 'the first is there');
    await turns(50);
    expect(pool.stats()).toMatchObject({ dialled: 1, waiting: LEASES - 1 });
    gate.resolve();
    const leases = await leasing;
    await until(() => echo.resumed.length === LEASES, 'the server has accepted them all');
    expect([count(resumedOf(leases)), count(echo.resumed)]).toEqual([LEASES - 1, LEASES - 1]);
    for (const lease of leases) lease.release();
  }, 60_000);
});

function promise(): { readonly done: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => {};
  const done = new Promise<void>((settle) => (resolve = settle));
  return { done, resolve };
}
