import { getEventListeners } from 'node:events';
import type { Cancel, Socket } from '@sock/core';
import { bytes, pattern, rejection, text, turns } from '@sock/testkit';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { RECEIVES } from './receive-rules.ts';
import type { Kit } from './socket-pair.ts';
import { clog, fillUp, readAll } from './watch.ts';

interface WaitingCall {
  readonly name: string;
  readonly phase: string;
  /** Waits because everything is full, rather than because nothing comes. */
  readonly full: boolean;
  call(socket: Socket, cancel: Cancel): Promise<unknown>;
}

const CALLS: readonly WaitingCall[] = [
  { name: 'recv', phase: 'recv', full: false, call: async (socket, cancel) => await socket.recv(cancel) },
  { name: 'recvInto', phase: 'recv', full: false, call: async (socket, cancel) => await socket.recvInto(new Uint8Array(9), cancel) },
  { name: 'recvExactly', phase: 'recv', full: false, call: async (socket, cancel) => await socket.recvExactly(9, cancel) },
  { name: 'recvv', phase: 'recv', full: false, call: async (socket, cancel) => await socket.recvv(cancel) },
  { name: 'recvvInto', phase: 'recv', full: false, call: async (socket, cancel) => await socket.recvvInto([new Uint8Array(9), new Uint8Array(9)], cancel) },
  { name: 'a small send', phase: 'send', full: true, call: async (socket, cancel) => await socket.send(pattern(8192), cancel) },
  { name: 'a large send', phase: 'send', full: true, call: async (socket, cancel) => await socket.send(pattern(100_000), cancel) },
  { name: 'an owned send', phase: 'send', full: true, call: async (socket, cancel) => await socket.send(pattern(100_000), { ...cancel, owned: true }) },
  { name: 'sendv', phase: 'send', full: true, call: async (socket, cancel) => await socket.sendv([pattern(10), pattern(100_000)], cancel) },
  { name: 'sendvAll', phase: 'send', full: true, call: async (socket, cancel) => await socket.sendvAll([pattern(10), pattern(9000)], cancel) },
  { name: 'sendAll', phase: 'send', full: true, call: async (socket, cancel) => await socket.sendAll([pattern(9000)], cancel) },
  { name: 'flush', phase: 'send', full: true, call: async (socket, cancel) => await socket.flush(cancel) },
  { name: 'shutdown', phase: 'shutdown', full: true, call: async (socket, cancel) => await socket.shutdown(cancel) },
];

/** Counts the timers of about ten seconds that are set from now on, and those of them that nobody took back. */
function watchTimers(): () => { set: number; left: number } {
  const set = vi.spyOn(globalThis, 'setTimeout');
  const cleared = vi.spyOn(globalThis, 'clearTimeout');
  onTestFinished(() => {
    set.mockRestore();
    cleared.mockRestore();
  });
  return () => {
    const ours = set.mock.results.filter((_, index) => Math.abs((set.mock.calls[index]?.[1] ?? 0) - 10_000) < 1000).map(({ value }) => value as NodeJS.Timeout);
    const gone = new Set(cleared.mock.calls.map(([timer]) => timer));
    return { set: ours.length, left: ours.filter((timer) => !gone.has(timer)).length };
  };
}

/** Every waiting call takes a signal and a time-out, leaves nothing behind, and loses no byte. */
export function cancelRules(kit: Kit): void {
  const beyond = kit.capabilities.inFlightBytes + 1024 * 1024;
  const open = async (full: boolean): Promise<{ a: Socket; b: Socket }> => {
    const pair = await kit.open({ sendQueueBytes: '8KiB', receiveQueueBytes: '8KiB' });
    if (full) clog(pair.a, beyond);
    return pair;
  };

  describe.each(CALLS)('$name', ({ phase, full, call }) => {
    test('ends with ERR_SOCK_TIMEOUT, in its phase', async () => {
      const { a } = await open(full);
      const begun = performance.now();
      expect(await rejection(call(a, { timeout: '15ms' }))).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', category: 'timeout', phase, retryable: true });
      expect(performance.now() - begun).toBeGreaterThan(13);
    });

    test('ends with ERR_SOCK_ABORTED that carries the reason, and leaves neither listener nor timer', async () => {
      const { a } = await open(full);
      const timers = watchTimers();
      const controller = new AbortController();
      const waiting = call(a, { signal: controller.signal, timeout: '10s' });
      await turns(1);
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
      const reason = new Error('enough');
      controller.abort(reason);
      expect(await rejection(waiting)).toMatchObject({ code: 'ERR_SOCK_ABORTED', category: 'aborted', phase, cause: reason });
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
      expect(timers()).toEqual({ set: expect.any(Number), left: 0 });
      expect(timers().set).toBeGreaterThan(0);
    });

    test('with a signal that has fired already it does nothing', async () => {
      const { a, b } = await open(false);
      if (full) await fillUp(a, beyond);
      const { bytesSent } = a.stats;
      expect((await rejection(call(a, { signal: AbortSignal.abort() }))).code).toBe('ERR_SOCK_ABORTED');
      expect(a.stats.bytesSent).toBe(bytesSent);
      if (full) return;
      // The socket is as it was: nothing waits, nothing was taken.
      await b.send(bytes('still here'));
      expect(text(await a.recvExactly(10))).toBe('still here');
    });

    test('leaves neither listener nor timer when it succeeds, or when the connection breaks', async () => {
      const { a, b } = await open(full);
      const timers = watchTimers();
      const { signal } = new AbortController();
      const waiting = call(a, { signal, timeout: '10s' });
      if (full) {
        void readAll(b).catch(() => {});
        await waiting;
      } else {
        await b.send(bytes('123456789'));
        await waiting;
      }
      expect(getEventListeners(signal, 'abort')).toHaveLength(0);
      expect(timers().left).toBe(0);
      if (full) return;
      const broken = call(a, { signal, timeout: '10s' });
      b.destroy();
      // A medium without resets shows an end, which is an answer too.
      await broken.catch(() => {});
      expect(getEventListeners(signal, 'abort')).toHaveLength(0);
      expect(timers().left).toBe(0);
    });
  });

  test.each(RECEIVES.filter(({ name }) => name !== 'iteration'))('a byte that comes after a cancelled $name is not lost', async ({ call }) => {
    const { a, b } = await kit.open();
    const controller = new AbortController();
    const waiting = call(b, { signal: controller.signal });
    // Both in one turn: the bytes are on their way when the receive ends.
    const sending = a.send(bytes('late'));
    controller.abort();
    expect((await rejection(waiting)).code).toBe('ERR_SOCK_ABORTED');
    await sending;
    expect(text(await b.recvExactly(4))).toBe('late');
  });

  test.each(['timeout', 'abort'])('recvExactly that ends by %s gives back the bytes it had', async (how) => {
    const { a, b } = await kit.open();
    const controller = new AbortController();
    const waiting = b.recvExactly(10, how === 'abort' ? { signal: controller.signal } : { timeout: '40ms' });
    for (const part of ['ab', 'cd']) {
      await a.send(bytes(part));
      await a.flush();
      await turns(2);
    }
    if (how === 'abort') controller.abort();
    expect((await rejection(waiting)).code).toBe(how === 'abort' ? 'ERR_SOCK_ABORTED' : 'ERR_SOCK_TIMEOUT');
    expect(text(await b.recvExactly(4))).toBe('abcd');
  });

  test('recvExactly with a signal that has fired takes nothing of what waits', async () => {
    const { a, b } = await kit.open();
    await a.send(bytes('abcd'));
    await a.flush();
    await turns(5);
    expect((await rejection(b.recvExactly(10, { signal: AbortSignal.abort() }))).code).toBe('ERR_SOCK_ABORTED');
    expect(text(await b.recvExactly(4))).toBe('abcd');
  });

  test('a hundred calls with one signal leave no listener on it', async () => {
    const { a, b } = await kit.open();
    const { signal } = new AbortController();
    for (let round = 0; round < 100; round += 1) {
      const reading = b.recvExactly(3, { signal });
      await a.send(bytes('abc'), { signal });
      await reading;
    }
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  test('a cancelled send lets the one behind it go on', async () => {
    const { a, b } = await kit.open({ sendQueueBytes: '8KiB', receiveQueueBytes: '8KiB', copyBelowBytes: 4096 });
    const filler = await fillUp(a, beyond);
    const controller = new AbortController();
    const first = a.send(pattern(8192, 1), { signal: controller.signal });
    const second = a.send(pattern(2000, 2));
    controller.abort();
    expect((await rejection(first)).code).toBe('ERR_SOCK_ABORTED');
    await b.recvExactly(filler.length);
    await second;
    expect(Buffer.compare(await b.recvExactly(2000), pattern(2000, 2))).toBe(0);
  });
}
