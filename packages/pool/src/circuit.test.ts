import { leakGuard, rejection } from '@sock/testkit';
import { expect, test } from 'vitest';
import { settle } from './fake-clock.test-d.ts';
import type { MemberHealthStats } from './index.ts';
import type { Stage } from './stage.test-d.ts';
import { staging } from './stage.test-d.ts';

leakGuard();
const stage = staging();

const health = { consecutiveFailures: 3, baseEjection: '1s', maxEjection: '30s', jitter: 0, backoffBase: '10ms', backoffMax: '10ms', probeTimeout: '5s' } as const;

function healthOf<D>(world: Stage<D>): MemberHealthStats | undefined {
  return world.pool.stats().keys[0]?.endpoints[0]?.health;
}

/** Calls that fail, one after the other, each after the back-off of the one before. */
async function fail<D>(world: Stage<D>, times: number): Promise<string[]> {
  const codes: string[] = [];
  for (let turn = 0; turn < times; turn += 1) {
    const call = world.pool.acquire('a').then(() => 'none', (error: { code: string }) => error.code);
    await world.clock.advance(0);
    codes.push(await call);
    if (healthOf(world)?.state === 'closed') await world.clock.advance(10);
  }
  return codes;
}

test('after so many failures in a row calls fail at once, and say why and for how long', async () => {
  const world = stage({ health });
  world.server.away = true;
  expect(await fail(world, 5)).toEqual(['ERR_SOCK_REFUSED', 'ERR_SOCK_REFUSED', 'ERR_SOCK_REFUSED', 'ERR_SOCK_POOL_CIRCUIT_OPEN', 'ERR_SOCK_POOL_CIRCUIT_OPEN']);
  expect(world.dialled).toHaveLength(3);
  await world.clock.advance(250);
  await expect(world.pool.acquire('a')).rejects.toMatchObject({
    code: 'ERR_SOCK_POOL_CIRCUIT_OPEN',
    category: 'refused',
    retryable: true,
    message: expect.stringMatching(/^memory a is left alone for 750 ms more, after too many failures .*a refused the connection$/),
    cause: { code: 'ERR_SOCK_REFUSED' },
  });
  expect(world.pool.stats()).toMatchObject({ circuitOpen: 3, failed: 3 });
});

test('one failure less leaves it closed, and a success forgets those before', async () => {
  const world = stage({ health });
  world.server.away = true;
  await fail(world, 2);
  expect(healthOf(world)?.state).toBe('closed');
  world.server.away = false;
  (await world.lease()).release();
  world.server.hangUp();
  await settle();
  world.server.away = true;
  expect(await fail(world, 3)).toEqual(['ERR_SOCK_REFUSED', 'ERR_SOCK_REFUSED', 'ERR_SOCK_REFUSED']);
  expect(healthOf(world)?.state).toBe('open');
});

test('it closes by itself after a probe that went well', async () => {
  const world = stage({ health });
  world.server.away = true;
  await fail(world, 3);
  world.server.away = false;
  await world.clock.advance(1000);
  expect(healthOf(world)?.state).toBe('half-open');
  const lease = await world.lease();
  expect(healthOf(world)).toMatchObject({ state: 'half-open', probes: 1 });
  lease.release();
  expect(healthOf(world)?.state).toBe('closed');
  expect(world.told.filter(({ name }) => name === 'circuit').map(({ event }) => [event['state'], (event['cause'] as { code?: string } | undefined)?.code])).toEqual([
    ['open', 'ERR_SOCK_REFUSED'], ['half-open', 'ERR_SOCK_REFUSED'], ['closed', undefined],
  ]);
});

test('a probe that fails opens it again, for twice as long', async () => {
  const world = stage({ health });
  world.server.away = true;
  await fail(world, 3);
  await world.clock.advance(1000);
  await expect(world.lease()).rejects.toMatchObject({ code: 'ERR_SOCK_REFUSED' });
  expect(world.dialled).toHaveLength(4);
  await expect(world.lease()).rejects.toMatchObject({ code: 'ERR_SOCK_POOL_CIRCUIT_OPEN', message: expect.stringContaining('2000 ms more') });
});

test('while it is away there are few dials, however many call', async () => {
  const world = stage({ health: { ...health, backoffBase: '50ms', backoffMax: '10s' }, maxConnecting: 2 });
  world.server.away = true;
  let answered = 0;
  for (let second = 0; second < 60; second += 1) {
    for (let call = 0; call < 20; call += 1) void world.pool.acquire('a').catch(() => (answered += 1));
    await world.clock.advance(1000);
  }
  expect(answered).toBe(1200);
  // 1, 2, 4, 8, 16, 30 s between the trials of a minute.
  expect(world.dialled.length).toBeLessThanOrEqual(14);
  expect(world.dialled.length).toBeGreaterThanOrEqual(5);
});

test('a probe that nobody reports gives its place back', async () => {
  const world = stage({ health });
  world.server.away = true;
  await fail(world, 3);
  world.server.away = false;
  await world.clock.advance(1000);
  const held = await world.lease();
  const waiting = world.pool.acquire('a');
  await world.clock.advance(4999);
  expect(world.pool.stats()).toMatchObject({ leased: 1, waiting: 1 });
  await world.clock.advance(1);
  expect((await waiting).id).toBe(2);
  (await waiting).release();
  expect(healthOf(world)?.state).toBe('closed');
  held.release();
});

test('what leases say counts: causes of discard, and nothing else', async () => {
  const world = stage({ health });
  for (let turn = 0; turn < 5; turn += 1) (await world.lease()).discard();
  expect(healthOf(world)).toMatchObject({ state: 'closed', consecutiveFailures: 0 });
  const idle = [await world.lease(), await world.lease()];
  for (let turn = 0; turn < 3; turn += 1) (await world.lease()).discard(new Error('nonsense'));
  expect(healthOf(world)).toMatchObject({ state: 'open', consecutiveFailures: 3 });
  for (const lease of idle) lease.release();
});

test('use() counts what the connection did, and not what the program threw', async () => {
  const world = stage({ health });
  for (let turn = 0; turn < 5; turn += 1) {
    await expect(world.pool.use('a', () => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
  }
  expect(healthOf(world)?.consecutiveFailures).toBe(0);
  for (let turn = 0; turn < 3; turn += 1) {
    await expect(world.pool.use('a', async ({ id, socket }) => {
      world.server.peers[id - 1]?.destroy();
      await settle();
      await socket.recv();
    })).rejects.toMatchObject({ code: 'ERR_SOCK_RESET' });
  }
  expect(healthOf(world)?.state).toBe('open');
});

test('an idle connection of an endpoint that is ejected goes', async () => {
  const world = stage({ health });
  await world.idle(4);
  for (let turn = 0; turn < 3; turn += 1) (await world.lease()).discard(new Error('nonsense'));
  expect(world.gone).toEqual({ discarded: 3, ejected: 1 });
});

test('health: false leaves nobody alone: each call dials, and gets its own failure', async () => {
  const world = stage({ health: false });
  world.server.away = true;
  const codes = [];
  for (let turn = 0; turn < 20; turn += 1) codes.push(await world.lease().catch((error: { code: string }) => error.code));
  expect(new Set(codes)).toEqual(new Set(['ERR_SOCK_REFUSED']));
  expect(world.dialled).toHaveLength(20);
  expect(healthOf(world)).toBeUndefined();
});

test('a dial that fails beside connections that stand makes the next one wait, and leaves the circuit alone', async () => {
  const world = stage({ health, maxPerKey: 2 });
  const held = await world.lease();
  world.server.away = true;
  for (let turn = 0; turn < 6; turn += 1) {
    const warmed = world.pool.prewarm('a', { count: 2 });
    await world.clock.advance(20);
    expect((await warmed).errors).toHaveLength(1);
  }
  expect(healthOf(world)).toMatchObject({ state: 'closed', consecutiveFailures: 0, lastCode: 'ERR_SOCK_REFUSED' });
  expect(world.pool.stats().dialsFailed).toBeGreaterThan(3);
  held.release();
  (await world.lease()).release();
});

test('a connection that comes back to an endpoint that is tried out needs a place of a probe for its next lease', async () => {
  const world = stage({ health, maxPerKey: 3 });
  const [one, two, three] = [await world.lease(), await world.lease(), await world.lease()];
  world.server.away = true;
  one.discard(new Error('1'));
  two.discard(new Error('2'));
  const waiting = [world.pool.acquire('a'), world.pool.acquire('a')];
  const over = Promise.allSettled(waiting);
  await settle();
  three.discard(new Error('3'));
  expect((await over).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(healthOf(world)?.state).toBe('open');
  await world.clock.advance(1000);
  world.server.away = false;
  const probe = await world.lease();
  expect(healthOf(world)).toMatchObject({ state: 'half-open', probes: 1 });
  const next = world.pool.acquire('a');
  await settle();
  expect(world.pool.stats().waiting).toBe(1);
  probe.release();
  (await next).release();
  expect(healthOf(world)?.state).toBe('closed');
});

test('while it is open nobody waits for a lease that may come back: it would not be lent', async () => {
  const world = stage({ maxPerKey: 3, health: { baseEjection: '20s', jitter: 0 } });
  const held = [await world.lease(), await world.lease()];
  const waiting = [];
  for (let count = 0; count < 5; count += 1) {
    const lease = await world.lease();
    // In line for a place, when the circuit opens.
    if (count === 4) waiting.push(world.pool.acquire('a'));
    lease.discard(new Error('broken'));
  }
  const began = world.clock.now();
  for (const call of [...waiting, world.pool.acquire('a')]) expect(await rejection(call)).toMatchObject({ code: 'ERR_SOCK_POOL_CIRCUIT_OPEN' });
  expect(world.clock.now()).toBe(began);
  for (const lease of held) lease.release();
});

test('a connection that was tried out and is not lent after all gives its place back: found unfit, or opened for nobody', async () => {
  for (const options of [{ validate: () => false, validateAfter: 0 }, {}]) {
    const world = stage({ ...options, health: { ...health, probes: 1, probeTimeout: '1h' } });
    const kept = await world.lease();
    for (let count = 0; count < 3; count += 1) (await world.lease()).discard(new Error('broken'));
    expect(healthOf(world)?.state).toBe('open');
    kept.release();
    await world.clock.advance(1000);
    if ('validate' in options) {
      // Nobody is there when the look is over.
      const stop = new AbortController();
      const call = world.pool.acquire('a', { signal: stop.signal }).catch(() => {});
      stop.abort();
      await call;
    } else {
      const warming = world.pool.prewarm('a', { count: 2 });
      await world.clock.advance(1);
      expect(await warming).toEqual({ opened: 1, errors: [] });
    }
    await world.clock.advance(100);
    (await world.lease()).release();
    expect(healthOf(world)?.state).toBe('closed');
  }
});
