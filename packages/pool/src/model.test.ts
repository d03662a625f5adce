import { bytes, leakGuard, turns } from '@sock/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PoolOptions } from './index.ts';
import { check, end, World } from './model-world.test-d.ts';

leakGuard();

type Step = readonly [name: string, run: (world: World) => unknown];

const at = <T>(list: readonly T[], index: number): T | undefined => list[index % Math.max(1, list.length)];
const index = fc.nat(50);
const key = fc.constantFrom('a', 'b', 'c');

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(key, fc.integer({ min: -2, max: 5 }), fc.boolean()).map(([of, priority, endless]): Step => [`acquire ${of} ${priority}`, (world) => world.acquire(of, priority, endless)]) },
  { weight: 5, arbitrary: index.map((i): Step => [`release ${i}`, (world) => world.give(at(world.leases, i), (lease) => lease.release())]) },
  { weight: 1, arbitrary: fc.tuple(index, fc.boolean()).map(([i, bad]): Step => [`discard ${i} ${bad}`, (world) => world.give(at(world.leases, i), (lease) => lease.discard(bad ? new Error('bad') : undefined))]) },
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 3 }).map((count): Step => [`dials succeed ${count}`, (world) => world.server.open(count)]) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 3 }).map((count): Step => [`dials fail ${count}`, async (world) => {
    world.server.away = true;
    world.server.open(count);
    await turns(1);
    world.server.away = false;
  }]) },
  { weight: 1, arbitrary: index.map((i): Step => [`a call is aborted ${i}`, (world) => at(world.waiting, i)?.stop.abort()]) },
  { weight: 1, arbitrary: index.map((i): Step => [`the peer ends ${i}`, (world) => at(world.server.peers, i)?.shutdown().catch(() => {})]) },
  { weight: 1, arbitrary: index.map((i): Step => [`the peer resets ${i}`, (world) => at(world.server.peers, i)?.destroy()]) },
  { weight: 1, arbitrary: index.map((i): Step => [`the peer sends ${i}`, (world) => at(world.server.peers, i)?.send(bytes('!')).catch(() => {})]) },
  { weight: 1, arbitrary: index.map((i): Step => [`the holder closes ${i}`, (world) => at(world.leases, i)?.lease?.socket.destroy()]) },
  { weight: 3, arbitrary: fc.constantFrom(1, 20, 60, 150, 400, 2000).map((ms): Step => [`time passes ${ms}`, (world) => world.clock.advance(ms)]) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 2 }).map((count): Step => [`hooks refuse ${count}`, (world) => (world.refusals = count)]) },
  { weight: 1, arbitrary: fc.constant<Step>(['suspend', (world) => world.pool.suspend()]) },
  { weight: 2, arbitrary: fc.constant<Step>(['resume', (world) => world.pool.resume()]) },
  { weight: 1, arbitrary: fc.tuple(key, fc.constantFrom(0, 100)).map(([of, over]): Step => [`refresh ${of} ${over}`, (world) => world.pool.refresh({ target: of, over })]) },
  { weight: 1, arbitrary: fc.tuple(key, fc.nat(3)).map(([of, count]): Step => [`prewarm ${of} ${count}`, (world) => void world.pool.prewarm(of, { count, stagger: 10 }).catch(() => {})]) },
);

const options: fc.Arbitrary<PoolOptions<string, number>> = fc.record({
  maxPerKey: fc.integer({ min: 1, max: 3 }),
  max: fc.integer({ min: 1, max: 5 }),
  maxIdlePerKey: fc.constantFrom(0, 1, 3),
  maxIdle: fc.constantFrom(1, 2, 5),
  maxKeys: fc.constantFrom(1, 2, 10),
  maxWaiting: fc.constantFrom(0, 2, 5, 100),
  maxConnecting: fc.integer({ min: 1, max: 3 }),
  minPerKey: fc.constantFrom(0, 0, 1),
  order: fc.constantFrom('lifo' as const, 'fifo' as const),
  overflow: fc.constantFrom('newest' as const, 'oldest' as const, 'lowest' as const),
  coalesceFirst: fc.boolean(),
  maxUses: fc.constantFrom(1, 2, 1000),
  idleTimeout: fc.constantFrom(100, 5000),
  maxLife: fc.constantFrom(300, 50_000),
  validateAfter: fc.constantFrom(30, 10_000),
  reset: fc.constantFrom(undefined, () => true),
  health: fc.constantFrom(false as const, { consecutiveFailures: 2, baseEjection: 100, maxEjection: 200, backoffBase: 20, backoffMax: 50 }),
}).map((chosen) => (chosen.maxIdlePerKey === 0 ? { ...chosen, minPerKey: 0 } : chosen));

test('after every step of 10,000 sequences the counts are what can be reached, the limits hold, and nobody is forgotten', async () => {
  await fc.assert(fc.asyncProperty(options, fc.array(step, { maxLength: 25 }), fc.boolean(), async (chosen, steps, drains) => {
    const world = new World(chosen);
    for (const [, run] of steps) {
      await run(world);
      await turns(1);
      check(world);
    }
    if (drains) {
      world.drained = true;
      const draining = world.pool.drain({ timeout: 500 });
      await turns(1);
      check(world);
      expect(world.waiting).toEqual([]);
      for (const peer of world.server.peers) peer.destroy();
      await world.clock.advance(1000);
      expect((await draining).forced).toBe(world.leases.length);
    }
    await end(world);
  }), { numRuns: Number(process.env['SOCK_RUNS'] ?? 10_000) });
}, 300_000);
