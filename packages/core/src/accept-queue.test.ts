import { getEventListeners } from 'node:events';
import { leakGuard, rejection } from '@sock/testkit';
import { expect, test } from 'vitest';
import { AcceptQueue } from './accept-queue.ts';
import { HANGUP, READABLE } from './ready.ts';

leakGuard();

const endpoint = { host: 'here', port: 1 };
const queueOf = (limit: number): AcceptQueue<string> => new AcceptQueue(limit, () => endpoint);

test('connections come in the order of arrival, to whoever asked first', async () => {
  const queue = queueOf(10);
  const first = queue.accept();
  const second = queue.accept();
  for (const item of ['a', 'b', 'c', 'd']) expect(queue.offer(item)).toBe(true);
  expect(await Promise.all([first, second, queue.accept(), queue.accept()])).toEqual(['a', 'b', 'c', 'd']);
});

test('no more than the limit wait; one that is awaited needs no room', async () => {
  const queue = queueOf(2);
  expect([queue.offer('a'), queue.offer('b'), queue.full, queue.offer('c'), queue.length]).toEqual([true, true, true, false, 2]);
  await queue.accept();
  expect(queue.full).toBe(false);
  await queue.accept();
  const waiting = queue.accept();
  expect(queue.offer('d')).toBe(true);
  expect([await waiting, queue.length]).toEqual(['d', 0]);
});

test('an accept that was cancelled takes no connection away', async () => {
  const queue = queueOf(2);
  const controller = new AbortController();
  const cancelled = rejection(queue.accept({ signal: controller.signal }));
  const timedOut = rejection(queue.accept({ timeout: 5 }));
  const patient = queue.accept();
  controller.abort();
  expect(await cancelled).toMatchObject({ code: 'ERR_SOCK_ABORTED', phase: 'accept', endpoint });
  expect(await timedOut).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', phase: 'accept', category: 'timeout' });
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  queue.offer('a');
  expect(await patient).toBe('a');
  queue.offer('b');
  expect((await rejection(queue.accept({ signal: controller.signal }))).code).toBe('ERR_SOCK_ABORTED');
  expect(await queue.accept()).toBe('b');
});

test('close ends all that wait, gives back what nobody took, and refuses the rest', async () => {
  const queue = queueOf(3);
  const waiting = rejection(queue.accept());
  expect(queue.close()).toEqual([]);
  expect(await waiting).toMatchObject({ code: 'ERR_SOCK_CLOSED', phase: 'accept', category: 'closed' });
  expect((await rejection(queue.accept())).code).toBe('ERR_SOCK_CLOSED');
  expect([queue.offer('a'), queue.full, queue.closed]).toEqual([false, true, true]);
  const full = queueOf(3);
  full.offer('a');
  full.offer('b');
  expect(full.close()).toEqual(['a', 'b']);
});

test('iterating ends with the close, without an error; leaving it early leaves the rest', async () => {
  const queue = queueOf(3);
  for (const item of ['a', 'b']) queue.offer(item);
  for await (const item of queue) {
    expect(item).toBe('a');
    break;
  }
  const seen: string[] = [];
  for await (const item of queue) {
    seen.push(item);
    setImmediate(() => queue.close());
  }
  expect(seen).toEqual(['b']);
});

test('it is readable while a connection waits, tells of each that comes to wait, and of its close once', async () => {
  const queue = queueOf(10);
  const told: number[] = [];
  const stop = queue.onReady((ready) => told.push(ready));
  expect(queue.ready).toBe(0);
  const waiting = queue.accept();
  queue.offer('goes to the one who waits');
  expect([await waiting, queue.ready, told]).toEqual(['goes to the one who waits', 0, []]);
  queue.offer('a');
  queue.offer('b');
  expect([queue.ready, told]).toEqual([READABLE, [READABLE, READABLE]]);
  await queue.accept();
  expect(queue.ready).toBe(READABLE);
  await queue.accept();
  expect(queue.ready).toBe(0);
  queue.close();
  queue.close();
  expect([queue.ready, told.slice(2)]).toEqual([READABLE | HANGUP, [READABLE | HANGUP]]);
  stop();
});
