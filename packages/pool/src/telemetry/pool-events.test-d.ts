// Support of the tests: not compiled into dist, and not published. For every number of PoolStats something that moves it.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { FakeClock } from '../fake-clock.test-d.ts';
import { fakeClock, settle } from '../fake-clock.test-d.ts';
import type { Lease, Pool, PoolOptions } from '../index.ts';
import { createPool } from '../index.ts';
import type { MemoryServer } from '../memory-server.test-d.ts';
import { memoryServer } from '../memory-server.test-d.ts';

/** A pool over a server in memory. Its endpoint is `memory a` most of the time. */
export interface World {
  readonly clock: FakeClock;
  readonly server: MemoryServer;
  readonly pool: Pool<string>;
  acquire(target?: string): Promise<Lease<undefined>>;
  /** Acquires so many, and releases them. */
  idle(count?: number, target?: string): Promise<void>;
  /** Asks for a lease that is not to come; its failure is dropped. */
  ask(options?: { readonly timeout?: number; readonly signal?: AbortSignal }): Promise<void>;
  end(): void;
}

export function world(options: PoolOptions<string, undefined> = {}): World {
  const clock = fakeClock();
  const server = memoryServer();
  const pool = createPool<string>(server, { random: () => 0, lifeJitter: 0, ...options, clock });
  const acquire = async (target = 'a'): Promise<Lease<undefined>> => await pool.acquire(target);
  return {
    clock, server, pool, acquire,
    idle: async (count = 1, target = 'a') => {
      const leases = await Promise.all(Array.from({ length: count }, () => acquire(target)));
      for (const lease of leases) lease.release();
      await settle();
    },
    ask: async (how) => {
      // Asked for to be refused, or to wait until the end of the test.
      pool.acquire('a', how).catch(() => {});
      await settle();
    },
    end: () => {
      pool.destroy();
      for (const peer of server.peers) peer.destroy();
    },
  };
}

/** Something that a pool does, and what it moves. */
export interface PoolEventRow {
  /** The path in `PoolStats`, without indices. */
  readonly field: string;
  readonly options?: PoolOptions<string, undefined>;
  readonly run: (world: World) => Promise<unknown>;
}

const FAULT = Object.assign(new Error('the peer spoke nonsense'), { code: 'ERR_NONSENSE' });
const never = (): Promise<never> => new Promise(() => {});
const hold = async ({ acquire }: World): Promise<unknown> => await acquire();
const fail = async (w: World): Promise<void> => {
  w.server.away = true;
  await w.ask();
};
const eject = async (w: World): Promise<void> => {
  (await w.acquire()).discard(FAULT);
  await settle();
};
const probe = async (w: World): Promise<unknown> => {
  await eject(w);
  await w.clock.advance(1000);
  return await w.acquire();
};
const slowly = async (w: World): Promise<void> => {
  w.server.slow = true;
  await w.ask();
};
/** A lease that nobody holds any more, in a frame that is gone when garbage is collected. */
const lose = async (w: World): Promise<void> => {
  await w.acquire().then(() => {});
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let turn = 0; turn < 100 && w.pool.stats().leased > 0; turn += 1) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
};
/** The wait before the next dial, which chance shortens, is a second. */
const PATIENT: PoolOptions<string, undefined> = { health: { backoffBase: 1000 }, random: () => 0.999 };
const FRAGILE: PoolOptions<string, undefined> = { health: { consecutiveFailures: 1 } };

const evicted = (reason: string, run: PoolEventRow['run'], options: PoolOptions<string, undefined> = {}): PoolEventRow => ({ field: `evicted.${reason}`, run, options });

export const POOL_EVENTS: readonly PoolEventRow[] = [
  { field: 'acquired', run: hold },
  { field: 'reused', run: async (w) => [await w.idle(), await w.acquire()] },
  { field: 'waited', run: hold },
  { field: 'timeouts', options: { maxPerKey: 1 }, run: async (w) => [await w.acquire(), await w.ask({ timeout: 10 }), await w.clock.advance(10)] },
  { field: 'aborted', run: async (w) => await w.ask({ signal: AbortSignal.abort() }) },
  { field: 'overflowed', options: { maxWaiting: 0 }, run: async (w) => await w.ask() },
  { field: 'circuitOpen', options: FRAGILE, run: async (w) => [await eject(w), await w.ask()] },
  { field: 'failed', options: { health: false }, run: fail },
  { field: 'closed', run: async (w) => [void w.pool.close(), await w.ask()] },
  { field: 'released', run: async (w) => await w.idle() },
  { field: 'dialled', run: slowly },
  { field: 'created', run: hold },
  { field: 'dialsFailed', options: { health: false }, run: fail },
  { field: 'dialsAbandoned', run: async (w) => [await slowly(w), w.pool.destroy(), await settle()] },
  { field: 'checks', options: { reset: () => true }, run: async (w) => await w.idle() },
  { field: 'leaksHeld', options: { leakThreshold: 100 }, run: async (w) => {
    const lease = await w.acquire();
    await w.clock.advance(100);
    lease.release();
  } },
  { field: 'leaksLost', run: lose },
  evicted('idle', async (w) => [await w.idle(), await w.clock.advance(30_000)]),
  evicted('life', async (w) => [await w.idle(), await w.clock.advance(5000)], { maxLife: 5000 }),
  evicted('uses', async (w) => await w.idle(), { maxUses: 1 }),
  evicted('surplus', async (w) => await w.idle(), { maxIdlePerKey: 0 }),
  evicted('room', async (w) => [await w.idle(), await w.acquire('b')], { max: 1 }),
  evicted('ended', async (w) => [await w.idle(), w.server.hangUp('end'), await settle()]),
  evicted('reset', async (w) => [await w.idle(), w.server.hangUp('reset'), await settle()]),
  evicted('unexpected', async (w) => [await w.idle(), await w.server.peers[0]?.send(new Uint8Array(1)), await settle()]),
  evicted('dirty', async (w) => {
    const lease = await w.acquire();
    await w.server.peers[0]?.send(new Uint8Array(1));
    lease.release();
  }),
  evicted('unfit', async (w) => await w.idle(), { reset: () => false }),
  evicted('discarded', async (w) => (await w.acquire()).discard()),
  evicted('refreshed', async (w) => {
    const lease = await w.acquire();
    w.pool.refresh({ over: 0 });
    lease.release();
  }),
  evicted('ejected', async (w) => {
    const [kept, broken] = [await w.acquire(), await w.acquire()];
    kept.release();
    broken.discard(FAULT);
  }, FRAGILE),
  evicted('lost', lose),
  evicted('drained', async (w) => [await w.idle(), await w.pool.drain()]),
  evicted('forced', async (w) => [await w.acquire(), w.pool.destroy()]),
  { field: 'state', run: async (w) => w.pool.suspend() },
  { field: 'idle', run: async (w) => await w.idle() },
  { field: 'leased', run: hold },
  { field: 'checking', options: { reset: never }, run: async (w) => await w.idle() },
  { field: 'connecting', run: slowly },
  { field: 'size', run: hold },
  { field: 'waiting', run: slowly },
  { field: 'closing', run: async (w) => (await w.acquire()).discard() },
  { field: 'keys.length', run: hold },
  { field: 'keys.waiting', run: slowly },
  { field: 'keys.endpoints.idle', run: async (w) => await w.idle() },
  { field: 'keys.endpoints.leased', run: hold },
  { field: 'keys.endpoints.checking', options: { reset: never }, run: async (w) => await w.idle() },
  { field: 'keys.endpoints.connecting', run: slowly },
  { field: 'keys.endpoints.health.state', options: FRAGILE, run: eject },
  { field: 'keys.endpoints.health.consecutiveFailures', run: eject },
  { field: 'keys.endpoints.health.requests', run: async (w) => await w.idle() },
  { field: 'keys.endpoints.health.failures', run: eject },
  { field: 'keys.endpoints.health.ejections', options: FRAGILE, run: eject },
  { field: 'keys.endpoints.health.openUntil', options: FRAGILE, run: eject },
  { field: 'keys.endpoints.health.probes', options: FRAGILE, run: probe },
  { field: 'keys.endpoints.health.dialFailures', options: PATIENT, run: fail },
  { field: 'keys.endpoints.health.dialAt', options: PATIENT, run: fail },
  { field: 'keys.endpoints.health.lastCode', run: eject },
];
