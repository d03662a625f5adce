import { X509Certificate } from 'node:crypto';
import type { Connector, Endpoint, Socket } from '@sock/core';
import { upgradeConnector, upgradeListener } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import { listen, tcp } from '@sock/io';
import type { Lease, Pool } from '@sock/pool';
import { createPool } from '@sock/pool';
import type { Server } from '@sock/pool/registry';
import { serve } from '@sock/pool/registry';
import { leakGuard, rejection, until } from '@sock/testkit';
import type { ClientContext, ClientContextOptions } from '@sock/tls-context';
import { createClientContext, createServerContext, spkiPin, TLS_INFO } from '@sock/tls-context';
import { expect, test } from 'vitest';

leakGuard();

const authority = createAuthority();
const stranger = createAuthority({ name: 'A stranger' });
const leaf = authority.issue({ names: ['localhost'] });
const client = authority.issue({ usage: 'client', commonName: 'worker' });
const pin = spkiPin(new X509Certificate(leaf.cert));
const otherPin = spkiPin(new X509Certificate(stranger.ca));

/** A server whose certificate is from `authority`, and which keeps its connections. */
async function startServer(): Promise<{ readonly server: Server; readonly target: Endpoint } & AsyncDisposable> {
  const context = createServerContext({ cert: leaf.chain, key: leaf.key, ca: authority.ca, verify: 'peer' });
  const server = serve(upgradeListener(await listen('127.0.0.1:0'), context), async ({ socket }) => {
    for await (const chunk of socket) await socket.send(chunk);
  });
  return { server, target: { host: 'localhost', port: (server.endpoint as { port: number }).port }, [Symbol.asyncDispose]: () => server.close({ timeout: '5s' }) };
}

/** Where to, and by whose trust. */
interface Trusted {
  readonly endpoint: Endpoint;
  readonly context: ClientContext;
}

/** One connector for all of them: a target brings its own trust. */
const byTarget: Connector<Trusted> = {
  key: ({ endpoint, context }) => over(context).key(endpoint),
  connect: ({ endpoint, context }, cancel) => over(context).connect(endpoint, cancel),
};

function over(context: ClientContext): Connector {
  return upgradeConnector(tcp() as Connector, context);
}

/** Leaves one idle connection behind. @returns its id */
async function idleOne<T>(pool: Pool<T>, target: T): Promise<number> {
  const lease = await pool.acquire(target);
  lease.release();
  expect(pool.stats().keys.find(({ key }) => key === lease.key)?.endpoints[0]?.idle).toBe(1);
  return lease.id;
}

/** All that differ in trust, and would all be let in by the same server. */
const variants: Readonly<Record<string, ClientContextOptions>> = {
  'one authority': { ca: authority.ca },
  'two authorities': { ca: `${authority.ca}\n${stranger.ca}` },
  pins: { ca: authority.ca, pins: { sha256: [pin], backup: [otherPin] } },
  'pins that only report': { ca: authority.ca, pins: { sha256: [pin], backup: [otherPin], reportOnly: () => {} } },
  'a check of its own': { ca: authority.ca, verifyPeer: () => true },
  'another check, with the same text': { ca: authority.ca, verifyPeer: () => true },
  'a certificate of its own': { ca: authority.ca, cert: client.chain, key: client.key },
  'TLS 1.3 alone': { ca: authority.ca, minVersion: 'TLSv1.3' },
  'another expected name': { ca: authority.ca, serverName: 'LOCALHOST.' },
  'another protocol': { ca: authority.ca, alpn: ['redis'] },
};

test('one pool keeps a connection for each trust: none is lent to another, and each finds its own again', async () => {
  await using served = await startServer();
  await using pool = createPool(byTarget);
  const contexts = Object.entries(variants)
    .filter(([name]) => !['another expected name', 'another protocol'].includes(name))
    .map(([name, options]) => [name, createClientContext(options)] as const);
  const ids = new Map<string, number>();
  for (const [name, context] of contexts) ids.set(name, await idleOne(pool, { endpoint: served.target, context }));
  expect(new Set(ids.values()).size).toBe(contexts.length);
  expect(pool.stats()).toMatchObject({ idle: contexts.length, created: contexts.length, reused: 0 });
  for (const [name, context] of contexts.toReversed()) expect(await idleOne(pool, { endpoint: served.target, context }), name).toBe(ids.get(name));
  expect(pool.stats()).toMatchObject({ created: contexts.length, reused: contexts.length });
  // A second context, made of the same things, is the same trust.
  const twin = createClientContext(variants['two authorities']);
  expect(await idleOne(pool, { endpoint: served.target, context: twin })).toBe(ids.get('two authorities'));
}, 30_000);

test('names and protocols are a part of the key; a name is the same however it is written', () => {
  const key = (name: string): string => byTarget.key({ endpoint: { host: 'localhost', port: 1 }, context: createClientContext(variants[name]) });
  expect(key('another expected name')).toBe(key('one authority'));
  expect(key('another protocol')).not.toBe(key('one authority'));
  expect(byTarget.key({ endpoint: { host: 'localhost', port: 1 }, context: createClientContext({ ca: authority.ca, serverName: 'other.test' }) })).not.toBe(key('one authority'));
});

test('an idle connection of a trust that lets the server in is not lent to one that does not', async () => {
  await using served = await startServer();
  await using pool = createPool(byTarget);
  const good = createClientContext({ ca: authority.ca });
  const id = await idleOne(pool, { endpoint: served.target, context: good });
  const bad: readonly (readonly [ClientContextOptions, string])[] = [
    [{ ca: stranger.ca }, 'ERR_SOCK_TLS_'],
    [{ ca: authority.ca, pins: { sha256: [otherPin], backup: [otherPin.toLowerCase().replace(/^./, 'A')] } }, 'PIN'],
    [{ ca: authority.ca, verifyPeer: () => false }, 'ERR_SOCK_TLS_'],
    [{ ca: authority.ca, serverName: 'other.test' }, 'ERR_SOCK_TLS_NAME_MISMATCH'],
  ];
  for (const [options, code] of bad) {
    const error = await rejection<Error & { code: string; category: string }>(pool.acquire({ endpoint: served.target, context: createClientContext(options) }));
    expect(error.code).toContain(code);
    expect(error.category).toBe('trust');
  }
  expect(await idleOne(pool, { endpoint: served.target, context: good })).toBe(id);
  expect(pool.stats()).toMatchObject({ created: 1, idle: 1, dialsFailed: bad.length });
}, 30_000);

test('two pools over two contexts share nothing', async () => {
  await using served = await startServer();
  await using trusting = createPool(over(createClientContext({ ca: authority.ca })));
  await using strict = createPool(over(createClientContext({ ca: authority.ca, pins: { sha256: [pin], backup: [otherPin] } })));
  for (const pool of [trusting, strict]) await idleOne(pool, served.target);
  const keys = [trusting, strict].map((pool) => pool.stats().keys.map(({ key }) => key));
  expect(keys.map(({ length }) => length)).toEqual([1, 1]);
  expect(keys[0]).not.toEqual(keys[1]);
  await until(() => served.server.stats.accepted === 2, 'the server has accepted one of each');
});

test('after update() of a context no connection from before is lent: neither one that was idle, nor one that comes back later', async () => {
  await using served = await startServer();
  const context = createClientContext({ ca: authority.ca });
  await using pool = createPool(over(context), { order: 'fifo' });
  const held: Lease = await pool.acquire(served.target);
  await idleOne(pool, served.target);
  const before = new Set<Socket>([held.socket]);
  context.update({ pins: { sha256: [pin], backup: [otherPin] } });
  const fresh = await pool.acquire(served.target);
  expect([fresh.reused, fresh.key === held.key, fresh.socket.get(TLS_INFO)?.verification.find(({ step }) => step === 'pins')?.outcome]).toEqual([false, false, 'ok']);
  const { id } = fresh;
  held.release();
  fresh.release();
  for (let round = 0; round < 10; round += 1) {
    const lease = await pool.acquire(served.target);
    expect([lease.id, before.has(lease.socket)]).toEqual([id, false]);
    lease.release();
  }
  // What the new state would not let in is not lent either, though connections of both earlier states are idle.
  context.update({ pins: undefined, ca: stranger.ca });
  expect(await rejection(pool.acquire(served.target))).toMatchObject({ category: 'trust' });
  // Back to what it was first: the same trust, and its two connections are there.
  context.update({ ca: authority.ca });
  const back = await pool.acquire(served.target);
  expect([back.reused, back.key]).toEqual([true, held.key]);
  back.release();
  expect(pool.stats()).toMatchObject({ created: 3, dialsFailed: 1 });
}, 30_000);
