import { bytes, leakGuard, pattern, rejection, turns } from '@sock/testkit';
import { expect, test } from 'vitest';
import { ENDED, HANGUP } from './ready.ts';
import { memoryPair, memoryTransportPair } from './memory.ts';

leakGuard();

test('endpoints carry the name of the pair', () => {
  const [a, b] = memoryPair({ name: 'wire' });
  expect([a.local, a.remote, b.local, b.remote]).toEqual([{ memory: 'wire-a' }, { memory: 'wire-b' }, { memory: 'wire-b' }, { memory: 'wire-a' }]);
  expect(memoryPair()[0].local).toEqual({ memory: 'pair-a' });
});

test('limits that are not allowed are refused', () => {
  expect(() => memoryPair({ receiveQueueBytes: 1 })).toThrow(/receiveQueueBytes/);
});

test('what is sent to a side that has ended and gone is answered with a reset, and piles up nowhere', async () => {
  const [a, b] = memoryPair();
  await b.shutdown();
  b.destroy();
  await a.send(pattern(100));
  expect((await rejection(a.recv().then(async () => await a.recv()))).code).toBe('ERR_SOCK_RESET');
  expect((await a.closed).how).toBe('reset');
  expect(b.stats.receiveQueueBytes).toBe(0);
});

test('a transport that has hung up moves nothing any more', async () => {
  const [a, b] = memoryTransportPair();
  b.destroy();
  expect(a.ready & HANGUP).toBe(HANGUP);
  expect(a.push([bytes('x')], () => {})).toBe(0);
  const cause = await new Promise((resolve) => a.shutdown(resolve));
  expect(cause).toMatchObject({ code: 'ERR_SOCK_RESET' });
  expect(a.pull()).toBeNull();
});

test('room is told after the pull that made it, not inside', async () => {
  const [a, b] = memoryTransportPair({ receiveQueueBytes: '4KiB' });
  expect(a.push([pattern(4096)], () => {})).toBe(4096);
  expect(a.push([pattern(1)], () => {})).toBe(0);
  let told = 0;
  a.onReady(() => (told += 1));
  expect(b.pull()).toHaveLength(4096);
  expect(told).toBe(0);
  await turns(1);
  expect(told).toBe(1);
});

test('the end is a state behind the bytes', async () => {
  const [a, b] = memoryTransportPair();
  a.push([bytes('x')], () => {});
  await new Promise((resolve) => a.shutdown(resolve));
  expect(b.ready & ENDED).toBe(ENDED);
  expect(b.pull()).toHaveLength(1);
  expect(b.pull()).toBeNull();
});
