import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isSocketError } from '@sock/core';
import type { Endpoint, Socket } from '@sock/core';
import { ENDED, ERROR, HANGUP, READABLE } from '@sock/core';
import { tcp } from '@sock/io';
import type { Lease, Pool } from '@sock/pool';
import { createPool } from '@sock/pool';
import { leakGuard, turns } from '@sock/testkit';
import { expect, test } from 'vitest';
import { startProgram } from './started-program.ts';

leakGuard();

const REQUESTS = 100_000;
const CALLERS = 32;
const MOST = 48;
/** What an idle connection must not have: it would tell that the connection is no good. */
const NEWS = READABLE | ENDED | ERROR | HANGUP;
const SIZE = 16;

/** How often the server ended a connection, and how. */
type Ends = Readonly<Record<'fin' | 'reset' | 'byte', number>>;

/** What became of all requests. */
interface Tally {
  done: number;
  /** Connections that were lent with news on them. */
  knownDead: number;
  /** Requests on a connection that failed although nothing was known of it. */
  races: number;
  /** Of these, such that were tried again already. */
  again: number;
  wrong: number;
  /** The longest time from a lease to the failure of its request. */
  raceMs: number;
}

async function request(pool: Pool, target: Endpoint, number: number, tally: Tally): Promise<void> {
  const asked = new Uint8Array(SIZE);
  new DataView(asked.buffer).setUint32(0, number);
  for (let attempt = 0; ; attempt += 1) {
    const lease: Lease<undefined> = await pool.acquire(target);
    const leasedAt = performance.now();
    const { socket } = lease;
    if ((socket.ready & NEWS) !== 0) tally.knownDead += 1;
    try {
      const answer = await exchange(socket, asked);
      if (answer.some((byte, index) => byte !== asked[index])) tally.wrong += 1;
      lease.release();
      tally.done += 1;
      return;
    } catch (error) {
      lease.discard();
      // A peer that ended the connection: nothing else is excused.
      if (!isSocketError(error) || !['ERR_SOCK_RESET', 'ERR_SOCK_CLOSED', 'ERR_SOCK_UNEXPECTED_END', 'ERR_SOCK_MALFORMED'].includes(error.code)) throw error;
      tally.races += 1;
      if (attempt > 0) tally.again += 1;
      tally.raceMs = Math.max(tally.raceMs, performance.now() - leasedAt);
      if (attempt > 20) throw error;
      // What came together with this end, for other connections, is looked at within the turn; before that, the next one may be as dead.
      await turns(1);
    }
  }
}

/** One request and its answer; a connection on which the server's parting byte comes before the answer has lost it. */
async function exchange(socket: Socket, asked: Uint8Array): Promise<Uint8Array> {
  await socket.send(asked);
  const first = await socket.recvExactly(1);
  if (first[0] === 0x21) return await socket.recvExactly(SIZE);
  const rest = await socket.recvExactly(SIZE - 1);
  return Uint8Array.from([...first, ...rest]);
}

test('100,000 requests over connections that the server ends whenever it likes: none is lent that is known to be dead, and none is answered wrongly', async () => {
  await using fickle = startProgram(process.execPath, [fileURLToPath(new URL('programs/pool-fickle-server.mjs', import.meta.url))]);
  const [, port] = await fickle.line(/^port (\d+)$/);
  const target: Endpoint = { host: '127.0.0.1', port: Number(port) };
  const pool = createPool(tcp(), { maxPerKey: MOST, acquireTimeout: '20s', health: false });
  const tally: Tally = { done: 0, knownDead: 0, races: 0, again: 0, wrong: 0, raceMs: 0 };
  let next = 0;
  await Promise.all(Array.from({ length: CALLERS }, async (_, caller) => {
    while (next < REQUESTS) {
      const number = (next += 1);
      await request(pool, target, number, tally);
      // Callers rest at times, together: connections are idle then, while the server makes up its mind.
      if (number % 1000 < CALLERS) await sleep((number * 7 + caller) % 150);
    }
  }));
  fickle.write('stop\n');
  const [, told = '{}'] = await fickle.line(/^ended (.*)$/);
  const ends = JSON.parse(told) as Ends;
  const { evicted } = pool.stats();
  expect(tally).toMatchObject({ done: REQUESTS, knownDead: 0, wrong: 0 });
  // The server did end connections in each way, and the pool has seen each way while they were idle.
  expect(Math.min(...Object.values(ends))).toBeGreaterThan(100);
  expect(Math.min(evicted.ended, evicted.reset, evicted.unexpected)).toBeGreaterThan(0);
  // A request fails only by a race, on a connection whose end was on its way: at most one for each end, and few in all.
  const sum = ends.fin + ends.reset + ends.byte;
  expect(tally.races).toBeLessThanOrEqual(sum);
  // Each end was met once: by a request, at a release, or while nobody had the connection. Those of the last moments may still be on their way.
  const met = tally.races + evicted.dirty + evicted.ended + evicted.reset + evicted.unexpected;
  expect(Math.abs(met - sum)).toBeLessThanOrEqual(MOST);
  expect(tally.races).toBeLessThan(REQUESTS / 20);
  expect(tally.again).toBeLessThan(REQUESTS / 100);
  // It is told as soon as it has come, however long this process was busy, and never by a time-out.
  expect(tally.raceMs).toBeLessThan(5000);
  expect(pool.stats()).toMatchObject({ leased: 0, waiting: 0, connecting: 0, checking: 0 });
  await pool.close();
  expect(pool.stats()).toMatchObject({ state: 'stopped', size: 0, closing: 0 });
}, 120_000);
