import { leakGuard, rejection, turns } from '@sock/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { connect } from '../connect.ts';
import { listen } from '../listen.ts';
import type { LookupAnswer } from '../resolve-host.ts';
import type { DnsCache, DnsCacheOptions } from './dns-cache.ts';
import { dnsCache } from './dns-cache.ts';

leakGuard();

const coded = (code: string): Error => Object.assign(new Error(`query ${code}`), { code });

/** A cache over answers that the test sets, with its clock. */
function rig(options: DnsCacheOptions = {}): { cache: DnsCache; asked: string[]; clock: { now: number }; answer: (next: () => LookupAnswer | Promise<LookupAnswer>) => void } {
  const clock = { now: 0 };
  const asked: string[] = [];
  let next: () => LookupAnswer | Promise<LookupAnswer> = () => ['192.0.2.1'];
  const cache = dnsCache({ ...options, now: () => clock.now, lookup: async (host) => {
    asked.push(host);
    return await next();
  } });
  return { cache, asked, clock, answer: (given) => (next = given) };
}

describe('an answer', () => {
  test('is kept for ttl when it tells none, and asked for again then', async () => {
    const { cache, asked, clock, answer } = rig({ ttl: '10s' });
    expect(await cache.lookup('some.name')).toEqual(['192.0.2.1']);
    answer(() => ['192.0.2.2']);
    clock.now = 9_999;
    expect(await cache.lookup('SOME.name')).toEqual(['192.0.2.1']);
    expect(asked).toEqual(['some.name']);
    clock.now = 10_000;
    expect(await cache.lookup('some.name')).toEqual(['192.0.2.2']);
    expect(cache.stats).toEqual({ hits: 1, misses: 2, joined: 0, stale: 0, evicted: 0, entries: 1, pending: 0 });
  });

  test.each([[5000, 5000], [0, 0], [60_000, 20_000]])('that lives %d ms is kept for %d, by its own time and maxTtl', async (ttlMs, kept) => {
    const { cache, asked, clock, answer } = rig({ ttl: '1h', maxTtl: '20s' });
    answer(() => Object.assign(['192.0.2.1'], { ttlMs }));
    await cache.lookup('some.name');
    clock.now = kept - 1;
    if (kept > 0) await cache.lookup('some.name');
    expect(asked).toHaveLength(1);
    clock.now = kept;
    await cache.lookup('some.name');
    expect(asked).toHaveLength(2);
  });

  test('cannot be changed by who got it', async () => {
    const { cache } = rig();
    const addresses = await cache.lookup('some.name') as string[];
    expect(() => addresses.push('192.0.2.66')).toThrow(TypeError);
    expect(await cache.lookup('some.name')).toEqual(['192.0.2.1']);
  });
});

describe('a name without an address', () => {
  test.each(['ENOTFOUND', 'ENODATA'])('is known for negativeTtl: %s', async (code) => {
    const { cache, asked, clock, answer } = rig({ negativeTtl: '3s' });
    answer(() => { throw coded(code); });
    const first = await rejection(cache.lookup('some.name'));
    clock.now = 2_999;
    expect(await rejection(cache.lookup('some.name'))).toBe(first);
    expect(asked).toHaveLength(1);
    clock.now = 3_000;
    answer(() => ['192.0.2.1']);
    expect(await cache.lookup('some.name')).toEqual(['192.0.2.1']);
  });

  test('by an empty answer, too; with negativeTtl 0 it is asked for each time', async () => {
    const kept = rig({ negativeTtl: '3s' });
    kept.answer(() => []);
    await kept.cache.lookup('some.name');
    expect(await kept.cache.lookup('some.name')).toEqual([]);
    expect(kept.asked).toHaveLength(1);
    const none = rig({ negativeTtl: 0 });
    none.answer(() => []);
    await none.cache.lookup('some.name');
    await none.cache.lookup('some.name');
    expect(none.asked).toHaveLength(2);
  });

  test.each(['EAI_AGAIN', 'ESERVFAIL', 'ETIMEOUT'])('is not what a failure means: %s is not kept', async (code) => {
    const { cache, asked, answer } = rig();
    answer(() => { throw coded(code); });
    await rejection(cache.lookup('some.name'));
    answer(() => ['192.0.2.1']);
    expect(await cache.lookup('some.name')).toEqual(['192.0.2.1']);
    expect(asked).toHaveLength(2);
  });
});

describe('staleIfError', () => {
  test('gives the old answer while the look-up fails, for its time, and asks again after negativeTtl', async () => {
    const { cache, asked, clock, answer } = rig({ ttl: '10s', staleIfError: '60s', negativeTtl: '5s' });
    await cache.lookup('some.name');
    answer(() => { throw coded('EAI_AGAIN'); });
    clock.now = 10_000;
    expect(await cache.lookup('some.name')).toEqual(['192.0.2.1']);
    clock.now = 14_999;
    expect(await cache.lookup('some.name')).toEqual(['192.0.2.1']);
    expect(asked).toHaveLength(2);
    clock.now = 15_000;
    expect(await cache.lookup('some.name')).toEqual(['192.0.2.1']);
    expect(asked).toHaveLength(3);
    expect(cache.stats).toMatchObject({ stale: 2, hits: 1 });
    clock.now = 70_000;
    expect((await rejection(cache.lookup('some.name'))).code).toBe('EAI_AGAIN');
    answer(() => ['192.0.2.2']);
    expect(await cache.lookup('some.name')).toEqual(['192.0.2.2']);
  });

  test('does not hide that a name is gone, and is off by default', async () => {
    const on = rig({ ttl: '10s', staleIfError: '60s' });
    await on.cache.lookup('some.name');
    on.clock.now = 10_000;
    on.answer(() => { throw coded('ENOTFOUND'); });
    expect((await rejection(on.cache.lookup('some.name'))).code).toBe('ENOTFOUND');
    on.clock.now = 20_000;
    on.answer(() => { throw coded('EAI_AGAIN'); });
    expect((await rejection(on.cache.lookup('some.name'))).code).toBe('EAI_AGAIN');
    const off = rig({ ttl: '10s' });
    await off.cache.lookup('some.name');
    off.clock.now = 10_000;
    off.answer(() => { throw coded('EAI_AGAIN'); });
    expect((await rejection(off.cache.lookup('some.name'))).code).toBe('EAI_AGAIN');
  });
});

describe('one query for a name at a time', () => {
  test('whoever asks meanwhile gets its answer, or its failure', async () => {
    const { cache, asked, answer } = rig();
    answer(async () => await Promise.resolve(['192.0.2.7']));
    expect(await Promise.all([cache.lookup('a'), cache.lookup('A'), cache.lookup('b')])).toEqual([['192.0.2.7'], ['192.0.2.7'], ['192.0.2.7']]);
    expect(asked).toEqual(['a', 'b']);
    expect(cache.stats).toMatchObject({ misses: 2, joined: 1, pending: 0 });
    answer(async () => await Promise.reject(coded('EAI_AGAIN')));
    const errors = await Promise.all([rejection(cache.lookup('c')), rejection(cache.lookup('c'))]);
    expect(errors[0]).toBe(errors[1]);
    expect(cache.stats.pending).toBe(0);
  });

  test('at most maxPending of them', async () => {
    const { cache, answer } = rig({ maxPending: 1 });
    let finish: (addresses: string[]) => void = () => {};
    answer(() => new Promise((resolve) => (finish = resolve)));
    const first = cache.lookup('a');
    expect(await rejection(cache.lookup('b'))).toMatchObject({ code: 'ERR_SOCK_LIMIT', phase: 'dns', category: 'limit', retryable: true, message: expect.stringContaining('maxPending') });
    await turns(1);
    finish(['192.0.2.1']);
    await first;
    answer(() => ['192.0.2.2']);
    expect(await cache.lookup('b')).toEqual(['192.0.2.2']);
  });
});

test('clear() forgets, one name or all, and what is under way is answered but not kept', async () => {
  const { cache, asked, answer } = rig();
  await cache.lookup('a');
  await cache.lookup('b');
  cache.clear('A');
  expect(cache.stats.entries).toBe(1);
  cache.clear();
  expect(cache.stats.entries).toBe(0);
  let finish: (addresses: string[]) => void = () => {};
  answer(() => new Promise((resolve) => (finish = resolve)));
  const old = cache.lookup('a');
  await turns(1);
  cache.clear();
  answer(() => ['192.0.2.9']);
  expect(await cache.lookup('a')).toEqual(['192.0.2.9']);
  finish(['192.0.2.1']);
  expect(await old).toEqual(['192.0.2.1']);
  expect(await cache.lookup('a')).toEqual(['192.0.2.9']);
  expect(asked).toEqual(['a', 'b', 'a', 'a']);
});

test('the name that was asked for longest ago makes room', async () => {
  const { cache, asked } = rig({ maxEntries: 2 });
  for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) await cache.lookup(name);
  expect(asked).toEqual(['a', 'b', 'c', 'b']);
  expect(cache.stats).toMatchObject({ entries: 2, evicted: 2 });
});

test('what it answers is what a plain table says, whatever is asked when; never more than maxEntries', async () => {
  const step = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd', 'e'), pass: fc.integer({ min: 0, max: 40 }), ttl: fc.integer({ min: 0, max: 100 }), fails: fc.constantFrom(undefined, undefined, undefined, 'ENOTFOUND', 'EAI_AGAIN') });
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 5 }), async (steps, maxEntries) => {
    const { cache, asked, clock, answer } = rig({ maxEntries, negativeTtl: 30, maxTtl: 60 });
    const table: { name: string; endsAt: number; version: number | undefined }[] = [];
    let version = 0;
    for (const { name, pass, ttl, fails } of steps) {
      clock.now += pass;
      version += 1;
      answer(() => {
        if (fails !== undefined) throw coded(fails);
        return Object.assign([`192.0.2.${version % 256}`], { ttlMs: ttl });
      });
      const queries = asked.length;
      const result = await cache.lookup(name).catch(({ code }: { code: string }) => code);
      const index = table.findIndex((row) => row.name === name);
      const [row] = index === -1 ? [] : table.splice(index, 1);
      if (row !== undefined && clock.now < row.endsAt) {
        expect(asked).toHaveLength(queries);
        expect(result).toEqual(row.version === undefined ? 'ENOTFOUND' : [`192.0.2.${row.version % 256}`]);
        table.push(row);
      } else {
        expect(asked).toHaveLength(queries + 1);
        expect(result).toEqual(fails ?? [`192.0.2.${version % 256}`]);
        const ms = fails === undefined ? Math.min(ttl, 60) : fails === 'ENOTFOUND' ? 30 : 0;
        if (ms > 0) table.push({ name, endsAt: clock.now + ms, version: fails === undefined ? version : undefined });
        // A failure leaves the old row, out of date, in its place.
        else if (fails === 'EAI_AGAIN' && row !== undefined) table.push(row);
        if (table.length > maxEntries) table.shift();
      }
      expect(cache.stats.entries).toBe(table.length);
    }
  }), { numRuns: 1000 });
});

test.each([{ ttl: '2d' }, { negativeTtl: -1 }, { maxEntries: 0 }, { maxPending: 0 }, { tll: '1s' }])('%j is refused', (options) => {
  expect(() => dnsCache(options as DnsCacheOptions)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_CONFIG', message: expect.stringContaining('dnsCache()') }));
});

test('connect dials by it, and its errors have the endpoint', async () => {
  await using listener = await listen('127.0.0.1:0');
  const { port } = listener.endpoint as { port: number };
  const { cache, asked, answer } = rig({ maxPending: 1 });
  answer(() => ['127.0.0.1']);
  for (let count = 0; count < 2; count += 1) {
    const socket = await connect({ host: 'some.name', port }, { lookup: cache.lookup });
    (await listener.accept()).destroy();
    socket.destroy();
  }
  expect(asked).toEqual(['some.name']);
  answer(() => { throw coded('ENOTFOUND'); });
  expect(await rejection(connect('other.name:80', { lookup: cache.lookup }))).toMatchObject({ code: 'ERR_SOCK_NAME', endpoint: { host: 'other.name', port: 80 } });
  answer(() => new Promise(() => {}));
  await rejection(connect('slow.name:80', { lookup: cache.lookup, timeout: 5 }));
  expect(await rejection(connect('third.name:80', { lookup: cache.lookup }))).toMatchObject({ code: 'ERR_SOCK_LIMIT', phase: 'dns', endpoint: { host: 'third.name', port: 80 } });
});

test('without a look-up of its own it asks the system', async () => {
  expect(await dnsCache().lookup('localhost')).toContain('127.0.0.1');
});
