import { X509Certificate } from 'node:crypto';
import { createAuthority } from '@sock/dev-certs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClientSession } from './client-session.ts';
import { ClientSessions } from './client-sessions.ts';
import { memoryServerSessions, memorySessionStore } from './memory-sessions.ts';

describe('sessions in memory', () => {
  it('of TLS 1.3 are handed out once, the newest first', async () => {
    const store = memorySessionStore({ now: () => 0 });
    for (const n of [1, 2, 3]) await store.put('a', session(n, 'TLSv1.3'));
    expect([await store.take('a'), await store.take('a'), await store.take('a'), await store.take('a')].map(numberOf)).toEqual([3, 2, 1, undefined]);
  });

  it('of TLS 1.3 are handed out again and again with reuse, the newest, until their end', async () => {
    let now = 0;
    const store = memorySessionStore({ reuse: true, now: () => now });
    await store.put('a', session(1, 'TLSv1.3'));
    await store.put('a', session(2, 'TLSv1.3'));
    expect([await store.take('a'), await store.take('a'), await store.take('a')].map(numberOf)).toEqual([2, 2, 2]);
    now = Number.MAX_SAFE_INTEGER;
    expect(await store.take('a')).toBeUndefined();
  });

  it('of TLS 1.2 are handed out again and again, until a newer one comes', async () => {
    const store = memorySessionStore({ now: () => 0 });
    await store.put('a', session(1, 'TLSv1.2'));
    expect([await store.take('a'), await store.take('a')].map(numberOf)).toEqual([1, 1]);
    await store.put('a', session(2, 'TLSv1.2'));
    expect([await store.take('a'), await store.take('a')].map(numberOf)).toEqual([2, 2]);
  });

  it('are not handed out from their end on', async () => {
    let now = 0;
    const store = memorySessionStore({ now: () => now });
    await store.put('a', session(1, 'TLSv1.2', 100));
    now = 99;
    expect(numberOf(await store.take('a'))).toBe(1);
    now = 100;
    expect(await store.take('a')).toBeUndefined();
    now = 0;
    expect(await store.take('a'), 'it was dropped').toBeUndefined();
  });

  it('are not kept when they are over already', async () => {
    let now = 100;
    const store = memorySessionStore({ now: () => now });
    await store.put('a', session(1, 'TLSv1.2', 100));
    await store.put('b', session(2, 'TLSv1.2', NaN));
    now = 0;
    expect([await store.take('a'), await store.take('b')]).toEqual([undefined, undefined]);
  });

  it('make room for others by going with their key, the one that was not used for the longest time', async () => {
    const store = memorySessionStore({ maxEntries: 4, now: () => 0 });
    for (const n of [1, 2]) await store.put('old', session(n, 'TLSv1.3'));
    await store.put('used', session(3, 'TLSv1.2'));
    await store.put('new', session(4, 'TLSv1.3'));
    await store.take('used');
    await store.put('newest', session(5, 'TLSv1.3'));
    expect([await store.take('old'), await store.take('used'), await store.take('new'), await store.take('newest')].map(numberOf)).toEqual([undefined, 3, 4, 5]);
  });

  it('are kept also where one key could fill the store', async () => {
    const store = memorySessionStore({ maxEntries: 2, perKey: 4, now: () => 0 });
    for (const n of [1, 2, 3]) await store.put('a', session(n, 'TLSv1.3'));
    expect([await store.take('a'), await store.take('a'), await store.take('a')].map(numberOf)).toEqual([3, 2, undefined]);
  });

  it('are 1000 in all and 4 of a key, when nothing is said', async () => {
    const store = memorySessionStore();
    for (let n = 0; n < 1005; n++) await store.put(`key ${Math.floor(n / 5)}`, session(n, 'TLSv1.3', Infinity));
    for (let n = 0; n < 200; n++) await store.put(`other ${n}`, session(n, 'TLSv1.3', Infinity));
    let left = 0;
    for (let n = 0; n < 201 * 5; n++) if ((await store.take(`key ${n % 201}`)) !== undefined) left++;
    // 201 keys with 4 each are 804 sessions, and 200 others came: the first key went.
    expect(left).toBe(800);
  });

  it('answers as the naive model does, whatever is called in which order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 5 }), fc.array(call, { maxLength: 60 }), async (maxEntries, perKey, calls) => {
        let now = 0;
        const sessions = new ClientSessions({ store: memorySessionStore({ maxEntries, perKey, now: () => now }), lifetimeMs: 1000, now: () => now });
        const model = new NaiveStore(maxEntries, perKey, () => now);
        const handedOut = new Set<number>();
        const told = { takes: 0, found: 0, offers: 0, stale: 0 };
        const take = async (key: string): Promise<ClientSession | undefined> => {
          const taken = await sessions.take(key);
          told.takes++;
          expect(numberOf(taken)).toBe(numberOf(model.take(key)));
          if (taken === undefined) return undefined;
          told.found++;
          expect(taken.expiresAt).toBeGreaterThan(now);
          expect(taken.protocol === 'TLSv1.3' && handedOut.has(numberOf(taken) as number), 'a ticket is handed out twice').toBe(false);
          handedOut.add(numberOf(taken) as number);
          return taken;
        };
        for (const [number, { kind, key, protocol, time }] of calls.entries()) {
          if (kind === 'wait') now += time;
          else if (kind === 'take') await take(key);
          else if (kind === 'forget') {
            await sessions.forget(key);
            model.forget(key);
          } else {
            // A session that ends before it is stored, too.
            const offered = session(number, protocol, now + time - 20, now);
            told.offers++;
            if (offered.expiresAt <= now) told.stale++;
            else model.put(key, offered);
            await sessions.offer(key, offered);
          }
        }
        const left = await drain(take);
        expect(left).toBeLessThanOrEqual(maxEntries);
        expect(sessions.stats).toEqual({
          hits: told.found, misses: told.takes - told.found, stored: told.offers - told.stale, expired: told.stale, resumed: 0, refused: 0, errors: 0,
        });
      }),
      { numRuns: 500 },
    );
  });
});

describe('sessions of a server in memory', () => {
  const id = (n: number): Uint8Array => Uint8Array.of(0, n, 255);
  const bytes = Uint8Array.of(7);

  it('are loaded until they end', async () => {
    let now = 0;
    const sessions = memoryServerSessions({ now: () => now });
    await sessions.store(id(1), bytes, 100);
    now = 99;
    expect([await sessions.load(id(1)), await sessions.load(id(2))]).toEqual([bytes, undefined]);
    now = 100;
    expect(await sessions.load(id(1))).toBeUndefined();
    now = 0;
    expect(await sessions.load(id(1)), 'it was dropped').toBeUndefined();
  });

  it.each([0, -1, NaN])('are not kept for %d ms', async (lifetimeMs) => {
    const sessions = memoryServerSessions({ now: () => 5 });
    await sessions.store(id(1), bytes, 10);
    await sessions.store(id(1), bytes, lifetimeMs);
    expect(await sessions.load(id(1))).toBeUndefined();
  });

  it('go when they are forgotten', async () => {
    const sessions = memoryServerSessions();
    await sessions.store(id(1), bytes, 60_000);
    await sessions.forget(id(1));
    expect(await sessions.load(id(1))).toBeUndefined();
  });

  it('are found by a view into other bytes', async () => {
    const sessions = memoryServerSessions();
    await sessions.store(Uint8Array.of(9, 0, 1, 255, 9).subarray(1, 4), bytes, 60_000);
    expect(await sessions.load(id(1))).toBe(bytes);
  });

  it('answer as the naive model does, whatever is called in which order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.array(call, { maxLength: 60 }), async (maxEntries, calls) => {
        let now = 0;
        const sessions = memoryServerSessions({ maxEntries, now: () => now });
        // The least recently used first.
        let model: { name: string; number: number; endsAt: number }[] = [];
        for (const [number, { kind, key, time }] of calls.entries()) {
          const name = Buffer.from(key);
          const held = model.find((each) => each.name === key);
          const others = model.filter((each) => each !== held);
          if (kind === 'wait') now += time;
          else if (kind === 'take') {
            const good = held !== undefined && held.endsAt > now;
            expect((await sessions.load(name))?.[0]).toBe(good ? held.number : undefined);
            model = good ? [...others, held] : others;
          } else if (kind === 'forget') {
            await sessions.forget(name);
            model = others;
          } else {
            await sessions.store(name, Uint8Array.of(number), time);
            model = time > 0 ? [...others, { name: key, number, endsAt: now + time }].slice(-maxEntries) : others;
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

const KEYS = ['a', 'b', 'c', 'd'] as const;

const call = fc.record({
  kind: fc.constantFrom('put', 'put', 'put', 'take', 'take', 'forget', 'wait'),
  key: fc.constantFrom(...KEYS),
  protocol: fc.constantFrom('TLSv1.2', 'TLSv1.3', 'TLSv1.3'),
  time: fc.nat({ max: 200 }),
});

/** The rules of the store, as a list that is searched and copied. The key that was not used for the longest time stands first. */
class NaiveStore {
  readonly #maxEntries: number;
  readonly #perKey: number;
  readonly #now: () => number;
  #keys: { key: string; list: ClientSession[] }[] = [];

  constructor(maxEntries: number, perKey: number, now: () => number) {
    this.#maxEntries = maxEntries;
    this.#perKey = Math.min(perKey, maxEntries);
    this.#now = now;
  }

  take(key: string): ClientSession | undefined {
    const list = this.#good(key);
    this.#use(key, list[0]?.protocol === 'TLSv1.3' ? list.slice(1) : list);
    return list[0];
  }

  put(key: string, session: ClientSession): void {
    const older = this.#good(key).filter(({ protocol }) => protocol === 'TLSv1.3' || session.protocol === 'TLSv1.3');
    this.#use(key, [session, ...older].slice(0, this.#perKey));
    while (this.#keys.reduce((sum, { list }) => sum + list.length, 0) > this.#maxEntries) this.#keys.shift();
  }

  forget(key: string): void {
    this.#use(key, []);
  }

  #good(key: string): ClientSession[] {
    return (this.#keys.find((each) => each.key === key)?.list ?? []).filter(({ expiresAt }) => expiresAt > this.#now());
  }

  #use(key: string, list: ClientSession[]): void {
    this.#keys = [...this.#keys.filter((each) => each.key !== key), ...(list.length === 0 ? [] : [{ key, list }])];
  }
}

/** Takes all that is left; one of TLS 1.2 stays and hides what is older. */
async function drain(take: (key: string) => Promise<ClientSession | undefined>): Promise<number> {
  let count = 0;
  for (const key of KEYS) {
    for (;;) {
      const taken = await take(key);
      if (taken !== undefined) count++;
      if (taken?.protocol !== 'TLSv1.3') break;
    }
  }
  return count;
}

/** A session whose chain cannot be read is none. */
const CHAIN: readonly Uint8Array[] = [new X509Certificate(createAuthority().ca).raw];

function session(number: number, protocol: ClientSession['protocol'], expiresAt = 1000, authenticatedAt = 0): ClientSession {
  return { session: Uint8Array.of(number), protocol, chain: CHAIN, authenticatedAt, expiresAt };
}

function numberOf(session: ClientSession | undefined): number | undefined {
  return session?.session[0];
}
