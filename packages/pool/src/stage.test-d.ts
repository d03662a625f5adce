// Support of the tests: not compiled into dist, and not published.
import type { Socket } from '@sock/core';
import { ENDED, HANGUP } from '@sock/core';
import { afterEach, expect } from 'vitest';
import type { FakeClock } from './fake-clock.test-d.ts';
import { fakeClock, settle } from './fake-clock.test-d.ts';
import type { AcquireOptions, EvictReason, Lease, Pool, PoolOptions } from './index.ts';
import { createPool } from './index.ts';
import type { MemoryServer } from './memory-server.test-d.ts';
import { memoryServer } from './memory-server.test-d.ts';

/** A pool, the clock and the server that it stands on, and all that it told. */
export interface Stage<D = undefined> {
  readonly pool: Pool<string, D>;
  readonly clock: FakeClock;
  readonly server: MemoryServer;
  /** This side of every connection, in the order in which they were dialled. */
  readonly sockets: Socket[];
  /** Targets that were dialled. */
  readonly dialled: string[];
  /** What the pool told its observer: name, and the event. */
  readonly told: { readonly name: string; readonly event: Record<string, unknown> }[];
  /** Acquires, and lets happen what follows. */
  lease(target?: string, options?: AcquireOptions): Promise<Lease<D>>;
  /** Leases so many at once, and releases them: so many idle ones. */
  idle(count?: number, target?: string): Promise<void>;
  /** Reasons that are not 0. */
  readonly gone: Partial<Record<EvictReason, number>>;
  readonly idles: number;
  /** Holds the counts of the pool against each other. */
  check(): void;
}

/** How a {@link Stage} is made. Whatever it lends is taken back after each test, and nothing may be left then. */
export type Staging = <D = undefined>(options?: PoolOptions<string, D> & { readonly dress?: (socket: Socket) => void }) => Stage<D>;

/** To be called once in a file, behind `leakGuard()`. */
export function staging(): Staging {
  const stages: Stage<unknown>[] = [];
  afterEach(async () => {
    for (const each of stages.splice(0)) await strike(each);
  });
  return (options = {}) => {
    const made = stage(options);
    stages.push(made);
    return made;
  };
}

function stage<D>({ dress, ...options }: PoolOptions<string, D> & { readonly dress?: (socket: Socket) => void }): Stage<D> {
  const clock = fakeClock();
  const server = memoryServer();
  const sockets: Socket[] = [];
  const dialled: string[] = [];
  const told: Stage['told'] = [];
  const hear = (name: string) => (event: object): void => void told.push({ name, event: event as Record<string, unknown> });
  const names = ['acquired', 'refused', 'released', 'created', 'dialFailed', 'evicted', 'circuit', 'leaked'] as const;
  const observer = Object.fromEntries(names.map((name) => [name, hear(name)]));
  const pool = createPool<string, D>({
    key: server.key,
    connect: async (target, cancel) => {
      dialled.push(target);
      const socket = await server.connect(target, cancel);
      sockets.push(socket);
      const peer = server.peers.at(-1) as Socket;
      // A peer that ends when this side has ended, as most do: else each close would take the time that sockets linger.
      peer.onReady((ready) => {
        if ((ready & ENDED) !== 0) void peer.close();
      });
      dress?.(socket);
      return socket;
    },
  }, { clock, observer, random: () => 0.5, ...options });
  const self: Stage<D> = {
    pool, clock, server, sockets, dialled, told,
    lease: async (target = 'a', how) => {
      const lease = pool.acquire(target, how);
      await settle();
      return await lease;
    },
    idle: async (count = 1, target = 'a') => {
      const leases = await Promise.all(Array.from({ length: count }, () => self.lease(target)));
      for (const lease of leases) lease.release();
      await settle();
      self.check();
    },
    get gone() {
      return Object.fromEntries(Object.entries(pool.stats().evicted).filter(([, count]) => count > 0));
    },
    get idles() {
      return pool.stats().idle;
    },
    check: () => {
      const { idle, leased, checking, connecting, size, keys, created, dialled: dials, dialsFailed, evicted, acquired, released } = pool.stats();
      const endpoints = keys.flatMap((key) => key.endpoints);
      const sum = (of: 'idle' | 'leased' | 'checking' | 'connecting'): number => endpoints.reduce((total, each) => total + each[of], 0);
      expect([sum('idle'), sum('leased'), sum('checking'), sum('connecting')], 'the whole is the sum of its endpoints').toEqual([idle, leased, checking, connecting]);
      expect(size).toBe(idle + leased + checking + connecting);
      const left = Object.values(evicted).reduce((total, each) => total + each, 0);
      expect(created - left, 'what was made is there or has left').toBe(size - connecting);
      expect(dials).toBeGreaterThanOrEqual(created + dialsFailed + connecting);
      expect(acquired).toBeGreaterThanOrEqual(released);
      // What is there is open, and what has left is closed.
      expect(sockets.filter(isOpen).length).toBeGreaterThanOrEqual(size - connecting);
    },
  };
  return self;
}

/** It has not closed, at least as far as this side knows. */
export function isOpen(socket: Socket): boolean {
  return (socket.ready & HANGUP) === 0;
}

async function strike({ pool, clock, sockets, check }: Stage<unknown>): Promise<void> {
  check();
  const closing = pool.close({ timeout: 0 });
  await clock.advance(0);
  await closing;
  await pool.closed;
  check();
  expect(pool.stats()).toMatchObject({ state: 'stopped', size: 0, waiting: 0, closing: 0 });
  expect(clock.timers, 'timers that run after the close').toBe(0);
  expect(sockets.filter(isOpen)).toEqual([]);
}
