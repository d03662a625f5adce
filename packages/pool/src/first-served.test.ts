import type { Socket } from '@sock/core';
import { bytes, leakGuard, rejection, text } from '@sock/testkit';
import { expect, test } from 'vitest';
import { settle } from './fake-clock.test-d.ts';
import type { PooledConnection } from './index.ts';
import { createPool } from './index.ts';
import { memoryServer } from './memory-server.test-d.ts';
import { staging } from './stage.test-d.ts';

leakGuard();
const stage = staging();

const never = (): Promise<never> => new Promise(() => {});

test('reset never sees what a lease has left unread: that connection is closed instead', async () => {
  const resets: string[] = [];
  const world = stage({
    reset: async ({ socket }: PooledConnection, cancel) => {
      resets.push(text((await socket.recv(cancel)) ?? new Uint8Array(0)));
    },
  });
  const lease = await world.lease();
  await world.server.peers[0]?.send(bytes('the answer'));
  await settle();
  lease.release();
  await settle();
  expect([resets, world.gone]).toEqual([[], { dirty: 1 }]);
});

test('an answer that its holder gave up waiting for goes to nobody else, and counts as a time-out', async () => {
  const world = stage({ health: { consecutiveFailures: 2 } });
  const ask = async (): Promise<void> => {
    await using lease = await world.lease();
    await lease.socket.send(bytes('question'));
    await lease.socket.recv({ timeout: 1 });
  };
  await rejection(ask());
  expect(world.gone).toEqual({ dirty: 1 });
  await rejection(ask());
  expect(world.pool.stats().keys[0]?.endpoints[0]?.health).toMatchObject({ state: 'open', lastCode: 'ERR_SOCK_TIMEOUT' });
});

test.each(['ping', 'reset'] as const)('nobody waits for a %s that hangs, where there is place for another connection', async (hook) => {
  const world = stage({ [hook]: never, pingInterval: '1s', checkTimeout: '5s' });
  await world.idle();
  await world.clock.advance(1000);
  expect(world.pool.stats().checking).toBe(1);
  const call = world.pool.acquire('a');
  await settle();
  expect(world.dialled).toHaveLength(2);
  (await call).discard();
});

test('whoever waits is told when nothing can come any more, and waits while a hook has the last connection', async () => {
  const world = stage({ ping: never, pingInterval: '1s', checkTimeout: '5s', maxPerKey: 1 });
  await world.idle();
  await world.clock.advance(1000);
  const call = world.pool.acquire('a');
  await world.clock.advance(6000);
  (await call).release();
  expect(world.gone).toEqual({ unfit: 1 });
});

test('when a probe closes the circuit, those who waited for it are dialled for at once', async () => {
  const world = stage({ health: { consecutiveFailures: 1, baseEjection: '1s', jitter: 0 }, maxPerKey: 8 });
  (await world.lease()).discard(new Error('bad'));
  await world.clock.advance(1000);
  const probe = await world.lease();
  const calls = Array.from({ length: 4 }, () => world.pool.acquire('a'));
  await settle();
  expect(world.pool.stats()).toMatchObject({ waiting: 4, leased: 1 });
  probe.release();
  await settle();
  expect(world.pool.stats().waiting).toBe(0);
  for (const lease of await Promise.all(calls)) lease.release();
});

test('an idle connection of one endpoint serves, while the one whose turn it is does not answer', async () => {
  const world = stage({ endpoints: () => ['hole', 'good'], balance: 'round-robin' });
  world.server.away = (target) => (target === 'hole' ? new Error('no') : undefined);
  const first = await world.pool.acquire('a').catch(() => undefined);
  const lease = first ?? (await world.lease());
  lease.release();
  world.server.away = false;
  world.server.slow = true;
  for (let turn = 0; turn < 3; turn += 1) {
    const next = await world.pool.acquire('a', { timeout: 0 });
    expect(next.id).toBe(lease.id);
    next.release();
  }
  world.server.open();
});

test('a connection that its holder handed to an upgrade holds up neither release nor drain', async () => {
  const world = stage();
  const lease = await world.lease();
  const { transport } = await lease.socket.detach();
  lease.release();
  expect(world.gone).toEqual({ ended: 1 });
  expect(await world.pool.drain({ timeout: 50 })).toEqual({ forced: 0 });
  transport.destroy();
});

test('a prepare() that hands its socket to an upgrade is told what to do instead', async () => {
  const transports: { destroy(): void }[] = [];
  const world = stage<Socket | undefined>({
    prepare: async (socket) => {
      transports.push((await socket.detach()).transport);
      return undefined;
    },
  });
  expect(await rejection(world.lease())).toMatchObject({ code: 'ERR_SOCK_POOL_PREPARE', message: expect.stringContaining('upgradeConnector()') });
  for (const transport of transports) transport.destroy();
});

test('endpoints() that threw once is asked again for those who wait', async () => {
  let broken = false;
  const world = stage({
    maxPerKey: 1,
    endpoints: () => {
      if (broken) throw new Error('no list');
      return ['x', 'y'];
    },
  });
  const held = [await world.lease(), await world.lease()];
  broken = true;
  const call = world.pool.acquire('a');
  await settle();
  held[0]?.discard();
  await settle();
  broken = false;
  await world.clock.advance(200);
  const lease = await call;
  expect(lease.reused).toBe(false);
  lease.release();
  held[1]?.release();
});

test.each([['text', 'one'], ['nothing', undefined], ['a promise', Promise.resolve(['one'])]])('endpoints() that answers with %s in place of a list is told so', async (_, answer) => {
  const world = stage({ endpoints: () => answer as never });
  expect(await rejection(world.lease())).toMatchObject({ code: 'ERR_SOCK_POOL_ARGUMENT', message: expect.stringContaining('endpoints() answered with no list') });
});

test('a key() that answers no text is refused: all targets would be one', async () => {
  const server = memoryServer();
  const pool = createPool<{ name?: string }>({ key: ({ name }) => name as never, connect: () => server.connect('x') });
  expect(await rejection(pool.acquire({}))).toMatchObject({ code: 'ERR_SOCK_POOL_ARGUMENT', message: expect.stringContaining('key() answered with undefined') });
  await pool.close();
});

test('a target that is changed after the acquire changes nothing for its key', async () => {
  const dialled: string[] = [];
  const server = memoryServer();
  const pool = createPool<{ host: string }>({
    key: ({ host }) => host,
    connect: async ({ host }) => {
      dialled.push(host);
      return await server.connect(host);
    },
  });
  const target = { host: 'one' };
  const first = await pool.acquire(target);
  target.host = 'two';
  const second = await pool.acquire({ host: 'one' });
  expect(dialled).toEqual(['one', 'one']);
  first.release();
  second.release();
  server.hangUp();
  await pool.close();
});

test('an observer that is async and rejects does no harm', async () => {
  // The types allow what answers nothing; a promise is not seen by them where the function is a value.
  const acquired: () => unknown = () => Promise.reject(new Error('mine'));
  const world = stage({ observer: { acquired } });
  (await world.lease()).release();
  await settle();
  expect(world.pool.stats()).toMatchObject({ acquired: 1, idle: 1 });
});
