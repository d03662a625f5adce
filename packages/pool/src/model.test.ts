import type { Socket } from '@sock/core';
import { bytes, leakGuard, turns } from '@sock/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FakeClock } from './fake-clock.test-d.ts';
import { fakeClock } from './fake-clock.test-d.ts';
import type { Lease, Pool, PoolOptions } from './index.ts';
import { createPool } from './index.ts';
import type { MemoryServer } from './memory-server.test-d.ts';
import { memoryServer } from './memory-server.test-d.ts';

leakGuard();

/** A call of `acquire`, and how it was answered. */
interface Call {
  readonly key: string;
  readonly stop: AbortController;
  readonly endless: boolean;
  answers: number;
  lease: Lease<number> | undefined;
}

/** A pool, its server, and all that was asked of them. */
class World {
  readonly clock: FakeClock = fakeClock();
  readonly server: MemoryServer = memoryServer();
  /** This side of every connection that was ever dialled. */
  readonly sockets: Socket[] = [];
  readonly calls: Call[] = [];
  readonly pool: Pool<string, number>;
  readonly options: PoolOptions<string, number>;
  /** Answers of the hooks to come; none = fine. */
  refusals = 0;
  drained = false;

  constructor(options: PoolOptions<string, number>) {
    const hook = async (): Promise<boolean> => {
      await null;
      this.refusals -= 1;
      return this.refusals < 0;
    };
    this.options = { ...options, validate: hook, reset: options.reset === undefined ? undefined : hook, clock: this.clock, random: () => 0.5 };
    const { server, sockets } = this;
    this.server.slow = true;
    let opened = 0;
    this.pool = createPool<string, number>({
      key: server.key,
      connect: async (target, cancel) => {
        const socket = await server.connect(target, cancel);
        sockets.push(socket);
        return socket;
      },
    }, { ...this.options, prepare: () => ++opened });
  }

  get waiting(): Call[] {
    return this.calls.filter(({ answers }) => answers === 0);
  }

  get leases(): Call[] {
    return this.calls.filter(({ lease }) => lease !== undefined);
  }

  acquire(key: string, priority: number, endless: boolean): void {
    const call: Call = { key, stop: new AbortController(), endless, answers: 0, lease: undefined };
    this.calls.push(call);
    void this.pool.acquire(key, { priority, signal: call.stop.signal, timeout: endless ? 1_000_000 : 300 }).then(
      (lease) => {
        call.answers += 1;
        call.lease = lease;
      },
      () => {
        call.answers += 1;
      },
    );
  }

  /** Ends the lease of a call. */
  give(call: Call | undefined, how: (lease: Lease<number>) => void): void {
    if (call?.lease === undefined) return;
    how(call.lease);
    call.lease = undefined;
  }

  /** What must be so at any time. */
  check(): void {
    const { pool, options: { max = Infinity, maxPerKey = 0, maxIdlePerKey = Infinity, maxIdle = Infinity, maxWaiting = Infinity, maxConnecting = 0 } } = this;
    const stats = pool.stats();
    const endpoints = stats.keys.flatMap((key) => key.endpoints);
    for (const name of ['idle', 'leased', 'checking', 'connecting'] as const) {
      expect(endpoints.reduce((sum, endpoint) => sum + endpoint[name], 0), `${name} in all is the sum of the endpoints`).toBe(stats[name]);
    }
    expect(stats.size).toBe(stats.idle + stats.leased + stats.checking + stats.connecting);
    expect(stats.size).toBeLessThanOrEqual(max);
    expect(stats.idle).toBeLessThanOrEqual(maxIdle);
    for (const { idle, leased, checking, connecting } of endpoints) {
      expect(idle + leased + checking + connecting).toBeLessThanOrEqual(maxPerKey);
      expect(idle).toBeLessThanOrEqual(maxIdlePerKey);
      expect(connecting).toBeLessThanOrEqual(maxConnecting);
    }
    // What is counted can be reached, and what can be reached is counted.
    expect(stats.connecting, 'dials at the server').toBe(this.server.dialling);
    expect(this.sockets.filter(parked).length, 'connections that are put aside').toBe(stats.idle);
    const held = this.leases.map(({ lease }) => (lease as Lease<number>).socket);
    expect(new Set(held).size, 'each connection has one lease').toBe(held.length);
    expect(held.length).toBe(this.drained ? held.length : stats.leased);
    for (const call of this.calls) expect(call.answers).toBeLessThanOrEqual(1);
    expect(stats.waiting, 'calls without an answer').toBe(this.waiting.length);
    expect(stats.waiting).toBe(stats.keys.reduce((sum, { waiting }) => sum + waiting, 0));
    expect(stats.waiting).toBeLessThanOrEqual(maxWaiting);
    expect(stats.acquired).toBe(stats.released + this.leases.length);
    expect(stats.created - stats.size + stats.connecting).toBe(Object.values(stats.evicted).reduce((sum, count) => sum + count, 0));
    if (stats.state !== 'running') return;
    // Whoever waits has a reason to: nothing that is there, or may be dialled, is left to serve it.
    for (const { key, waiting, endpoints: [endpoint] } of stats.keys) {
      if (waiting === 0 || endpoint === undefined) continue;
      const { idle, leased, checking, connecting, health } = endpoint;
      const full = idle + leased + checking + connecting >= maxPerKey || connecting >= maxConnecting || (stats.size >= max && stats.idle === 0);
      const alone = health !== undefined && (health.state !== 'closed' || health.dialAt > 0);
      const first = this.options.coalesceFirst === true && connecting + checking > 0;
      expect(full || alone || first || connecting + checking >= waiting, `${key} has ${waiting} waiting for a reason: ${JSON.stringify(endpoint)}`).toBe(true);
      expect(idle, 'nobody waits beside an idle connection').toBe(0);
    }
  }

  async end(): Promise<void> {
    this.pool.destroy();
    this.server.slow = false;
    this.server.open();
    await turns(2);
    for (const peer of this.server.peers) peer.destroy();
    await this.clock.advance(100_000);
    await this.pool.closed;
    for (const call of this.calls) expect(call.answers, 'each call was answered once').toBe(1);
    expect(this.sockets.every((socket) => (socket.ready & 8) !== 0), 'nothing is open after the close').toBe(true);
    expect(this.clock.timers).toBe(0);
    expect(this.pool.stats()).toMatchObject({ state: 'stopped', size: 0, waiting: 0, closing: 0 });
  }
}

function parked(socket: Socket): boolean {
  try {
    socket.trySend(new Uint8Array(0));
    return false;
  } catch (error) {
    return (error as { code?: string }).code === 'ERR_SOCK_PARKED';
  }
}

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
      world.check();
    }
    if (drains) {
      world.drained = true;
      const draining = world.pool.drain({ timeout: 500 });
      await turns(1);
      world.check();
      expect(world.waiting).toEqual([]);
      for (const peer of world.server.peers) peer.destroy();
      await world.clock.advance(1000);
      expect((await draining).forced).toBe(world.leases.length);
    }
    await world.end();
  }), { numRuns: Number(process.env['SOCK_RUNS'] ?? 10_000) });
}, 300_000);
