import { createAuthority } from '@sock/dev-certs';
import { leakGuard, until } from '@sock/testkit';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Pair } from '../context/serving.test-d.ts';
import { resumed, serving } from '../context/serving.test-d.ts';
import type { ClientContext, ServerContext } from '../index.ts';
import { createClientContext, createServerContext } from '../index.ts';
import { memoryServerSessions } from './memory-sessions.ts';
import type { ServerSessionStore } from './session-store.ts';

leakGuard();
afterEach(() => vi.useRealTimers());

const authority = createAuthority();
const issued = authority.issue({ names: ['localhost'] });
const client = (): ClientContext => createClientContext({ ca: authority.ca, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' });
const server = (ids: ServerSessionStore): ServerContext => createServerContext({ cert: issued.chain, key: issued.key, sessions: { tickets: false, ids } });
const boom = (): never => {
  throw new Error('boom');
};
const never = (): Promise<never> => new Promise(() => {});

/** A store in memory whose `load` answers with what `answer` makes of the right answer. */
function storeThat(answer: (right: Uint8Array | undefined) => unknown): { store: ServerSessionStore; asked: () => number } {
  const memory = memoryServerSessions();
  const load = vi.fn<(id: Uint8Array) => unknown>((id) => answer(memory.load(id) as Uint8Array | undefined));
  return { store: { ...memory, load: load as ServerSessionStore['load'] }, asked: () => load.mock.calls.length };
}

describe('a store of session ids (TLS 1.2)', () => {
  test.each<[string, (right: Uint8Array | undefined) => unknown]>([
    ['bytes', (right) => right],
    ['a Buffer, later', async (right) => Buffer.from(right as Uint8Array)],
    ['a view into other bytes', (right) => Buffer.concat([Buffer.alloc(3), right as Uint8Array, Buffer.alloc(3)]).subarray(3, -3)],
  ])('that answers with %s has its session resumed', async (_what, answer) => {
    const { store, asked } = storeThat(answer);
    const dial = client();
    await serving(server(store), async ({ visit }) => {
      expect([resumed(await visit(dial)), resumed(await visit(dial))]).toEqual([false, true]);
      expect(asked()).toBe(1);
    });
  });

  test.each<[string, (right: Uint8Array | undefined) => unknown]>([
    ['answers with nothing', () => undefined],
    ['answers with null', () => null],
    ['answers with text', (right) => Buffer.from(right as Uint8Array).toString('base64')],
    ['answers with a number', () => 7],
    ['answers with a negative number', () => -1],
    ['answers with a number that is too large for a Buffer', () => 2 ** 60],
    ['answers with a flag', () => true],
    ['answers with a symbol', () => Symbol('session')],
    ['answers with an object', () => ({ length: 5 })],
    ['answers with bytes as JSON writes them', (right) => JSON.parse(JSON.stringify(Buffer.from(right as Uint8Array)))],
    ['answers with a list of numbers', (right) => [...(right as Uint8Array)]],
    ['answers with an ArrayBuffer', (right) => Uint8Array.from(right as Uint8Array).buffer],
    ['answers with no bytes', () => new Uint8Array()],
    ['answers with bytes that are no session', () => new Uint8Array(200).fill(0x30)],
    ['answers with half a session', (right) => right?.subarray(0, right.length / 2)],
    ['answers with an object whose fields throw', () => Object.defineProperty({}, 'length', { get: boom })],
    // oxlint-disable-next-line unicorn/no-thenable -- somebody's own promises may be like that
    ['answers with a thenable that throws', () => ({ then: boom })],
    ['throws', boom],
    ['rejects', () => Promise.reject(new Error('boom'))],
  ])('that %s costs a full handshake, not the connection', async (_what, answer) => {
    const { store, asked } = storeThat(answer);
    const dial = client();
    await serving(server(store), async ({ visit, errors }) => {
      expect([resumed(await visit(dial)), resumed(await visit(dial))]).toEqual([false, false]);
      expect(asked()).toBe(1);
      expect(errors).toEqual([]);
    });
    expect(dial.sessionStats).toMatchObject({ hits: 1, refused: 1, resumed: 0 });
  });

  test('that cannot keep a session costs full handshakes', async () => {
    const dial = client();
    for (const store of [boom, () => Promise.reject(new Error('boom'))]) {
      await serving(server({ ...memoryServerSessions(), store }), async ({ visit }) => {
        expect([resumed(await visit(dial)), resumed(await visit(dial))]).toEqual([false, false]);
      });
    }
  });

  test.each<[string, (asked: () => void) => Partial<ServerSessionStore>, boolean]>([
    ['load', (asked) => ({ load: () => (asked(), never()) }), true],
    ['store', (asked) => ({ store: () => (asked(), never()) }), false],
  ])('that never answers at %s holds the handshake up for a second, and no longer', async (_method, methods, atSecond) => {
    let asked = false;
    const dial = client();
    await serving(server({ ...memoryServerSessions(), ...methods(() => (asked = true)) }), async ({ visit }) => {
      if (atSecond) await visit(dial);
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      let pair: Pair | undefined;
      const visiting = visit(dial).then((done) => (pair = done));
      await until(() => asked, 'the store is asked');
      await vi.advanceTimersByTimeAsync(999);
      expect(pair).toBeUndefined();
      await vi.advanceTimersByTimeAsync(1);
      expect(resumed(await visiting)).toBe(false);
    });
  });
});
