import { getEventListeners } from 'node:events';
import { leakGuard, openHandles, rejection } from '@sock/testkit';
import { expect, test, vi } from 'vitest';
import { Budget, wait } from './deadline.ts';

leakGuard();

const context = { phase: 'recv' } as const;
const timers = (): number => openHandles().get('Timeout') ?? 0;

test('the first of resolve, reject, signal and time-out counts; the work is taken back only when the wait ended early', async () => {
  const undo = vi.fn<() => void>();
  await wait<number>({ timeout: 1000 }, context, (resolve, reject) => {
    queueMicrotask(() => {
      resolve(1);
      reject(new Error('late'));
    });
    return undo;
  });
  const failure = new Error('failed');
  expect(await rejection(wait({ timeout: 1000 }, context, (_, reject) => {
    queueMicrotask(() => reject(failure));
    return undo;
  }))).toBe(failure);
  expect(undo).not.toHaveBeenCalled();
  expect(await rejection(wait({ timeout: 5 }, context, () => undo))).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', phase: 'recv' });
  expect(undo).toHaveBeenCalledTimes(1);
  const controller = new AbortController();
  const aborted = wait({ signal: controller.signal }, context, () => undo);
  controller.abort('why');
  expect(await rejection(aborted)).toMatchObject({ code: 'ERR_SOCK_ABORTED', cause: 'why' });
  expect(undo).toHaveBeenCalledTimes(2);
});

test('no path leaves a listener or a timer', async () => {
  const before = timers();
  const controller = new AbortController();
  const cancel = { signal: controller.signal, timeout: '1m' } as const;
  await wait<void>(cancel, context, (resolve) => resolve());
  await wait<void>(cancel, context, (resolve) => queueMicrotask(resolve));
  await rejection(wait(cancel, context, (_, reject) => reject(new Error('x'))));
  await rejection(wait(cancel, context, (_, reject) => queueMicrotask(() => reject(new Error('x')))));
  await rejection(wait(cancel, context, () => {
    throw new Error('x');
  }));
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  expect(timers()).toBeLessThanOrEqual(before);
});

test('a signal that fired before does not start the work', async () => {
  const start = vi.fn<() => void>();
  expect((await rejection(wait({ signal: AbortSignal.abort() }, context, start))).code).toBe('ERR_SOCK_ABORTED');
  expect(start).not.toHaveBeenCalled();
});

test('a signal that the work itself fires ends the wait', async () => {
  const controller = new AbortController();
  const undo = vi.fn<() => void>();
  const error = await rejection(wait({ signal: controller.signal }, context, () => {
    controller.abort();
    return undo;
  }));
  expect(error.code).toBe('ERR_SOCK_ABORTED');
  expect(undo).toHaveBeenCalledTimes(1);
});

test('errors say what, where, and how much was moved', async () => {
  const endpoint = { host: 'h', port: 1 };
  const moving = { phase: 'send', what: 'sendAll', endpoint, moved: () => 42 } as const;
  const timedOut = await rejection(wait({ timeout: 1 }, moving, () => {}));
  expect(timedOut).toMatchObject({ bytesMoved: 42, endpoint, retryable: true });
  expect(timedOut.message).toBe('sendAll to h:1 did not finish within 1 ms');
  const replaced = new Error('in other words');
  expect(await rejection(wait({ timeout: 1 }, { phase: 'send', onTimeout: () => replaced }, () => {}))).toBe(replaced);
});

test.each([-1, Number.NaN, 'soon', '1 week'])('a time-out of %j is refused before the work starts', async (timeout) => {
  const start = vi.fn<() => void>();
  expect((await rejection(wait({ timeout: timeout as number }, context, start))).code).toBe('ERR_SOCK_CONFIG');
  expect(start).not.toHaveBeenCalled();
});

test('a time-out that is longer than a timer can be does not fire at once', async () => {
  const result = await wait<string>({ timeout: '90d' }, context, (resolve) => void setTimeout(resolve, 20, 'waited'));
  expect(result).toBe('waited');
});

test('a budget is used up by its phases together, and each may have a cap of its own', async () => {
  const budget = new Budget({ timeout: 50 });
  expect(budget.over).toBe(false);
  expect(budget.rest().timeout).toBeLessThanOrEqual(50);
  expect(budget.rest(10).timeout).toBe(10);
  await rejection(wait(budget.rest(20), context, () => {}));
  expect(budget.rest().timeout).toBeLessThanOrEqual(32);
  await rejection(wait(budget.rest(), context, () => {}));
  // A timer may fire a fraction of a millisecond before its time.
  expect(budget.rest().timeout).toBeLessThan(2);
  expect(new Budget({ timeout: 0 })).toMatchObject({ over: true });
  expect(new Budget({ timeout: 0 }).rest(5).timeout).toBe(0);
});

test('a budget without a time-out has none, and is over when its signal fires', () => {
  const controller = new AbortController();
  const budget = new Budget({ signal: controller.signal });
  expect(budget.rest()).toEqual({ signal: controller.signal, timeout: undefined });
  expect(budget.rest(70).timeout).toBe(70);
  controller.abort();
  expect(budget.over).toBe(true);
});

test.each([null, 'no', 5, {}, new AbortController()])('a signal that is none (%o) is refused, and the work never begins', async (signal) => {
  let begun = false;
  const waiting = wait<void>({ signal: signal as never }, { phase: 'recv' }, () => void (begun = true));
  expect(await rejection(waiting)).toMatchObject({ code: 'ERR_SOCK_ARGUMENT', message: expect.stringContaining('AbortSignal') as unknown });
  expect(begun).toBe(false);
});
