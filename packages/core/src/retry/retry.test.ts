import { getEventListeners } from 'node:events';
import { leakGuard, rejection, turns } from '@sock/testkit';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import type { Cancel } from '../connector.ts';
import { SocketError } from '../errors.ts';
import type { Clock } from '../timing/clock.ts';
import { retry } from './retry.ts';
import { RetryError } from './retry-error.ts';
import type { Retry, RetryOptions } from './retry-options.ts';

leakGuard();

/** Time that stands still until everything else has been done, and then jumps to the next timer. */
class FakeClock implements Clock {
  time = 0;
  readonly timers = new Map<object, { readonly at: number; readonly run: () => void }>();
  readonly now = (): number => this.time;
  readonly after = (milliseconds: number, run: () => void): (() => void) => {
    const id = {};
    this.timers.set(id, { at: this.time + milliseconds, run });
    return () => void this.timers.delete(id);
  };

  async untilSettled<T>(promise: Promise<T>): Promise<void> {
    let settled = false;
    promise.then(() => (settled = true), () => (settled = true));
    for (;;) {
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
      if (settled) return;
      const [next] = [...this.timers].toSorted(([, a], [, b]) => a.at - b.at);
      if (next === undefined) throw new Error('it waits for nothing');
      this.timers.delete(next[0]);
      this.time = next[1].at;
      next[1].run();
    }
  }

  /** An attempt that takes so long and then fails or succeeds. */
  lasting<T>(milliseconds: number, outcome: () => T): Promise<T> {
    return new Promise<T>((resolve) => void this.after(milliseconds, () => resolve(new Promise((done) => done(outcome())))));
  }
}

const refused = (number = 0): SocketError => new SocketError('ERR_SOCK_RESET', `refused ${number}`, { phase: 'connect', category: 'reset', retryable: true, endpoint: { host: 'h', port: number } });
const final = (): SocketError => new SocketError('ERR_SOCK_ENDPOINT', 'no such thing', { phase: 'connect', category: 'usage' });
const fail = (error: unknown): never => {
  throw error;
};

async function outcome<T>(clock: FakeClock, options: RetryOptions<T>, attempted: (cancel: Cancel, attempt: number) => Promise<T>): Promise<T> {
  const promise = retry(attempted, { clock, ...options });
  await clock.untilSettled(promise);
  expect(clock.timers.size).toBe(0);
  return await promise;
}

test('tries again after retryable errors until it succeeds', async () => {
  const clock = new FakeClock();
  const seen: Retry[] = [];
  const numbers: number[] = [];
  const answer = await outcome(clock, { backoff: { jitter: 'none' }, onRetry: (one) => seen.push(one) }, async (_, attempt) => {
    numbers.push(attempt);
    return attempt < 4 ? fail(refused(attempt)) : 'there';
  });
  expect(answer).toBe('there');
  expect(numbers).toEqual([1, 2, 3, 4]);
  expect(seen.map(({ failures, waitMs }) => [failures, waitMs])).toEqual([[1, 100], [2, 200], [3, 400]]);
  expect(clock.time).toBe(700);
});

test('an error that is not retryable ends it at once, and is handed out as it is', async () => {
  const error = final();
  const attempted = vi.fn<() => Promise<never>>(() => Promise.reject(error));
  expect(await rejection(retry(attempted))).toBe(error);
  expect(attempted).toHaveBeenCalledTimes(1);
  const foreign = new TypeError('not ours');
  expect(await rejection(retry(() => Promise.reject(foreign)))).toBe(foreign);
});

test('retryIf decides in place of the error table, both ways', async () => {
  const clock = new FakeClock();
  expect(await outcome(clock, { retryIf: (error) => error instanceof TypeError }, async (_, attempt) => (attempt < 3 ? fail(new TypeError('not yet')) : attempt))).toBe(3);
  const attempted = vi.fn<() => Promise<never>>(() => Promise.reject(refused()));
  await rejection(retry(attempted, { retryIf: () => false }));
  expect(attempted).toHaveBeenCalledTimes(1);
});

test('the last error is told with all attempts; its code, facts and itself are kept', async () => {
  const clock = new FakeClock();
  const errors = [refused(1), refused(2), refused(3)];
  const error = await rejection<RetryError>(outcome(clock, { attempts: 3, backoff: () => 10 }, (_, attempt) => clock.lasting(5, () => fail(errors[attempt - 1]))));
  expect(error).toBeInstanceOf(RetryError);
  expect(error).toMatchObject({ code: 'ERR_SOCK_RESET', stopped: 'attempts', retryable: true, phase: 'connect', endpoint: { host: 'h', port: 3 }, message: 'refused 3; gave up after 3 attempts' });
  expect(error.cause).toBe(errors[2]);
  expect(error.attempts).toEqual([
    { error: errors[0], startedAfterMs: 0, tookMs: 5 },
    { error: errors[1], startedAfterMs: 15, tookMs: 5 },
    { error: errors[2], startedAfterMs: 30, tookMs: 5 },
  ]);
});

test('a final error behind others is told with them; an error of others has a code of its own', async () => {
  const clock = new FakeClock();
  const mixed = await rejection<RetryError>(outcome(clock, {}, async (_, attempt) => fail(attempt === 1 ? refused(1) : final())));
  expect(mixed).toMatchObject({ code: 'ERR_SOCK_ENDPOINT', stopped: 'final', message: expect.stringContaining('gave up after 2 attempts: this error is not one') });
  expect(mixed.attempts).toHaveLength(2);
  const foreign = await rejection<RetryError>(outcome(clock, { attempts: 2, retryIf: () => true }, async () => fail(new TypeError('odd'))));
  expect(foreign).toMatchObject({ code: 'ERR_SOCK_RETRY', message: 'odd; gave up after 2 attempts', cause: expect.any(TypeError) });
});

test('a budget that would end before the next attempt begins ends at once, and says so', async () => {
  const clock = new FakeClock();
  const error = await rejection<RetryError>(outcome(clock, { timeout: '1s', backoff: () => 400 }, (_, attempt) => clock.lasting(100, () => fail(refused(attempt)))));
  // 100 + 400 + 100, and then 400 more would leave nothing: no wait for it.
  expect(error).toMatchObject({ code: 'ERR_SOCK_RESET', stopped: 'budget', message: 'refused 2; gave up after 2 attempts: the next one would begin in 400 ms, and 400 ms of the budget of 1000 ms are left' });
  expect(clock.time).toBe(600);
});

test('the budget ends an attempt that does not listen, and what it answers later is discarded', async () => {
  const clock = new FakeClock();
  const late: string[] = [];
  let told: Cancel | undefined;
  let answer!: (value: string) => void;
  const error = await rejection<RetryError>(outcome<string>(clock, { timeout: '2s', discard: (value) => late.push(value) }, (cancel) => {
    told = cancel;
    return new Promise((resolve) => (answer = resolve));
  }));
  expect(error).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', stopped: 'budget', message: expect.stringMatching(/attempt 1 did not finish within 2000 ms; .*the budget of 2000 ms is used up/) });
  expect(told).toMatchObject({ timeout: 2000, signal: { aborted: true } });
  answer('too late');
  await turns(1);
  expect(late).toEqual(['too late']);
});

test('attemptTimeout ends one attempt, and the next one may succeed', async () => {
  const clock = new FakeClock();
  const answer = await outcome(clock, { attemptTimeout: '50ms', backoff: () => 0 }, (_, attempt) => (attempt === 1 ? new Promise<number>(() => {}) : clock.lasting(40, () => attempt)));
  expect(answer).toBe(2);
  expect(clock.time).toBe(90);
});

test('the signal ends a wait and an attempt, with its reason, and leaves nothing behind', async () => {
  for (const attempted of [() => Promise.reject(refused(1)), () => new Promise<never>(() => {})]) {
    const clock = new FakeClock();
    const stop = new AbortController();
    const promise = retry(attempted, { clock, signal: stop.signal, attemptTimeout: '1s' });
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    expect([clock.timers.size, getEventListeners(stop.signal, 'abort').length]).toEqual([1, 1]);
    stop.abort('enough');
    expect(await rejection(promise)).toMatchObject({ code: 'ERR_SOCK_ABORTED', stopped: 'aborted', cause: 'enough', message: expect.stringContaining('aborted by its signal after 1 attempt') });
    expect([clock.timers.size, getEventListeners(stop.signal, 'abort').length]).toEqual([0, 0]);
  }
  const { signal } = new AbortController();
  expect(await retry(async (_, attempt) => (attempt < 3 ? fail(refused()) : attempt), { signal, attemptTimeout: '1m', backoff: () => 0 })).toBe(3);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  const attempted = vi.fn<() => Promise<number>>(async () => 1);
  expect(await rejection(retry(attempted, { signal: AbortSignal.abort() }))).toMatchObject({ code: 'ERR_SOCK_ABORTED', message: 'aborted by its signal before the first attempt' });
  expect(attempted).not.toHaveBeenCalled();
});

test('an error remembers a hundred attempts at most, the last ones', async () => {
  const error = await rejection<RetryError>(outcome(new FakeClock(), { attempts: 250, backoff: () => 0 }, async (_, attempt) => fail(refused(attempt))));
  expect(error.attempts).toHaveLength(100);
  expect(error.attempts[0]?.error).toMatchObject({ message: 'refused 151' });
});

test('number of attempts, waits and budget hold for every series', async () => {
  const series = fc.record({
    attempts: fc.integer({ min: 1, max: 12 }),
    timeout: fc.option(fc.integer({ min: 0, max: 5000 }), { nil: undefined }),
    attemptTimeout: fc.option(fc.integer({ min: 1, max: 500 }), { nil: undefined }),
    base: fc.integer({ min: 1, max: 300 }),
    jitter: fc.constantFrom('full' as const, 'equal' as const, 'decorrelated' as const, 'none' as const),
    lasts: fc.array(fc.integer({ min: 0, max: 800 }), { minLength: 12, maxLength: 12 }),
    succeedsAt: fc.integer({ min: 1, max: 15 }),
    chance: fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
  });
  await fc.assert(
    fc.asyncProperty(series, async ({ attempts, timeout, attemptTimeout, base, jitter, lasts, succeedsAt, chance }) => {
      const clock = new FakeClock();
      const waits: number[] = [];
      let begun = 0;
      const promise = retry(
        (_, attempt) => {
          begun += 1;
          expect(attempt).toBe(begun);
          return clock.lasting(lasts[attempt - 1] as number, () => (attempt === succeedsAt ? attempt : fail(refused(attempt))));
        },
        { clock, attempts, timeout, attemptTimeout, backoff: { base, max: 1000, jitter, random: () => chance.next().value }, onRetry: ({ waitMs }) => waits.push(waitMs) },
      );
      await clock.untilSettled(promise);
      const result = await promise.catch((error: unknown) => error);
      // What would have succeeded may have been too slow.
      expect(begun).toBeLessThanOrEqual(attemptTimeout === undefined ? Math.min(attempts, succeedsAt) : attempts);
      expect(waits).toHaveLength(begun - 1);
      for (const wait of waits) expect(wait >= 0 && wait <= 1000).toBe(true);
      if (timeout !== undefined) expect(clock.time).toBeLessThanOrEqual(timeout);
      if (result === succeedsAt) return;
      expect(result).toBeInstanceOf(RetryError);
      const { stopped, attempts: all } = result as RetryError;
      expect(all).toHaveLength(begun);
      expect(stopped === 'attempts' ? begun === attempts : stopped === 'budget' && timeout !== undefined).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test.each<[RetryOptions, RegExp]>([
  [{ attempts: 0 }, /attempts: found 0 in retry\(\); allowed: a whole number from 1 on, or Infinity/],
  [{ attempts: 1.5 }, /attempts: found 1.5/],
  [{ timeout: -1 }, /retry.timeout: found -1 in retry\(\)/],
  [{ attemptTimeout: 0 }, /retry.attemptTimeout: found 0/],
  [{ retryIf: true as never }, /retryIf: found true in retry\(\); allowed: a function/],
  [{ backoff: { base: -1 } }, /backoff.base: found -1/],
  [{ backoff: () => NaN, retryIf: () => true }, /backoff: found NaN .*allowed: a function that gives milliseconds/],
  [{ atempts: 3 } as RetryOptions, /atempts: found an option that it does not have .*did you mean attempts/],
])('%j is refused by the name of the option', async (options, words) => {
  expect(await rejection(retry(() => Promise.reject(refused()), options))).toMatchObject({ code: 'ERR_SOCK_CONFIG', message: expect.stringMatching(words) });
});
