import type { Socket } from '@sock/core';
import { bytes, leakGuard, turns } from '@sock/testkit';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import type { Connection, ConnectionEnd, EndReason, Registry } from '../registry.ts';
import { createRegistry } from '../registry.ts';
import type { FakeClock } from './fake-clock.test-d.ts';
import { fakeClock } from './fake-clock.test-d.ts';
import { pairFrom } from './peer.test-d.ts';
import { plain } from './plain-layer.test-d.ts';

leakGuard();
afterEach(() => void vi.useRealTimers());

const MAX = 5;
const MAX_PER_ADDRESS = 2;
const IDLE = 100;
const CLOSE = 40;
const HOSTS = ['192.0.2.1', '::ffff:192.0.2.1', '2001:db8::1', '2001:db8::2', undefined] as const;
const KEYS = ['192.0.2.1', '192.0.2.1', '2001:db8:0:0:0:0:0:0/64', '2001:db8:0:0:0:0:0:0/64', undefined] as const;

/** One connection, as the rules say it stands. */
interface Modelled {
  readonly connection: Connection<number>;
  readonly peer: Socket;
  readonly key: string | undefined;
  socket: Socket;
  state: 'in' | 'closing' | 'out';
  /** Why it has to leave, once that is decided. */
  reason: EndReason | undefined;
  activeAt: number;
  /** When its close is over at the latest. */
  closeBy: number;
  works: (() => void)[];
}

interface World {
  readonly clock: FakeClock;
  readonly registry: Registry<number>;
  readonly all: Modelled[];
  readonly told: Map<number, ConnectionEnd[]>;
  drained: Promise<unknown> | undefined;
}

const inside = ({ all }: World): Modelled[] => all.filter(({ state }) => state !== 'out');
const open = ({ all }: World): Modelled[] => all.filter(({ state }) => state === 'in');
const picked = (list: Modelled[], index: number): Modelled | undefined => list[index % Math.max(1, list.length)];

function leaves(one: Modelled | undefined, reason: EndReason): void {
  if (one === undefined || one.state === 'out') return;
  one.reason ??= reason;
  one.state = 'out';
}

function closes(one: Modelled, reason: EndReason, world: World): void {
  if (one.state !== 'in') return;
  one.state = 'closing';
  one.reason = reason;
  one.closeBy = world.clock.now() + CLOSE;
}

/** What has to hold after each step: whoever is counted can be reached by every way, and whoever is not by none. */
async function check(world: World): Promise<void> {
  await turns(2);
  const { registry, all, told } = world;
  const expected = inside(world);
  const those = expected.map(({ connection }) => connection.id);
  expect([...registry].map(({ id }) => id)).toEqual(those);
  expect([registry.size, registry.stats().open, registry.stats().closing]).toEqual([those.length, those.length, expected.filter(({ state }) => state === 'closing').length]);
  for (const { connection, socket, state } of all) {
    const here = state !== 'out';
    const found = here ? connection : undefined;
    expect([registry.get(connection.id), registry.get(socket), registry.get(connection)]).toEqual([found, found, found]);
    expect(connection.socket).toBe(socket);
    if (here) expect(connection.state === 'closing').toBe(state === 'closing');
  }
  const addresses = new Map<string, number>();
  for (const { key } of expected) if (key !== undefined) addresses.set(key, (addresses.get(key) ?? 0) + 1);
  expect(registry.addresses()).toEqual(addresses);
  expect(registry.stats().addresses).toBe(addresses.size);
  const ended = all.filter(({ state }) => state === 'out');
  expect([...told].map(([id, ends]) => [id, ends.map(({ reason }) => reason)]).toSorted(([a], [b]) => Number(a) - Number(b))).toEqual(ended.map(({ connection, reason }) => [connection.id, [reason]]));
  const { added, removed } = registry.stats();
  expect([added, Object.values(removed).reduce((sum, count) => sum + count, 0)]).toEqual([all.length, ended.length]);
}

async function advance(world: World, milliseconds: number): Promise<void> {
  const { clock, all } = world;
  const end = clock.now() + milliseconds;
  // In the order of what is due, as a close begins when the connection is found idle.
  for (const one of all) {
    if (one.state === 'in' && one.works.length === 0 && one.activeAt + IDLE <= end) {
      one.state = 'closing';
      one.reason = 'idle';
      one.closeBy = one.activeAt + IDLE + CLOSE;
    }
    if (one.state === 'closing' && one.closeBy <= end) leaves(one, 'timeout');
  }
  await clock.advance(milliseconds);
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('add' as const), host: fc.nat(HOSTS.length - 1) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('remove', 'close', 'destroy', 'socketDestroy', 'reset', 'peerCloses', 'upgrade', 'replace', 'begin', 'end', 'move', 'again', 'broadcast'), index: fc.nat(20) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('advance' as const), milliseconds: fc.constantFrom(1, 39, 60, 100, 250) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('drain' as const, 'destroyAll' as const), rarely: fc.nat(5) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function add(world: World, host: number): void {
  const { registry, all, clock } = world;
  const key = KEYS[host];
  const [socket, peer] = pairFrom(HOSTS[host], { lingerTimeout: '10m', closeTimeout: '10m' });
  const code = world.drained !== undefined ? 'ERR_SOCK_POOL_CLOSED'
    : inside(world).length >= MAX || (key !== undefined && inside(world).filter((one) => one.key === key).length >= MAX_PER_ADDRESS) ? 'ERR_SOCK_POOL_FULL' : undefined;
  if (code !== undefined) {
    expect(() => registry.add(socket, 0)).toThrow(expect.objectContaining({ code }));
    expect([registry.has(socket), socket.stats.closedAt]).toEqual([false, 0]);
    return peer.destroy();
  }
  const connection = registry.add(socket, all.length);
  expect(connection).toMatchObject({ id: all.length + 1, state: 'open', data: all.length, address: key });
  all.push({ connection, peer, key, socket, state: 'in', reason: undefined, activeAt: clock.now(), closeBy: Infinity, works: [] });
}

async function run(one: Step, world: World): Promise<void> {
  const { registry, clock } = world;
  if (one.do === 'add') return add(world, one.host);
  if (one.do === 'advance') return advance(world, one.milliseconds);
  if (!('index' in one)) {
    if (one.rarely > 0) return;
    if (one.do === 'destroyAll') {
      world.drained ??= registry.closed;
      registry.destroy();
      for (const each of inside(world)) {
        each.reason = 'forced';
        each.state = 'out';
      }
      return;
    }
    world.drained ??= registry.drain({ timeout: '1h' });
    for (const each of open(world)) if (each.works.length === 0) closes(each, 'drained', world);
    return;
  }
  const anybody = picked(inside(world), one.index);
  const somebody = picked(open(world), one.index);
  if (anybody === undefined) return;
  if (one.do === 'remove') {
    expect(registry.remove(one.index % 2 === 0 ? anybody.socket : anybody.connection.id)).toBe(anybody.socket);
    anybody.reason = 'removed';
    anybody.state = 'out';
    anybody.peer.destroy();
  }
  if (one.do === 'close') {
    void anybody.connection.close();
    if (anybody.state === 'in') closes(anybody, undefined as never, world);
  }
  if (one.do === 'destroy' || one.do === 'socketDestroy') {
    if (one.do === 'destroy') anybody.connection.destroy();
    else anybody.socket.destroy();
    leaves(anybody, 'local');
  }
  if (one.do === 'reset') {
    anybody.peer.destroy();
    leaves(anybody, 'reset');
  }
  if (one.do === 'peerCloses' && anybody.state === 'closing') {
    void anybody.peer.close();
    leaves(anybody, 'local');
  }
  if (somebody === undefined) return;
  if (one.do === 'again') expect(() => registry.add(somebody.socket, 0)).toThrow(expect.objectContaining({ code: world.drained === undefined ? 'ERR_SOCK_POOL_DUPLICATE' : 'ERR_SOCK_POOL_CLOSED' }));
  if (one.do === 'upgrade' || one.do === 'replace') {
    const above = one.do === 'upgrade' ? await somebody.connection.upgrade(plain, undefined) : await somebody.socket.upgrade(plain, undefined);
    if (one.do === 'replace') somebody.connection.replace(above);
    expect(registry.get(somebody.socket)).toBeUndefined();
    somebody.socket = above;
    somebody.activeAt = clock.now();
  }
  if (one.do === 'begin') somebody.works.push(somebody.connection.begin());
  if (one.do === 'end') {
    const end = somebody.works.pop();
    end?.();
    if (end !== undefined) somebody.activeAt = clock.now();
    if (world.drained !== undefined && somebody.works.length === 0) closes(somebody, 'drained', world);
  }
  if (one.do === 'move') {
    await somebody.peer.send(bytes('x'));
    await somebody.socket.recv();
    somebody.activeAt = clock.now();
  }
  if (one.do === 'broadcast') {
    const { sent, skipped, dropped, gone } = await registry.broadcast(bytes('x'));
    expect([sent.map(({ id }) => id), skipped.length, dropped.length, gone.length]).toEqual([open(world).map(({ connection }) => connection.id), 0, 0, 0]);
    for (const each of open(world)) {
      each.activeAt = clock.now();
      await each.peer.recv();
    }
  }
}

test('any adds, removals, ends, resets, idle times, upgrades and drains: whoever is counted is reachable, counts are exact, and each end is told once', { timeout: 120_000 }, async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
    const clock = fakeClock();
    const told = new Map<number, ConnectionEnd[]>();
    const registry = createRegistry<number>({
      clock, maxConnections: MAX, maxPerAddress: MAX_PER_ADDRESS, idleTimeout: IDLE, closeTimeout: CLOSE,
      onEnd: ({ id }, end) => void told.set(id, [...(told.get(id) ?? []), end]),
    });
    const world: World = { clock, registry, all: [], told, drained: undefined };
    for (const one of steps) {
      await run(one, world);
      await check(world);
    }
    registry.destroy();
    await registry.closed;
    expect([registry.size, registry.state, clock.timers]).toEqual([0, 'stopped', 0]);
    expect([...told.values()].every(({ length }) => length === 1)).toBe(true);
    // `closed` tells the same, whenever it is asked.
    expect(await Promise.all(world.all.map(({ connection }) => connection.closed))).toEqual(world.all.map(({ connection }) => told.get(connection.id)?.[0]));
    for (const { socket, peer } of world.all) for (const each of [socket, peer]) each.destroy();
  }), { numRuns: 400 });
});
