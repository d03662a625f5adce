import type { LoopRef, Socket } from '@sock/core';
import { LOOP_REF, SETTLED } from '@sock/core';
import { leakGuard, rejection } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { worlds } from './acquire-world.test-d.ts';
import { settle } from './fake-clock.test-d.ts';
import type { PoolObserver } from './index.ts';
import type { MemoryServer } from './memory-server.test-d.ts';

leakGuard();
const world = worlds();

/** A connector whose sockets know one fact more. */
const knowing = (symbol: symbol, fact: unknown) => ({ key, connect }: MemoryServer): Pick<MemoryServer, 'key' | 'connect'> => ({
  key,
  connect: async (target, cancel) => {
    const socket = await connect(target, cancel);
    const get: Socket['get'] = socket.get.bind(socket);
    return Object.defineProperty(socket, 'get', { value: (asked: Parameters<Socket['get']>[0]) => (asked.symbol === symbol ? fact : get(asked)) });
  },
});

describe('balance', () => {
  test.each(['round-robin', 'least-busy'] as const)('%s spreads leases that are held', async (balance) => {
    const { pool } = world({ balance, endpoints: () => ['one', 'two'] });
    for (let each = 0; each < 4; each += 1) await pool.acquire('a');
    expect(pool.stats().keys[0]?.endpoints).toMatchObject([{ key: 'memory one', leased: 2 }, { key: 'memory two', leased: 2 }]);
  });

  test.each([['round-robin', [2, 1]], ['least-busy', [1, 1]]] as const)('%s differs when one endpoint is busy and the other is not: it comes to %j', async (balance, expected) => {
    const { pool } = world({ balance, endpoints: () => ['one', 'two'] });
    await pool.acquire('a');
    (await pool.acquire('a')).release();
    // By turns it is that of the first, which is busy and gets one more; the least busy is the second, which has an idle connection.
    await pool.acquire('a');
    await settle();
    expect(pool.stats().keys[0]?.endpoints.map(({ idle, leased }) => idle + leased)).toEqual(expected);
  });

  test('endpoints() that answers with none refuses the call, and says so', async () => {
    const { call } = world({ health: {}, endpoints: () => [] });
    expect(await rejection(call('a').done)).toMatchObject({ code: expect.stringMatching(/^ERR_SOCK_/), message: expect.stringMatching(/endpoints\(\).*memory a/) });
  });
});

describe('coalesceFirst', () => {
  test.each([[true, 1], [false, 3]])('%s: of three calls so many dial at first: %d', async (coalesceFirst, dials) => {
    const { server, call } = world({ coalesceFirst });
    server.slow = true;
    const calls = [call('a'), call('a'), call('a')];
    await settle();
    expect(server.dialling).toBe(dials);
    while (server.dialling > 0) {
      server.open();
      await settle();
    }
    expect([server.dials, calls.every(({ lease }) => lease !== undefined)]).toEqual([3, true]);
  });
});

describe('settleTimeout', () => {
  test.each([[100, 99, 1], [0, 0, 2]])('%d ms: the others wait so long at most for what the first one learns', async (settleTimeout, after, dials) => {
    const { server, clock, call } = world({ coalesceFirst: true, settleTimeout }, knowing(SETTLED.symbol, new Promise(() => {})));
    const calls = [call('a'), call('a')];
    await clock.advance(after);
    expect([server.dials, calls[0]?.answers]).toEqual([dials, 1]);
    await clock.advance(1);
    expect([server.dials, calls[1]?.answers]).toEqual([2, 1]);
  });

  test('no longer than it learns', async () => {
    const { server, call } = world({ coalesceFirst: true, settleTimeout: '1m' }, knowing(SETTLED.symbol, Promise.resolve()));
    const calls = [call('a'), call('a')];
    await settle();
    expect([server.dials, calls[1]?.answers]).toEqual([2, 1]);
  });
});

describe('leakThreshold and leakStacks', () => {
  const watched = (): { readonly leaks: Parameters<NonNullable<PoolObserver['leaked']>>[0][]; readonly observer: PoolObserver } => {
    const leaks: Parameters<NonNullable<PoolObserver['leaked']>>[0][] = [];
    return { leaks, observer: { leaked: (event) => void leaks.push(event) } };
  };

  test('a lease that is held for longer is reported once; one that comes back before is not', async () => {
    const { leaks, observer } = watched();
    const { pool, clock } = world({ leakThreshold: 100, observer });
    const [, short] = [await pool.acquire('a'), await pool.acquire('a')];
    await clock.advance(99);
    short.release();
    expect(leaks).toEqual([]);
    await clock.advance(1000);
    expect(leaks).toMatchObject([{ key: 'memory a', connection: 1, how: 'held', heldMs: 100 }]);
    expect(pool.stats().leaksHeld).toBe(1);
  });

  test('without a threshold none is', async () => {
    const { leaks, observer } = watched();
    const { pool, clock } = world({ observer });
    await pool.acquire('a');
    await clock.advance(1_000_000_000);
    expect([leaks, pool.stats().leaksHeld]).toEqual([[], 0]);
  });

  test.each([['off', []], ['sampled', [1, 65]], ['always', Array.from({ length: 66 }, (_, index) => index + 1)]] as const)('leakStacks %s: it is known where these of 66 leases were acquired', async (leakStacks, expected) => {
    const { leaks, observer } = watched();
    const { pool, clock } = world({ leakThreshold: 100, leakStacks, observer, maxPerKey: 66 });
    for (let each = 0; each < 66; each += 1) await pool.acquire('a');
    await clock.advance(200);
    expect(leaks.filter(({ stack }) => stack !== undefined).map(({ connection }) => connection).toSorted((a, b) => Number(a) - Number(b))).toEqual(expected);
    for (const { stack } of leaks) if (stack !== undefined) expect(stack).toContain('acquired here');
  });
});

describe('ref', () => {
  test.each([[false, ['unref', 'ref']], [true, []]] as const)('%s: what an idle connection, and one that is leased again, is told of the event loop', async (ref, expected) => {
    const told: string[] = [];
    const loop: LoopRef = { ref: () => void told.push('ref'), unref: () => void told.push('unref') };
    const { pool, clock } = world({ ref }, knowing(LOOP_REF.symbol, loop));
    (await pool.acquire('a')).release();
    await clock.advance(1);
    await pool.acquire('a');
    expect(told).toEqual(expected);
  });
});
