// Support of the tests: not compiled into dist, and not published.
import type { Socket } from '@sock/core';
import { turns } from '@sock/testkit';
import { expect } from 'vitest';
import type { FakeClock } from './fake-clock.test-d.ts';
import { fakeClock } from './fake-clock.test-d.ts';
import type { Lease, Pool, PoolOptions } from './index.ts';
import { createPool } from './index.ts';
import type { MemoryServer } from './memory-server.test-d.ts';
import { memoryServer } from './memory-server.test-d.ts';

/** A call of `acquire`, and how it was answered. */
interface Call {
  readonly key: string;
  readonly stop: AbortController;
  readonly endless: boolean;
  answers: number;
  lease: Lease<number> | undefined;
}

/** A pool, its server, and all that was asked of them. */
export class World {
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
      await nothing;
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
}

/** What must be so at any time. */
export function check(world: World): void {
  const { pool, options: { max = Infinity, maxPerKey = 0, maxIdlePerKey = Infinity, maxIdle = Infinity, maxWaiting = Infinity, maxConnecting = 0 } } = world;
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
  expect(stats.connecting, 'dials at the server').toBe(world.server.dialling);
  expect(world.sockets.filter(parked).length, 'connections that are put aside').toBe(stats.idle);
  const held = world.leases.map(({ lease }) => (lease as Lease<number>).socket);
  expect(new Set(held).size, 'each connection has one lease').toBe(held.length);
  expect(held.length).toBe(world.drained ? held.length : stats.leased);
  for (const call of world.calls) expect(call.answers).toBeLessThanOrEqual(1);
  expect(stats.waiting, 'calls without an answer').toBe(world.waiting.length);
  expect(stats.waiting).toBe(stats.keys.reduce((sum, { waiting }) => sum + waiting, 0));
  expect(stats.waiting).toBeLessThanOrEqual(maxWaiting);
  expect(stats.acquired).toBe(stats.released + world.leases.length);
  expect(stats.created - stats.size + stats.connecting).toBe(Object.values(stats.evicted).reduce((sum, count) => sum + count, 0));
  if (stats.state !== 'running') return;
  // Whoever waits has a reason to: nothing that is there, or may be dialled, is left to serve it.
  for (const { key, waiting, endpoints: [endpoint] } of stats.keys) {
    if (waiting === 0 || endpoint === undefined) continue;
    const { idle, leased, checking, connecting, health } = endpoint;
    const full = idle + leased + checking + connecting >= maxPerKey || connecting >= maxConnecting || (stats.size >= max && stats.idle === 0);
    const alone = health !== undefined && (health.state !== 'closed' || health.dialAt > 0);
    const first = world.options.coalesceFirst === true && connecting + checking > 0;
    expect(full || alone || first || connecting + checking >= waiting, `${key} has ${waiting} waiting for a reason: ${JSON.stringify(endpoint)}`).toBe(true);
    expect(idle, 'nobody waits beside an idle connection').toBe(0);
  }
}

/** Ends it; nothing may be left. */
export async function end(world: World): Promise<void> {
  world.pool.destroy();
  world.server.slow = false;
  world.server.open();
  await turns(2);
  for (const peer of world.server.peers) peer.destroy();
  await world.clock.advance(100_000);
  await world.pool.closed;
  for (const call of world.calls) expect(call.answers, 'each call was answered once').toBe(1);
  expect(world.sockets.every((socket) => (socket.ready & 8) !== 0), 'nothing is open after the close').toBe(true);
  expect(world.clock.timers).toBe(0);
  expect(world.pool.stats()).toMatchObject({ state: 'stopped', size: 0, waiting: 0, closing: 0 });
}

const nothing = Promise.resolve();

function parked(socket: Socket): boolean {
  try {
    socket.trySend(new Uint8Array(0));
    return false;
  } catch (error) {
    return (error as { code?: string }).code === 'ERR_SOCK_PARKED';
  }
}
