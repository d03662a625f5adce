import { Budget, SocketError } from '@sock/core';
import type { Cancel, Socket } from '@sock/core';
import { memoryPair } from '@sock/core/memory';
import { leakGuard, rejection } from '@sock/testkit';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ConnectError } from './connect-error.ts';
import { race } from './race.ts';
import type { RaceOptions } from './race.ts';

leakGuard();
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const endpoint = { host: 'some.name', port: 80 };
const failure = (code: `ERR_SOCK_${string}` = 'ERR_SOCK_REFUSED'): SocketError => new SocketError(code, `failed: ${code}`, { phase: 'connect', category: 'refused', retryable: true, endpoint });

/** Addresses that answer when they are told to; what was dialled stands in `begun`, with the time. */
class Network {
  readonly begun: [address: string, atMs: number][] = [];
  readonly running = new Map<string, { answer: () => Socket; fail: (error: SocketError) => void }>();
  readonly aborted: string[] = [];
  most = 0;
  readonly #zero = performance.now();

  readonly open = (address: string, { signal }: Cancel): Promise<Socket> => new Promise((resolve, reject) => {
    this.begun.push([address, Math.round(performance.now() - this.#zero)]);
    const done = (): void => void this.running.delete(address);
    this.running.set(address, {
      answer: () => {
        done();
        const [socket] = memoryPair();
        resolve(socket);
        return socket;
      },
      fail: (error) => {
        done();
        reject(error);
      },
    });
    this.most = Math.max(this.most, this.running.size);
    signal?.addEventListener('abort', () => {
      if (this.running.delete(address)) this.aborted.push(address);
      reject(failure('ERR_SOCK_ABORTED'));
    });
  });

  race(count: number, options: Partial<RaceOptions> = {}, cancel: Cancel = {}): Promise<Socket> {
    const addresses = Array.from({ length: count }, (_, index) => `127.0.0.${index + 1}`);
    return race(addresses, new Budget(cancel), { endpoint, attemptDelay: 250, maxAttempts: 4, connectTimeout: 30_000, denied: new Map(), open: this.open, ...options });
  }
}

const pass = async (ms: number): Promise<void> => void (await vi.advanceTimersByTimeAsync(ms));

describe('the next address begins', () => {
  test('attemptDelay after the one before, while that has not answered', async () => {
    const network = new Network();
    const racing = network.race(3);
    await pass(249);
    expect(network.begun).toEqual([['127.0.0.1', 0]]);
    await pass(1);
    await pass(250);
    expect(network.begun).toEqual([['127.0.0.1', 0], ['127.0.0.2', 250], ['127.0.0.3', 500]]);
    network.running.get('127.0.0.1')?.answer();
    await racing;
    expect(network.aborted).toEqual(['127.0.0.2', '127.0.0.3']);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('at once when one fails, however many have failed before, and the delay begins anew', async () => {
    const network = new Network();
    const racing = network.race(8);
    await pass(100);
    for (let index = 1; index <= 5; index += 1) {
      network.running.get(`127.0.0.${index}`)?.fail(failure());
      await pass(0);
    }
    expect(network.begun.slice(1)).toEqual([2, 3, 4, 5, 6].map((index) => [`127.0.0.${index}`, 100]));
    await pass(249);
    expect(network.begun).toHaveLength(6);
    await pass(1);
    expect(network.begun.at(-1)).toEqual(['127.0.0.7', 350]);
    network.running.get('127.0.0.7')?.answer();
    await racing;
    expect(network.aborted).toEqual(['127.0.0.6']);
  });

  test('when there is a place: maxAttempts counts those under way, not those that have failed', async () => {
    const network = new Network();
    const racing = network.race(7, { maxAttempts: 2 });
    network.running.get('127.0.0.1')?.fail(failure());
    await pass(0);
    network.running.get('127.0.0.2')?.fail(failure());
    await pass(0);
    expect(network.begun.map(([address]) => address)).toEqual(['127.0.0.1', '127.0.0.2', '127.0.0.3']);
    await pass(10_000);
    expect(network.begun).toHaveLength(4);
    network.running.get('127.0.0.4')?.fail(failure());
    await pass(0);
    expect(network.begun.at(-1)).toEqual(['127.0.0.5', 10_000]);
    network.running.get('127.0.0.5')?.answer();
    await racing;
    expect(network.most).toBe(2);
  });

  test('never, when there is none: no timer waits for it, and the caller\'s own signal is all that an address needs that is alone', async () => {
    const network = new Network();
    const controller = new AbortController();
    const given: Cancel[] = [];
    const racing = network.race(1, { open: (address, cancel) => (given.push(cancel), network.open(address, cancel)) }, { signal: controller.signal });
    expect(vi.getTimerCount()).toBe(0);
    expect(given).toEqual([{ signal: controller.signal, timeout: 30_000 }]);
    network.running.get('127.0.0.1')?.answer();
    await racing;
    const cut = rejection<ConnectError>(network.race(1, {}, { signal: controller.signal }));
    controller.abort('changed my mind');
    expect(await cut).toMatchObject({ code: 'ERR_SOCK_ABORTED', cause: 'changed my mind', attempts: [{ address: '127.0.0.1', code: 'ERR_SOCK_ABORTED' }] });
    expect(network.aborted).toEqual(['127.0.0.1']);
  });

  test('one after the other with maxAttempts 1', async () => {
    const network = new Network();
    const racing = network.race(2, { maxAttempts: 1 });
    await pass(20_000);
    expect(network.begun).toHaveLength(1);
    network.running.get('127.0.0.1')?.fail(failure());
    await pass(0);
    network.running.get('127.0.0.2')?.answer();
    await racing;
  });
});

describe('the first that answers wins', () => {
  test('and a second one that answers in the same moment is closed', async () => {
    const network = new Network();
    const racing = network.race(2);
    await pass(250);
    const first = network.running.get('127.0.0.1')?.answer();
    const second = network.running.get('127.0.0.2')?.answer();
    expect(await racing).toBe(first);
    expect(await second?.closed).toEqual({ how: 'local' });
    expect(first?.stats.closedAt).toBe(0);
  });

  test.each<[string, Cancel, string]>([['time-out', { timeout: 300 }, 'ERR_SOCK_TIMEOUT']])('one that answers in the moment of the %s is closed', async (_, cancel, code) => {
    const network = new Network();
    const racing = rejection(network.race(1, {}, cancel));
    const socket = network.running.get('127.0.0.1')?.answer();
    vi.advanceTimersByTime(300);
    expect((await racing).code).toBe(code);
    expect(await socket?.closed).toEqual({ how: 'local' });
  });
});

describe('when all fail', () => {
  test('the error has every attempt: address, family, code and time, in their order; the last failure gives the code', async () => {
    const network = new Network();
    const denied = new Map([['::1', failure('ERR_SOCK_ADDRESS_DENIED')]]);
    const racing = rejection<ConnectError & { cause: AggregateError }>(network.race(2, { denied }));
    await pass(250);
    network.running.get('127.0.0.2')?.fail(failure('ERR_SOCK_UNREACHABLE'));
    await pass(50);
    network.running.get('127.0.0.1')?.fail(failure());
    const error = await racing;
    expect(error).toMatchObject({
      code: 'ERR_SOCK_REFUSED', phase: 'connect', category: 'refused', retryable: true, endpoint,
      message: 'failed: ERR_SOCK_REFUSED; tried ::1: ERR_SOCK_ADDRESS_DENIED, 127.0.0.1: ERR_SOCK_REFUSED, 127.0.0.2: ERR_SOCK_UNREACHABLE',
      attempts: [
        { address: '::1', family: 6, code: 'ERR_SOCK_ADDRESS_DENIED', ms: 0 },
        { address: '127.0.0.1', family: 4, code: 'ERR_SOCK_REFUSED', ms: 300 },
        { address: '127.0.0.2', family: 4, code: 'ERR_SOCK_UNREACHABLE', ms: 0 },
      ],
    });
    expect(error.cause.errors).toHaveLength(3);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('attempts that the budget cuts short are told as timed out, and stopped', async () => {
    const network = new Network();
    const racing = rejection<ConnectError>(network.race(3, {}, { timeout: 600 }));
    network.running.get('127.0.0.1')?.fail(failure());
    await pass(600);
    expect(await racing).toMatchObject({
      code: 'ERR_SOCK_TIMEOUT',
      attempts: [{ code: 'ERR_SOCK_REFUSED', ms: 0 }, { code: 'ERR_SOCK_TIMEOUT', ms: 600 }, { code: 'ERR_SOCK_TIMEOUT', ms: 350 }],
    });
    expect(network.aborted).toEqual(['127.0.0.2', '127.0.0.3']);
    await pass(10_000);
    expect(network.begun).toHaveLength(3);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a signal\'s reason stays the cause', async () => {
    const network = new Network();
    const controller = new AbortController();
    const racing = rejection<ConnectError>(network.race(3, {}, { signal: controller.signal }));
    await pass(250);
    controller.abort('changed my mind');
    expect(await racing).toMatchObject({ code: 'ERR_SOCK_ABORTED', cause: 'changed my mind', attempts: [{ code: 'ERR_SOCK_ABORTED', ms: 250 }, { code: 'ERR_SOCK_ABORTED', ms: 0 }] });
    expect(network.aborted).toHaveLength(2);
  });
});

test('whatever happens in whatever order: one winner at most, no socket or timer left, the cap kept, every address begun before all have failed', async () => {
  const events = fc.array(fc.oneof(fc.record({ kind: fc.constant('pass' as const), by: fc.integer({ min: 1, max: 600 }) }), fc.record({ kind: fc.constantFrom('answer' as const, 'fail' as const), by: fc.nat(9) })), { maxLength: 40 });
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 4 }), events, fc.boolean(), async (count, maxAttempts, steps, atOnce) => {
    const network = new Network();
    const controller = new AbortController();
    const answered: Socket[] = [];
    let failed = 0;
    let outcome: Socket | ConnectError | undefined;
    const racing = network.race(count, { maxAttempts }, { signal: controller.signal }).then((socket) => (outcome = socket), (error: unknown) => (outcome = error as ConnectError));
    for (const { kind, by } of steps) {
      const target = [...network.running.values()][by % Math.max(1, network.running.size)];
      if (kind === 'pass') await pass(by);
      else if (kind === 'fail' && target !== undefined) {
        target.fail(failure());
        failed += 1;
      } else if (target !== undefined && kind === 'answer') answered.push(target.answer());
      if (!atOnce) await pass(0);
      expect(network.running.size).toBeLessThanOrEqual(maxAttempts);
    }
    await pass(0);
    if (answered.length > 0) expect(outcome).toBe(answered.find((socket) => socket === outcome));
    else if (failed === count) expect((outcome as ConnectError).attempts).toHaveLength(count);
    else expect(outcome).toBeUndefined();
    controller.abort();
    await racing;
    await pass(0);
    expect(answered.filter((socket) => socket.stats.closedAt === 0)).toHaveLength(answered.length > 0 ? 1 : 0);
    expect(network.running.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  }), { numRuns: 500 });
});
