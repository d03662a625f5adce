import { bytes, leakGuard } from '@sock/testkit';
import { expect, test } from 'vitest';
import { settle } from './fake-clock.test-d.ts';
import { staging } from './stage.test-d.ts';

leakGuard();
const stage = staging();

// What keeps connections warm must not dial without end where they are of no use: a balancer with no back ends, a server that greets, one that is down.

test.each<[string, object, (world: ReturnType<typeof stage>) => void]>([
  ['hangs up at once', {}, ({ server }) => {
    for (const peer of server.peers) void peer.close();
  }],
  ['breaks off at once', {}, ({ server }) => {
    for (const peer of server.peers) peer.destroy();
  }],
  ['greets, and nobody reads it', {}, ({ server }) => {
    for (const peer of server.peers) void peer.send(bytes('220 hello')).catch(() => {});
  }],
  ['is down', { health: false }, ({ server }) => {
    server.away = true;
    for (const peer of server.peers) void peer.close();
  }],
])('minPerKey at a server that %s: few dials in a minute', async (_, options, spoil) => {
  const world = stage({ minPerKey: 2, ...options });
  await world.idle(2);
  for (let moment = 0; moment < 600; moment += 1) {
    spoil(world);
    await world.clock.advance(100);
  }
  expect(world.dialled.length).toBeGreaterThan(4);
  expect(world.dialled.length).toBeLessThan(60);
});

test('a server that is well again is kept warm again, and at once after a connection that somebody used', async () => {
  const world = stage({ minPerKey: 1 });
  await world.idle();
  for (let turn = 0; turn < 5; turn += 1) {
    world.server.hangUp();
    await world.clock.advance(10);
  }
  await world.clock.advance(13_000);
  expect(world.idles).toBe(1);
  (await world.lease()).discard();
  await settle();
  expect(world.idles).toBe(1);
});

test.each([['maxIdlePerKey', { maxIdlePerKey: 1 }], ['maxIdle', { maxIdle: 2 }]])('minPerKey above %s is refused: what it dials would be evicted, and dialled again', (name, options) => {
  expect(() => stage({ minPerKey: 3, ...options })).toThrow(expect.objectContaining({ code: 'ERR_SOCK_CONFIG', message: expect.stringContaining(`up to ${name}`) }));
});

test('replacements that a refresh could not dial at once are dialled when there is room', async () => {
  const world = stage({ maxPerKey: 10, maxConnecting: 2 });
  await world.idle(10);
  expect(world.pool.refresh({ over: 0 })).toBe(10);
  await world.clock.advance(10);
  await settle();
  expect(world.pool.stats()).toMatchObject({ idle: 10, evicted: { refreshed: 10 } });
});

test('with coalesceFirst the replacements wait for the first one', async () => {
  const world = stage({ maxPerKey: 10, coalesceFirst: true });
  await world.idle(10);
  world.pool.refresh({ over: 0 });
  await world.clock.advance(10);
  await settle();
  expect(world.idles).toBe(10);
});
