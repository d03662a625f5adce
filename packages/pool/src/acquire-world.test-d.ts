// Support of the tests: not compiled into dist, and not published.
import type { Connector } from '@sock/core';
import { ENDED, ERROR, HANGUP } from '@sock/core';
import { turns } from '@sock/testkit';
import { afterEach, expect } from 'vitest';
import type { FakeClock } from './fake-clock.test-d.ts';
import { fakeClock, settle } from './fake-clock.test-d.ts';
import type { AcquireOptions, EvictReason, Lease, Pool, PoolOptions } from './index.ts';
import { createPool } from './index.ts';
import type { MemoryServer } from './memory-server.test-d.ts';
import { memoryServer } from './memory-server.test-d.ts';
import { TurnClock } from './turn-clock.ts';

/** A pool over a server in memory, with a clock that stands. */
export interface World<D> {
  readonly pool: Pool<string, D>;
  readonly server: MemoryServer;
  readonly clock: FakeClock;
  /** Connections that left, and why. */
  readonly evicted: [id: number | undefined, reason: EvictReason][];
  /** A call of `acquire`, and what has come of it so far. */
  call(target: string, options?: AcquireOptions): Call<D>;
}

/** One call of `acquire`: it never rejects unseen. */
export interface Call<D> {
  readonly done: Promise<Lease<D>>;
  lease: Lease<D> | undefined;
  error: unknown;
  answers: number;
}

/**
 * Makes pools for the tests of a file. After each test what was made is held to its counts, destroyed, and looked at again: no connection, no timer, and nobody
 * who waits is left.
 */
export function worlds(): <D = undefined>(options?: PoolOptions<string, D>, connector?: (server: MemoryServer) => Connector<string>) => World<D> {
  const made: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of made.splice(0)) await end();
  });
  return <D = undefined>(options: PoolOptions<string, D> = {}, connector: (server: MemoryServer) => Connector<string> = (server) => server): World<D> => {
    const [server, clock] = [memoryServer(), fakeClock()];
    const evicted: [number | undefined, EvictReason][] = [];
    const observer = { ...options.observer, evicted: ({ connection, reason }: { connection: number | undefined; reason: EvictReason }) => void evicted.push([connection, reason]) };
    // With an observer a pool takes the clock as it is; one without, as most are, has this one.
    const pool = createPool<string, D>(connector(server), { clock: new TurnClock(clock), random: () => 0, health: false, ...options, observer });
    const calls: Call<D>[] = [];
    made.push(() => end(pool, server, clock, calls));
    return {
      pool, server, clock, evicted,
      call: (target, how) => {
        const call: Call<D> = { done: pool.acquire(target, how), lease: undefined, error: undefined, answers: 0 };
        calls.push(call);
        call.done.then(
          (lease) => {
            call.answers += 1;
            call.lease = lease;
          },
          (error: unknown) => {
            call.answers += 1;
            call.error = error;
          },
        );
        return call;
      },
    };
  };
}

/** Counts that must agree at any time. */
export function checkCounts<D>(pool: Pool<string, D>): void {
  const stats = pool.stats();
  const endpoints = stats.keys.flatMap((key) => key.endpoints);
  for (const name of ['idle', 'leased', 'checking', 'connecting'] as const) {
    expect(endpoints.reduce((sum, each) => sum + each[name], 0), `${name} in all is the sum of the endpoints`).toBe(stats[name]);
  }
  expect(stats.size).toBe(stats.idle + stats.leased + stats.checking + stats.connecting);
  expect(stats.waiting).toBe(stats.keys.reduce((sum, { waiting }) => sum + waiting, 0));
  const gone = Object.values(stats.evicted).reduce((sum, count) => sum + count, 0);
  expect(stats.created, 'each connection is there, or has left').toBe(stats.idle + stats.leased + stats.checking + gone);
}

async function end<D>(pool: Pool<string, D>, server: MemoryServer, clock: FakeClock, calls: readonly Call<D>[]): Promise<void> {
  await settle();
  checkCounts(pool);
  pool.destroy();
  server.slow = false;
  server.open();
  await turns(2);
  const open = server.peers.filter(({ ready }) => (ready & (ENDED | ERROR | HANGUP)) === 0);
  expect(open.length, 'connections that nobody closed').toBe(0);
  for (const peer of server.peers) peer.destroy();
  await pool.closed;
  expect(clock.timers, 'timers after the close').toBe(0);
  expect(pool.stats()).toMatchObject({ state: 'stopped', size: 0, waiting: 0, closing: 0 });
  checkCounts(pool);
  for (const { answers } of calls) expect(answers, 'each call is answered once').toBe(1);
}
