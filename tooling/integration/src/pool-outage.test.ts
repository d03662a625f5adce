import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Endpoint } from '@sock/core';
import { isSocketError } from '@sock/core';
import { tcp } from '@sock/io';
import type { CircuitState, Pool } from '@sock/pool';
import { createPool } from '@sock/pool';
import type { SpawnedPeer } from '@sock/testkit';
import { hardReset, leakGuard, until } from '@sock/testkit';
import { expect, test } from 'vitest';
import { startProgram } from './started-program.ts';

leakGuard();

const CALLERS = 200;
const OUTAGE_MS = 3000;
const health = { consecutiveFailures: 5, baseEjection: 200, maxEjection: 1000, jitter: 10, probes: 1, backoffBase: 20, backoffMax: 200 } as const;
const limits = { maxPerKey: 40, maxConnecting: 8, acquireTimeout: '10s', connectTimeout: '2s' } as const;

/** Dials that an outage of so many milliseconds may cost: those that were under way at its beginning, and then one for each ejection that is over. */
function dialsWithin(milliseconds: number): number {
  const { baseEjection, maxEjection, jitter, probes, consecutiveFailures } = health;
  let ejections = 0;
  for (let [at, time]: [number, number] = [0, baseEjection]; at <= milliseconds; time = Math.min(2 * time, maxEjection)) {
    at += time * (1 - jitter / 100);
    ejections += 1;
  }
  return Math.max(limits.maxConnecting, consecutiveFailures) + consecutiveFailures + ejections * probes;
}

/** What callers saw, and the moves of the circuit. */
interface Watched {
  readonly pool: Pool;
  readonly states: CircuitState[];
  good: number;
  /** By code. */
  readonly failed: Map<string, number>;
  /** How long each refused acquire took that was begun with the circuit open, in milliseconds. */
  readonly refusedMs: number[];
}

function watchedPool(): Watched {
  const states: CircuitState[] = [];
  // What says nothing is no server: a dial is over when the first byte has come back.
  const pool = createPool(tcp(), {
    ...limits, health,
    prepare: async (socket, _target, cancel) => {
      await socket.send(new Uint8Array([1]));
      await socket.recvExactly(1, cancel);
      return undefined;
    },
    observer: { circuit: ({ state }) => states.push(state) },
  });
  return { pool, states, good: 0, failed: new Map(), refusedMs: [] };
}

/** 200 callers that never give up, until they are told. */
function load(watched: Watched, target: Endpoint): { readonly stop: () => Promise<void> } {
  const { pool, states, failed, refusedMs } = watched;
  const told = { over: false };
  const caller = async (): Promise<void> => {
    while (!told.over) {
      const open = states.at(-1) === 'open';
      const askedAt = performance.now();
      let leased = false;
      try {
        await pool.use(target, async ({ socket }) => {
          leased = true;
          await socket.send(new Uint8Array([1, 2, 3]));
          await socket.recvExactly(3);
        });
        watched.good += 1;
        await sleep(2);
      } catch (error) {
        const code = isSocketError(error) ? error.code : String(error);
        failed.set(code, (failed.get(code) ?? 0) + 1);
        if (open && !leased) refusedMs.push(performance.now() - askedAt);
        await sleep(10);
      }
    }
  };
  const callers = Promise.all(Array.from({ length: CALLERS }, caller));
  return {
    stop: async () => {
      told.over = true;
      await callers;
    },
  };
}

const startServer = async (port = 0): Promise<{ readonly peer: SpawnedPeer; readonly port: number }> => {
  const peer = startProgram(process.execPath, [fileURLToPath(new URL('programs/pool-echo-server.mjs', import.meta.url)), String(port)]);
  const [, told] = await peer.line(/^port (\d+)$/);
  return { peer, port: Number(told) };
};

function percentile(values: readonly number[], percent: number): number {
  return values.toSorted((one, other) => one - other)[Math.ceil((values.length * percent) / 100) - 1] ?? 0;
}

/** Nothing is left of it. */
async function expectEmpty({ pool }: Watched): Promise<void> {
  expect(pool.stats()).toMatchObject({ leased: 0, waiting: 0, connecting: 0, checking: 0 });
  const { acquired, released, created, dialled, dialsFailed } = pool.stats();
  expect([acquired, dialled]).toEqual([released, created + dialsFailed]);
  await pool.close();
  const stats = pool.stats();
  expect(stats).toMatchObject({ size: 0, closing: 0, state: 'stopped' });
  expect(Object.values(stats.evicted).reduce((sum, count) => sum + count, 0)).toBe(created);
}

test('a server that is killed and started again under load: calls fail fast, few dials are tried, and it is found again without help', async () => {
  const first = await startServer();
  const target: Endpoint = { host: '127.0.0.1', port: first.port };
  const watched = watchedPool();
  const { pool, states, refusedMs, failed } = watched;
  const { stop } = load(watched, target);
  await until(() => watched.good > 2000, 'calls go well', 20_000);
  expect(states).toEqual([]);

  await first.peer.stop();
  const goneAt = performance.now();
  const before = pool.stats().dialled;
  await until(() => states[0] === 'open', 'the circuit opens');
  const openedMs = performance.now() - goneAt;
  const good = watched.good;
  await sleep(OUTAGE_MS);
  const dialled = pool.stats().dialled - before;
  const awayMs = performance.now() - goneAt;
  expect(watched.good, 'nothing goes well without a server').toBe(good);
  expect(openedMs).toBeLessThan(1000);
  expect(dialled).toBeGreaterThan(0);
  expect(dialled).toBeLessThanOrEqual(dialsWithin(awayMs));
  expect(refusedMs.length).toBeGreaterThan(CALLERS);
  expect(percentile(refusedMs, 99)).toBeLessThan(100);
  expect(states.filter((state) => state === 'closed')).toEqual([]);

  const second = await startServer(first.port);
  const backAt = performance.now();
  await until(() => states.at(-1) === 'closed', 'the circuit closes', health.maxEjection + 10_000);
  const closedMs = performance.now() - backAt;
  // At the longest ejection, and what a dial takes.
  expect(closedMs).toBeLessThan(health.maxEjection + 1000);
  await until(() => watched.good > good + 2000, 'calls go well again', 20_000);
  await stop();
  expect([...failed.keys()].filter((code) => !['ERR_SOCK_POOL_CIRCUIT_OPEN', 'ERR_SOCK_REFUSED', 'ERR_SOCK_RESET', 'ERR_SOCK_CLOSED', 'ERR_SOCK_UNEXPECTED_END'].includes(code))).toEqual([]);
  await expectEmpty(watched);
  await second.peer.stop();
}, 60_000);

test('a port that accepts and breaks off at once sees no more connections than a closed one', async () => {
  let accepted = 0;
  const server = createServer((socket) => {
    accepted += 1;
    socket.on('error', () => {});
    hardReset(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const watched = watchedPool();
  const startedAt = performance.now();
  const { stop } = load(watched, { host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  await until(() => watched.states[0] === 'open', 'the circuit opens');
  await sleep(1500);
  const lastedMs = performance.now() - startedAt;
  const seen = accepted;
  await stop();
  expect(seen).toBeGreaterThan(1);
  expect(seen).toBeLessThanOrEqual(dialsWithin(lastedMs));
  expect(percentile(watched.refusedMs, 99)).toBeLessThan(100);
  expect(watched.good).toBe(0);
  await expectEmpty(watched);
  await once(server.close(), 'close');
}, 30_000);
