import { bytes, leakGuard, text } from '@sock/testkit';
import { expect, test } from 'vitest';
import { worlds } from './acquire-world.test-d.ts';
import { settle } from './fake-clock.test-d.ts';
import type { MemoryServer } from './memory-server.test-d.ts';

leakGuard();
const world = worlds();

/** The server says something as soon as it is connected. */
const speaksFirst = ({ key, connect, peers }: MemoryServer): Pick<MemoryServer, 'key' | 'connect'> => ({
  key,
  connect: async (target, cancel) => {
    if (peers.length > 50) throw new Error('it is dialled without end');
    const socket = await connect(target, cancel);
    await peers.at(-1)?.send(bytes('220 hello'));
    return socket;
  },
});

test('a spare connection to a server that speaks first is not kept, and not dialled again without end', async () => {
  const { pool, server, evicted } = world({ minPerKey: 2 }, speaksFirst);
  const lease = await pool.acquire('a');
  await settle();
  expect([server.dials, evicted]).toEqual([2, [[2, 'dirty']]]);
  expect(text(await lease.socket.recv())).toBe('220 hello');
});

test('with a prepare() that hears the greeting it is kept', async () => {
  const { pool, server, evicted } = world<string>({ minPerKey: 2, prepare: async (socket) => text(await socket.recv()) }, speaksFirst);
  expect((await pool.acquire('a')).data).toBe('220 hello');
  await settle();
  expect([server.dials, evicted, pool.stats().idle]).toEqual([2, [], 1]);
});

test('a prewarm beyond max opens what there is place for, and evicts none of its own', async () => {
  const { pool, server, clock, evicted } = world({ max: 2 });
  const warm = pool.prewarm('a', { count: 5 });
  await clock.advance(10);
  await settle();
  expect([(await warm).opened, server.dials, evicted, pool.stats().idle]).toEqual([2, 2, [], 2]);
});

test('for a call an idle connection of another key makes place', async () => {
  const { pool, evicted } = world({ max: 1 });
  (await pool.acquire('a')).release();
  expect((await pool.acquire('b')).id).toBe(2);
  expect(evicted).toEqual([[1, 'room']]);
});
