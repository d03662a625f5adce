import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { leakGuard } from '@sock/testkit';
import { afterEach, expect, test } from 'vitest';
import type { PoolObserver, PoolOptions } from '../index.ts';
import { EVENTS, observers } from '../telemetry/observers.ts';
import type { World } from '../telemetry/pool-events.test-d.ts';
import { world } from '../telemetry/pool-events.test-d.ts';
import type { PoolChannel, PoolMessage } from './pool-diagnostics.ts';
import { poolDiagnostics } from './pool-diagnostics.ts';

leakGuard();

const undo: (() => void)[] = [];
afterEach(() => {
  for (const each of undo.splice(0)) each();
});

function heard<Name extends keyof PoolObserver>(name: Name): PoolMessage<Name>[] {
  const messages: PoolMessage<Name>[] = [];
  const listener = (message: unknown): void => void messages.push(message as PoolMessage<Name>);
  const at: PoolChannel = `sock:pool:${name}`;
  subscribe(at, listener);
  undo.push(() => unsubscribe(at, listener));
  return messages;
}

const broken = new Error('broken');
const of = { pool: 'p', key: 'memory a' };
const EVENT_TABLE: readonly (readonly [keyof PoolObserver, PoolOptions<string, undefined>, (it: World) => Promise<unknown>, object])[] = [
  ['acquired', {}, async (it) => await it.acquire(), { ...of, connection: 1, waitMs: 0, reused: false }],
  ['refused', { maxWaiting: 0 }, async (it) => await it.ask(), { ...of, connection: undefined, waitMs: 0, error: expect.objectContaining({ code: 'ERR_SOCK_POOL_FULL' }) }],
  ['released', {}, async (it) => await it.idle(), { ...of, connection: 1, useMs: 0 }],
  ['created', {}, async (it) => await it.acquire(), { ...of, connection: 1, createMs: 0 }],
  ['dialFailed', { health: false }, async (it) => {
    it.server.away = true;
    await it.ask();
  }, { ...of, connection: undefined, createMs: 0, error: expect.objectContaining({ code: 'ERR_SOCK_REFUSED' }) }],
  ['evicted', {}, async (it) => (await it.acquire()).discard(broken), { ...of, connection: 1, reason: 'discarded', cause: broken }],
  ['circuit', { health: { consecutiveFailures: 1 } }, async (it) => (await it.acquire()).discard(broken), { ...of, connection: undefined, endpoint: 'memory a', state: 'open', cause: broken }],
  ['leaked', { leakThreshold: 100 }, async (it) => {
    const lease = await it.acquire();
    await it.clock.advance(100);
    lease.release();
  }, { ...of, connection: 1, how: 'held', heldMs: 100, stack: expect.stringContaining('acquired here') }],
];

test.each(EVENT_TABLE)('%s is published, with the name of the pool', async (name, options, run, expected) => {
  const messages = heard(name);
  const it = world({ ...options, observer: poolDiagnostics('p') });
  await run(it);
  expect(messages).toEqual([expected]);
  it.end();
});

test('there is a row for every event', () => {
  expect(new Set(EVENT_TABLE.map(([name]) => name))).toEqual(new Set(EVENTS));
});

test('an event to which nobody has subscribed is not even made', async () => {
  const observer = poolDiagnostics();
  expect(EVENTS.map((name) => observer[name])).toEqual(EVENTS.map(() => undefined));
  const it = world({ observer: observers(observer) });
  await it.idle();
  const messages = heard('acquired');
  expect([typeof observer.acquired, observer.released]).toEqual(['function', undefined]);
  await it.acquire();
  for (const each of undo.splice(0)) each();
  await it.acquire();
  expect(messages).toMatchObject([{ pool: undefined, reused: true }]);
  expect(EVENTS.some((name) => channel(`sock:pool:${name}`).hasSubscribers)).toBe(false);
  it.end();
});
