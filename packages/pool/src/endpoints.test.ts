import { leakGuard } from '@sock/testkit';
import { expect, test } from 'vitest';
import { settle } from './fake-clock.test-d.ts';
import type { Lease } from './index.ts';
import { refused } from './memory-server.test-d.ts';
import { staging } from './stage.test-d.ts';

leakGuard();
const stage = staging();

const health = { consecutiveFailures: 2, baseEjection: '10s', maxEjection: '10s', jitter: 0, backoffBase: '1ms', backoffMax: '1ms', probeTimeout: '5s' } as const;
const three = (): readonly string[] => ['x', 'y', 'z'];

/** How many of them each endpoint has: x, y, z. */
function shares(dialled: readonly string[], leases: readonly Lease[]): number[] {
  return ['x', 'y', 'z'].map((target) => leases.filter(({ id }) => dialled[id - 1] === target).length);
}

test.each(['least-busy', 'round-robin'] as const)('%s spreads leases over the endpoints', async (balance) => {
  const world = stage({ endpoints: three, balance });
  const leases: Lease[] = [];
  for (let count = 0; count < 9; count += 1) leases.push(await world.lease());
  expect(shares(world.dialled, leases)).toEqual([3, 3, 3]);
  expect(world.pool.stats().keys).toMatchObject([{ key: 'memory a', endpoints: [{ key: 'memory x', leased: 3 }, { key: 'memory y' }, { key: 'memory z' }] }]);
  for (const lease of leases) lease.release();
});

test('least-busy takes the endpoint with the fewest leases next', async () => {
  const world = stage({ endpoints: three });
  const leases: Lease[] = [];
  for (let count = 0; count < 6; count += 1) leases.push(await world.lease());
  for (const lease of leases.filter(({ id }) => world.dialled[id - 1] === 'y')) lease.release();
  const next = [await world.lease(), await world.lease()];
  expect(shares(world.dialled, next)).toEqual([0, 2, 0]);
  for (const lease of [...leases, ...next]) if (!lease.released) lease.release();
});

test('round-robin goes round also over idle connections', async () => {
  const world = stage({ endpoints: three, balance: 'round-robin' });
  const used: (string | undefined)[] = [];
  // Nobody waits for the first dial to the others: what is idle serves, and they get one beside it.
  for (let turn = 0; turn < 3; turn += 1) {
    (await world.lease()).release();
    await settle();
  }
  for (let turn = 0; turn < 9; turn += 1) {
    const lease = await world.lease();
    used.push(world.dialled[lease.id - 1]);
    lease.release();
  }
  expect(new Set(used.slice(0, 3))).toEqual(new Set(['x', 'y', 'z']));
  expect(used).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2].map((turn) => used[turn]));
  expect(world.pool.stats().created).toBe(3);
});

test('an endpoint that is ejected gets none, and the others its share', async () => {
  const world = stage({ endpoints: three, health });
  world.server.away = (target) => (target === 'y' ? refused(target) : undefined);
  const leases: Lease[] = [];
  for (let count = 0; count < 12; count += 1) {
    const lease = world.pool.acquire('a');
    await world.clock.advance(2);
    leases.push(await lease);
  }
  expect(shares(world.dialled.filter((target) => target !== 'y'), leases)).toEqual([6, 0, 6]);
  expect(world.dialled.filter((target) => target === 'y')).toHaveLength(2);
  expect(world.pool.stats().keys[0]?.endpoints.map((each) => each.health?.state)).toEqual(['closed', 'open', 'closed']);
  for (const lease of leases) lease.release();
});

test('a connection of an endpoint that is ejected is not handed to who waits, when it comes back', async () => {
  const world = stage({ endpoints: () => ['x', 'y'], health, maxPerKey: 2 });
  const leases = [await world.lease(), await world.lease(), await world.lease(), await world.lease()];
  const of = (target: string): Lease[] => leases.filter(({ id }) => world.dialled[id - 1] === target);
  const other = of('y');
  other[0]?.discard(new Error('nonsense'));
  const fifth = await world.lease();
  expect(world.dialled[fifth.id - 1]).toBe('y');
  fifth.discard(new Error('nonsense'));
  expect(world.pool.stats().keys[0]?.endpoints[1]?.health?.state).toBe('open');
  const waiting = world.pool.acquire('a');
  other[1]?.release();
  await settle();
  expect(world.pool.stats().waiting).toBe(1);
  expect(world.gone).toEqual({ discarded: 2, ejected: 1 });
  of('x')[0]?.release();
  expect(world.dialled[(await waiting).id - 1]).toBe('x');
  (await waiting).release();
  of('x')[1]?.release();
});

test('no more than the share are ejected: the rest is used, however it fails', async () => {
  const world = stage({ endpoints: () => ['w', 'x', 'y', 'z'], health: { ...health, maxEjectedPercent: 50 } });
  for (let turn = 0; turn < 40; turn += 1) {
    const lease = world.pool.acquire('a');
    await world.clock.advance(2);
    (await lease).discard(new Error('nonsense'));
  }
  const states = world.pool.stats().keys[0]?.endpoints.map((each) => each.health?.state);
  expect(states?.filter((state) => state === 'open')).toHaveLength(2);
  expect(states?.filter((state) => state === 'closed')).toHaveLength(2);
});

test('an endpoint that is none any more is drained: idle ones go at once, leased ones when they come back', async () => {
  let endpoints = ['x', 'y'];
  const world = stage({ endpoints: () => endpoints });
  const leases = [await world.lease(), await world.lease(), await world.lease(), await world.lease()];
  const old = leases.filter(({ id }) => world.dialled[id - 1] === 'x');
  const kept = leases.filter(({ id }) => world.dialled[id - 1] === 'y');
  endpoints = ['y', 'z'];
  // Asked when one is dialled, or at a refresh.
  const fifth = await world.lease();
  const sixth = await world.lease();
  expect(world.dialled[5]).toBe('z');
  expect(world.gone).toEqual({});
  old[0]?.release();
  expect(world.gone).toEqual({ refreshed: 1 });
  expect(world.pool.stats().keys[0]?.endpoints.map(({ key }) => key)).toEqual(['memory y', 'memory z', 'memory x']);
  old[1]?.release();
  expect(world.gone).toEqual({ refreshed: 2 });
  for (const lease of [...kept, fifth, sixth]) lease.release();
  world.pool.refresh();
  expect(world.pool.stats().keys[0]?.endpoints.map(({ key }) => key)).toEqual(['memory y', 'memory z']);
});

test('a refresh asks for the endpoints', async () => {
  let endpoints = ['x'];
  const world = stage({ endpoints: () => endpoints });
  await world.idle(2);
  endpoints = ['y'];
  world.pool.refresh({ over: '10s' });
  expect(world.gone).toEqual({ refreshed: 2 });
});

test('endpoints that are named twice are one', async () => {
  const world = stage({ endpoints: () => ['x', 'x'], minPerKey: 1 });
  await world.idle();
  expect(world.pool.stats().keys[0]?.endpoints).toHaveLength(1);
});

test('minPerKey is kept to each endpoint', async () => {
  const world = stage({ endpoints: three, minPerKey: 2 });
  (await world.lease()).release();
  await settle();
  expect(world.pool.stats().keys[0]?.endpoints.map(({ idle }) => idle)).toEqual([2, 2, 2]);
});

test('what endpoints() throws goes to the caller; nobody is left waiting', async () => {
  let broken = false;
  const world = stage({
    endpoints: () => {
      if (broken) throw new Error('no answer from the registry');
      return ['x'];
    },
  });
  broken = true;
  await expect(world.pool.acquire('a')).rejects.toThrow('no answer from the registry');
  broken = false;
  const lease = await world.lease();
  broken = true;
  lease.discard();
  await expect(world.lease()).rejects.toThrow('no answer from the registry');
  expect(world.pool.stats().waiting).toBe(0);
});

test('a target without an endpoint is refused by name', async () => {
  const world = stage({ endpoints: () => [] });
  await expect(world.lease()).rejects.toMatchObject({ code: 'ERR_SOCK_POOL_ARGUMENT', message: expect.stringContaining('endpoints() answered with none for memory a') });
});

test.each(['least-busy', 'round-robin'] as const)('%s: what is opened for nobody yet is spread over the endpoints, by prewarm and by refresh', async (balance) => {
  const world = stage({ endpoints: () => ['x', 'y'], balance, idleTimeout: '1h' });
  const spread = (): (number | undefined)[] => world.pool.stats().keys[0]?.endpoints.map(({ idle }) => idle) ?? [];
  const warming = world.pool.prewarm('c', { count: 8, stagger: 100 });
  await world.clock.advance(1000);
  expect(await warming).toEqual({ opened: 8, errors: [] });
  expect(spread()).toEqual([4, 4]);
  world.pool.refresh({ over: '10s' });
  await world.clock.advance(10_000);
  expect([world.gone, spread()]).toEqual([{ refreshed: 8 }, [4, 4]]);
});

test('a second endpoint, which came while all of the first one was leased, is dialled for who waits', async () => {
  let names = ['x'];
  const world = stage({ endpoints: () => names, maxPerKey: 1 });
  const first = await world.lease('c');
  names = ['x', 'y'];
  const second = await world.lease('c', { timeout: 100 });
  expect(world.dialled).toEqual(['x', 'y']);
  for (const lease of [first, second]) lease.release();
});

test('an endpoint that is tried out counts as ejected still, and one that is none any more counts for nothing', async () => {
  let names: readonly string[] = ['w', 'x', 'y', 'z'];
  const world = stage({ endpoints: () => names, maxPerKey: 50, health: { ...health, baseEjection: '1s', maxEjectedPercent: 50 } });
  const states = (): Record<string, string | undefined> => Object.fromEntries(world.pool.stats().keys[0]?.endpoints.map((each) => [each.key.replace('memory ', ''), each.health?.state]) ?? []);
  const leases = await Promise.all(Array.from({ length: 16 }, () => world.lease()));
  /** All leases of it but one. */
  const spoil = (target: string): void => {
    const [, ...others] = leases.filter(({ id }) => world.dialled[id - 1] === target);
    for (const lease of others) {
      lease.discard(new Error('nonsense'));
      leases.splice(leases.indexOf(lease), 1);
    }
  };
  for (const target of ['w', 'x']) spoil(target);
  expect(states()).toEqual({ w: 'open', x: 'open', y: 'closed', z: 'closed' });
  await world.clock.advance(1000);
  expect(states()).toEqual({ w: 'half-open', x: 'half-open', y: 'closed', z: 'closed' });
  spoil('y');
  expect(states()['y']).toBe('closed');
  // Of the two that are left one may go; those that are none any more would have made it none.
  names = ['y', 'z'];
  const failed = await Promise.all([world.lease(), world.lease(), world.lease(), world.lease()]);
  for (const lease of failed) if (world.dialled[lease.id - 1] === 'y') lease.discard(new Error('nonsense')); else lease.release();
  expect(states()['y']).toBe('open');
  for (const lease of leases) lease.release();
});

test('least-busy: of those that are as busy the one with more idle connections is used', async () => {
  const world = stage({ endpoints: () => ['x', 'y'], idleTimeout: '1h' });
  const leases = await Promise.all([1, 2, 3, 4].map(() => world.lease()));
  const [kept, ...rest] = leases.filter(({ id }) => world.dialled[id - 1] === 'x');
  kept?.discard();
  for (const lease of [...rest, ...leases.filter(({ id }) => world.dialled[id - 1] === 'y')]) lease.release();
  const lease = await world.lease();
  expect(world.dialled[lease.id - 1]).toBe('y');
  lease.release();
});

test('an endpoint that is down is not dialled at each acquire while another one serves', async () => {
  const world = stage({ health: false, endpoints: () => ['x', 'y'], balance: 'round-robin' });
  world.server.away = (target) => (target === 'y' ? refused('y') : undefined);
  (await world.lease()).release();
  for (let turn = 0; turn < 200; turn += 1) {
    (await world.lease()).release();
    await settle();
  }
  expect(world.dialled.filter((target) => target === 'y').length).toBeLessThan(20);
});
