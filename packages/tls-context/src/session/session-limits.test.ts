import { createAuthority } from '@sock/dev-certs';
import { leakGuard, rejection } from '@sock/testkit';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Serving } from '../context/serving.test-d.ts';
import { resumed, serving } from '../context/serving.test-d.ts';
import type { ClientContext, ClientContextOptions, PeerCheck, ServerContextOptions } from '../index.ts';
import { createClientContext, createServerContext } from '../index.ts';
import { crlCheck, ocspCheck, stapler } from '../revocation.ts';

leakGuard();

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TLS12 = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
const authority = createAuthority();
const issued = authority.issue({ names: ['localhost'] });
/** On a whole second, as dates in certificates are. */
const start = Math.ceil(Date.now() / 1000) * 1000;

const client = (options: ClientContextOptions = {}): ClientContext => createClientContext({ ca: authority.ca, ...TLS12, sessions: { lifetime: '7d' }, ...options });

/** Serves for as long as a session may live at all. The engine's own clock is the true one; ours stands until it is set. */
async function served(options: Partial<ServerContextOptions>, run: (server: Serving) => Promise<void>): Promise<void> {
  await serving(createServerContext({ cert: issued.chain, key: issued.key, sessions: { lifetime: '7d', rotation: '7d' }, ...options }), run);
}

/** Whether a connection is resumed: the first, one a second before `afterMs`, and one from then on. */
async function around(afterMs: number, dial: ClientContext, { visit }: Serving): Promise<readonly boolean[]> {
  const first = resumed(await visit(dial));
  vi.setSystemTime(start + afterMs - 1000);
  const before = resumed(await visit(dial));
  vi.setSystemTime(start + afterMs);
  const after = resumed(await visit(dial));
  // The last one had nothing to offer: it was not the server that refused.
  expect(dial.sessionStats).toMatchObject({ refused: 0, errors: 0 });
  return [first, before, after];
}

const ENDS_THERE = [false, true, false];

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: start }));
afterEach(() => vi.useRealTimers());

describe('a client offers a session until the first of', () => {
  test('its own lifetime', async () => {
    await served({}, async (server) => expect(await around(10 * MINUTE, client({ sessions: { lifetime: '10m' } }), server)).toEqual(ENDS_THERE));
  });

  test('two hours, when nothing is said', async () => {
    await served({}, async (server) => expect(await around(2 * HOUR, client({ sessions: undefined }), server)).toEqual(ENDS_THERE));
  });

  test('seven days', async () => {
    await served({}, async (server) => expect(await around(7 * DAY, client(), server)).toEqual(ENDS_THERE));
  });

  test('the end of the server\'s certificate', async () => {
    const short = authority.issue({ names: ['localhost'], notAfter: new Date(start + HOUR) });
    await served({ cert: short.chain, key: short.key }, async (server) => expect(await around(HOUR, client(), server)).toEqual(ENDS_THERE));
  });

  test('the end of an intermediate above it', async () => {
    const middle = authority.issueIntermediate({ notAfter: new Date(start + HOUR) });
    const below = middle.issue({ names: ['localhost'], allow: ['outlive-issuer'] });
    await served({ cert: below.chain, key: below.key }, async (server) => expect(await around(HOUR, client(), server)).toEqual(ENDS_THERE));
  });

  test('the next update of the revocation list', async () => {
    const lists = authority.crl({ nextUpdate: new Date(start + HOUR) }).pem;
    await served({}, async (server) => expect(await around(HOUR, client({ crl: crlCheck({ lists, policy: 'soft' }) }), server)).toEqual(ENDS_THERE));
  });

  test('the next update of the OCSP response', async () => {
    const staple = stapler({ response: authority.ocspResponse({ certificate: issued, nextUpdate: new Date(start + HOUR) }), issuer: authority.ca });
    await served({ staple }, async (server) => expect(await around(HOUR, client({ ocsp: ocspCheck({ policy: 'soft' }) }), server)).toEqual(ENDS_THERE));
    staple.close();
  });

  test('the time that a check of one\'s own gives', async () => {
    await served({}, async (server) => expect(await around(HOUR, client({ crl: answering(start + HOUR) }), server)).toEqual(ENDS_THERE));
  });
});

describe('a check of one\'s own', () => {
  test.each([undefined, Infinity])('that answers with validUntil %s sets no limit', async (validUntil) => {
    const dial = client({ crl: answering(validUntil) });
    await served({}, async ({ visit }) => {
      expect([resumed(await visit(dial)), resumed(await visit(dial))]).toEqual([false, true]);
    });
  });

  test.each([-Infinity, 0, start])('that answers with validUntil %s lets the peer in, and no session is kept', async (validUntil) => {
    const dial = client({ crl: answering(validUntil) });
    await served({}, async ({ visit }) => {
      expect([resumed(await visit(dial)), resumed(await visit(dial))]).toEqual([false, false]);
    });
    expect(dial.sessionStats).toMatchObject({ hits: 0, stored: 0, expired: 2 });
  });

  test.each<[unknown, string]>([
    [NaN, 'NaN'],
    ['2099-01-01', 'a value of type string'],
    [new Date(start + HOUR), 'a value of type object'],
    [null, 'a value of type object'],
  ])('that answers with validUntil %s refuses the peer, and says whose fault that is', async (validUntil, words) => {
    const check = answering(validUntil as number);
    await served({}, async ({ visit }) => {
      const error = await rejection(visit(client({ crl: check })));
      expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_REFUSED', kind: 'verify', category: 'usage' });
      expect(error.message).toMatch(/^the crl check of the server at 127\.0\.0\.1:\d+ answered with validUntil /);
      expect(error.message).toContain(`validUntil ${words}: give milliseconds of the epoch`);
    });
    const worker = authority.issue({ usage: 'client', commonName: 'worker' });
    await served({ ca: authority.ca, crl: check }, async ({ refused }) => {
      const error = await refused(client({ cert: worker.chain, key: worker.key }));
      expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_REFUSED', message: expect.stringMatching(/^the crl check of the client at /) });
    });
  });
});

describe('a server takes a session until', () => {
  test('its lifetime is over, by the engine\'s own clock', async () => {
    const dial = client();
    await served({ sessions: { lifetime: '1s' } }, async ({ visit }) => {
      await visit(dial);
      expect(resumed(await visit(dial))).toBe(true);
      const begun = performance.now();
      while (resumed(await visit(dial))) expect(performance.now() - begun).toBeLessThan(5000);
      expect(dial.sessionStats).toMatchObject({ refused: 1 });
    });
  });

  test('its lifetime is over, when it is kept by its id', async () => {
    const dial = client();
    await served({ sessions: { tickets: false, lifetime: '1h' } }, async ({ visit }) => {
      expect(resumed(await visit(dial))).toBe(false);
      vi.setSystemTime(start + HOUR - 1);
      expect(resumed(await visit(dial))).toBe(true);
      vi.setSystemTime(start + HOUR);
      expect(resumed(await visit(dial))).toBe(false);
      expect(dial.sessionStats).toMatchObject({ hits: 2, refused: 1 });
    });
  });
});

describe('how many are kept', () => {
  /** The client of one context comes for one name, and for another, and for the first again. */
  const twoNames = async (options: ClientContextOptions, { visit }: Serving): Promise<boolean> => {
    const dial = client(options);
    await visit(dial, 'localhost');
    await visit(dial, 'other.test');
    return resumed(await visit(dial, 'localhost'));
  };
  const both = authority.issue({ names: ['localhost', 'other.test'] });
  const certificate = { cert: both.chain, key: both.key };

  test.each<[string, ClientContextOptions, boolean]>([
    ['maxEntries 1', { sessions: { maxEntries: 1 } }, false],
    ['maxEntries 2', { sessions: { maxEntries: 2 } }, true],
    ['sessionCacheSize 1', { sessions: undefined, sessionCacheSize: 1 }, false],
    ['sessionCacheSize 2', { sessions: undefined, sessionCacheSize: 2 }, true],
  ])('by a client with %s', async (_what, options, kept) => {
    await served(certificate, async (server) => expect(await twoNames(options, server)).toBe(kept));
  });

  test.each([[1, [true, false]], [2, [true, true]]])('by a client with perKey %d, of the two tickets that a server gives', async (perKey, expected) => {
    const dial = client({ minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', sessions: { perKey } });
    await served({}, async ({ visit }) => {
      await visit(dial);
      expect([resumed(await visit(dial)), resumed(await visit(dial))]).toEqual(expected);
    });
  });

  test.each([[1, false], [2, true]])('by a server with maxEntries %d, by their ids', async (maxEntries, kept) => {
    const [first, second] = [client(), client()];
    await served({ sessions: { tickets: false, maxEntries } }, async ({ visit }) => {
      await visit(first);
      await visit(second);
      expect(resumed(await visit(first))).toBe(kept);
    });
  });

  test.each([1, 2])('of the clients that a server with sessionCacheSize %d has verified: of others it knows no intermediates', async (sessionCacheSize) => {
    const workers = [1, 2].map((n) => authority.issueIntermediate().issue({ usage: 'client', commonName: `worker ${n}` }));
    const [first, second] = workers.map(({ chain, key }) => client({ cert: chain, key })) as [ClientContext, ClientContext];
    await served({ ca: authority.ca, sessionCacheSize }, async ({ visit, refused }) => {
      await visit(first);
      await visit(second);
      if (sessionCacheSize === 2) return expect(resumed(await visit(first))).toBe(true);
      expect(await refused(first)).toMatchObject({ code: 'ERR_SOCK_TLS_SESSION', retryable: true, message: expect.stringContaining('another server had verified') });
    });
  });

  test('is 1000 when nothing is said, and those of the server that was not used for the longest time go first', { timeout: 60_000 }, async () => {
    const most = authority.issue({ names: ['*.many.test'] });
    const dial = client({ minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', sessions: undefined });
    const name = (n: number): string => `n${n}.many.test`;
    await served({ cert: most.chain, key: most.key, ca: authority.ca, verify: 'peer' }, async ({ visit }) => {
      // Two tickets each.
      for (let n = 0; n < 500; n += 10) await Promise.all(Array.from({ length: 10 }, (_, index) => visit(dial, name(n + index))));
      expect(dial.sessionStats).toMatchObject({ stored: 1000, misses: 500 });
      expect(resumed(await visit(dial, name(0))), 'the first of them all is there, and used now').toBe(true);
      await visit(dial, name(500));
      expect(resumed(await visit(dial, name(0)))).toBe(true);
      expect(resumed(await visit(dial, name(1))), 'the second had to go').toBe(false);
      expect(resumed(await visit(dial, name(20))), 'and no other').toBe(true);
    });
  });
});

function answering(validUntil: number | undefined): PeerCheck {
  return { step: 'crl', digest: 'of this test', asksForStaple: false, check: async () => ({ outcome: 'ok', detail: 'good', validUntil }) };
}
