import { X509Certificate } from 'node:crypto';
import { createAuthority } from '@sock/dev-certs';
import { leakGuard } from '@sock/testkit';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ClientSession } from './client-session.ts';
import type { ClientSessionStats } from './client-sessions.ts';
import { ClientSessions } from './client-sessions.ts';
import { memorySessionStore } from './memory-sessions.ts';
import type { ClientSessionStore } from './session-store.ts';

leakGuard();
afterEach(() => vi.useRealTimers());

const HOUR = 3_600_000;
const now = 1_800_000_000_000;
const good: ClientSession = {
  session: Uint8Array.of(1), protocol: 'TLSv1.3', chain: [Uint8Array.from(new X509Certificate(createAuthority().ca).raw)], staple: Uint8Array.of(3), alpn: 'h2', authenticatedAt: now - 10, expiresAt: now + 10,
};
const boom = (): never => {
  throw new Error('boom');
};

describe('a store that is well', () => {
  it('gives what it was offered, with all that was kept beside the ticket', async () => {
    const sessions = over(memorySessionStore({ now: () => now }));
    await sessions.offer('a', good);
    expect(await sessions.take('a')).toEqual(good);
    expect(await sessions.take('a')).toBeUndefined();
    expect(sessions.stats).toEqual(counted({ stored: 1, hits: 1, misses: 1 }));
  });

  it('in memory costs no turn of the event loop and no timer', async () => {
    const sessions = over(memorySessionStore({ now: () => now }));
    const timer = vi.spyOn(globalThis, 'setTimeout');
    let turned = false;
    setImmediate(() => (turned = true));
    await sessions.offer('a', good);
    await sessions.take('a');
    await sessions.forget('a');
    expect(turned).toBe(false);
    expect(timer).not.toHaveBeenCalled();
    timer.mockRestore();
  });

  it('forgets what it is told to', async () => {
    const sessions = over(memorySessionStore({ now: () => now }));
    await sessions.offer('a', good);
    await sessions.forget('a');
    expect(await sessions.take('a')).toBeUndefined();
    expect(sessions.stats).toEqual(counted({ stored: 1, misses: 1 }));
  });

  it('may answer later, and leaves no timer', async () => {
    const take = (): Promise<ClientSession> => new Promise((resolve) => void setImmediate(() => resolve(good)));
    const sessions = over({ ...silent, take }, { storeTimeoutMs: 60_000 });
    expect(await sessions.take('a')).toEqual(good);
    expect(sessions.stats).toEqual(counted({ hits: 1 }));
  });

  it('may have promises of its own, whose then answers nothing', async () => {
    // oxlint-disable-next-line unicorn/no-thenable -- what some query builders return
    const take = (): unknown => ({ then: (resolve: (session: ClientSession) => void) => resolve(good) });
    const sessions = over({ ...silent, take: take as ClientSessionStore['take'] });
    vi.useFakeTimers();
    expect(await sessions.take('a')).toEqual(good);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('may answer with Buffers and with fields of its own, which are left out', async () => {
    const sessions = over({ ...silent, take: () => ({ ...good, session: Buffer.from([1]), row: 7 }) });
    expect(Object.keys((await sessions.take('a')) as ClientSession).toSorted()).toEqual(Object.keys(good).toSorted());
  });
});

describe('a store that is not well costs a full handshake and an error, not a connection', () => {
  it.each<[string, () => unknown]>([
    ['throws', boom],
    ['rejects', () => Promise.reject(new Error('boom'))],
    // oxlint-disable-next-line unicorn/no-thenable -- somebody's own promises may be like that
    ['answers with a thenable that throws', () => ({ then: boom })],
    ['answers with null', () => null],
    ['answers with text', () => 'session'],
    ['answers with a list', () => [good]],
    ['answers with an object whose fields throw', () => Object.defineProperty({}, 'session', { get: boom })],
    ['answers without a session', () => ({ ...good, session: undefined })],
    ['answers with an empty session', () => ({ ...good, session: new Uint8Array() })],
    ['answers with a session as JSON writes it', () => JSON.parse(JSON.stringify(good))],
    ['answers with another protocol', () => ({ ...good, protocol: 'TLSv1.1' })],
    ['answers with an empty chain', () => ({ ...good, chain: [] })],
    ['answers with a chain of no certificates', () => ({ ...good, chain: [Uint8Array.of(2)] })],
    ['answers with a chain of text', () => ({ ...good, chain: ['AA'] })],
    ['answers with a staple of text', () => ({ ...good, staple: 'AA' })],
    ['answers with a protocol list', () => ({ ...good, alpn: ['h2'] })],
    ['answers with a date', () => ({ ...good, expiresAt: new Date(good.expiresAt) })],
    ['answers with no end', () => ({ ...good, expiresAt: Infinity })],
    ['answers with no beginning', () => ({ ...good, authenticatedAt: undefined })],
  ])('when it %s', async (_what, take) => {
    const sessions = over({ ...silent, take: take as ClientSessionStore['take'] });
    expect(await sessions.take('a')).toBeUndefined();
    expect(sessions.stats).toEqual(counted({ misses: 1, errors: 1 }));
  });

  it('when it answers with anything else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.anything(), async (answer) => {
        const sessions = over({ ...silent, take: () => answer as ClientSession });
        expect(await sessions.take('a')).toBeUndefined();
        const { misses, errors } = sessions.stats;
        expect([misses, errors]).toEqual([1, answer === undefined ? 0 : 1]);
      }),
    );
  });

  it.each<[string, () => Promise<void>]>([
    ['throws', boom],
    ['rejects', () => Promise.reject(new Error('boom'))],
  ])('when it %s at put and forget', async (_what, fail) => {
    const sessions = over({ ...silent, put: fail, forget: fail });
    await sessions.offer('a', good);
    await sessions.forget('a');
    expect(sessions.stats).toEqual(counted({ errors: 2 }));
  });

  it('when it never answers', async () => {
    vi.useFakeTimers();
    const never = (): Promise<never> => new Promise(() => {});
    const sessions = over({ take: never, put: never, forget: never });
    const ended: string[] = [];
    const calls = [sessions.take('a').then(() => ended.push('take')), sessions.offer('a', good).then(() => ended.push('offer')), sessions.forget('a').then(() => ended.push('forget'))];
    await vi.advanceTimersByTimeAsync(999);
    expect(ended).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    await Promise.all(calls);
    expect(sessions.stats).toEqual(counted({ misses: 1, errors: 3 }));
  });

  it('when it answers too late, be it with a rejection', async () => {
    let fail = (_error: Error): void => {};
    const late = new Promise<ClientSession>((_resolve, reject) => (fail = reject));
    const sessions = over({ ...silent, take: () => late }, { storeTimeoutMs: 1 });
    expect(await sessions.take('a')).toBeUndefined();
    fail(new Error('boom'));
    await new Promise((resolve) => void setImmediate(resolve));
    expect(sessions.stats).toEqual(counted({ misses: 1, errors: 1 }));
  });
});

describe('a session that is over', () => {
  it.each([
    ['at its end', { expiresAt: now }, HOUR],
    ['after the lifetime of this context, whatever the store says', { authenticatedAt: now - HOUR, expiresAt: now + HOUR }, HOUR],
    ['after seven days, whatever the lifetime is', { authenticatedAt: now - 7 * 24 * HOUR, expiresAt: now + HOUR }, 1000 * HOUR],
  ])('%s is neither offered to a server nor stored', async (_when, fields, lifetimeMs) => {
    const put = vi.fn<ClientSessionStore['put']>();
    const sessions = over({ ...silent, put, take: () => ({ ...good, ...fields }) }, { lifetimeMs });
    expect(await sessions.take('a')).toBeUndefined();
    await sessions.offer('a', { ...good, ...fields });
    expect(put).not.toHaveBeenCalled();
    expect(sessions.stats).toEqual(counted({ misses: 1, expired: 2 }));
  });

  it('is none a millisecond before: the positive twin', async () => {
    const last = { ...good, authenticatedAt: now - HOUR + 1, expiresAt: now + 1 };
    const sessions = over({ ...silent, take: () => last }, { lifetimeMs: HOUR });
    expect(await sessions.take('a')).toEqual(last);
    await sessions.offer('a', last);
    expect(sessions.stats).toEqual(counted({ hits: 1, stored: 1 }));
  });
});

it('what became of sessions is counted by those who see it, and a snapshot stays as it was', () => {
  const sessions = over(silent);
  const before = sessions.stats;
  sessions.countResumed();
  sessions.countResumed();
  sessions.countRefused();
  expect(before).toEqual(counted({}));
  expect(sessions.stats).toEqual(counted({ resumed: 2, refused: 1 }));
  expect(Object.isFrozen(before)).toBe(true);
});

/** Keeps nothing. */
const silent: ClientSessionStore = { take: () => undefined, put: () => {}, forget: () => {} };

function over(store: ClientSessionStore, more: { storeTimeoutMs?: number; lifetimeMs?: number } = {}): ClientSessions {
  return new ClientSessions({ store, lifetimeMs: HOUR, now: () => now, ...more });
}

function counted(stats: Partial<ClientSessionStats>): ClientSessionStats {
  return { hits: 0, misses: 0, stored: 0, resumed: 0, refused: 0, expired: 0, errors: 0, ...stats };
}
