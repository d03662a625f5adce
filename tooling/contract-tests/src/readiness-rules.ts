import type { Socket } from '@sock/core';
import { ENDED, ERROR, HANGUP, isSocketError, READABLE, WRITABLE } from '@sock/core';
import { bytes, pattern, text, turns, until } from '@sock/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Kit } from './socket-pair.ts';
import { fillUp, over, ready } from './watch.ts';

interface Situation {
  readonly name: string;
  /** The bits that must be set, and no other of the five. */
  readonly mask: number;
  /** Only where a break is seen as a reset. */
  readonly needsReset?: boolean;
  arrange(a: Socket, b: Socket, cap: number): Promise<void>;
}

const SITUATIONS: readonly Situation[] = [
  { name: 'fresh', mask: WRITABLE, arrange: async () => {} },
  {
    name: 'bytes wait',
    mask: READABLE | WRITABLE,
    arrange: async (a, b) => {
      await b.send(bytes('x'));
      await ready(a, READABLE);
    },
  },
  {
    name: 'a part of a chunk waits',
    mask: READABLE | WRITABLE,
    arrange: async (a, b) => {
      await b.send(bytes('xyz'));
      await a.recvExactly(2);
    },
  },
  {
    name: 'all bytes were read',
    mask: WRITABLE,
    arrange: async (a, b) => {
      await b.send(bytes('xyz'));
      await a.recvExactly(3);
    },
  },
  { name: 'nobody reads', mask: 0, arrange: async (a, _, cap) => void (await fillUp(a, cap)) },
  { name: 'this side ended', mask: 0, arrange: async (a) => await a.shutdown() },
  {
    name: 'the peer ended',
    mask: READABLE | WRITABLE | ENDED,
    arrange: async (a, b) => {
      await b.shutdown();
      await ready(a, ENDED);
    },
  },
  {
    name: 'the peer ended and its end was read',
    mask: READABLE | WRITABLE | ENDED,
    arrange: async (a, b) => {
      await b.shutdown();
      await a.recv();
    },
  },
  {
    name: 'both ended',
    mask: READABLE | ENDED | HANGUP,
    arrange: async (a, b) => {
      await Promise.all([a.shutdown(), b.shutdown()]);
      await over(a);
    },
  },
  {
    name: 'the peer broke off',
    mask: READABLE | ERROR | HANGUP,
    needsReset: true,
    arrange: async (a, b) => {
      // Behind a byte, so that all that a handshake leaves was read: a reset that overtakes it is reported as an end by the runtime.
      await b.send(bytes('.'));
      await a.recvExactly(1);
      b.destroy();
      await over(a);
    },
  },
  {
    name: 'destroyed here',
    mask: READABLE | HANGUP,
    arrange: async (a) => {
      a.destroy();
      await a.closed;
    },
  },
];

/** `ready` and `onReady`: level, truthful, and told after every change. */
export function readinessRules(kit: Kit): void {
  const cap = kit.capabilities.inFlightBytes + 1024 * 1024;

  describe.each(SITUATIONS.filter(({ needsReset }) => needsReset !== true || kit.capabilities.reset))('$name', ({ mask, arrange }) => {
    test('the mask is exact, and the non-blocking calls agree with it', async () => {
      const { a, b } = await kit.open({ sendQueueBytes: '16KiB', receiveQueueBytes: '16KiB' });
      await arrange(a, b, cap);
      await turns(2);
      expect(a.ready).toBe(mask);
      expect(wouldBlock(() => a.tryRecv(new Uint8Array(1)))).toBe((mask & READABLE) === 0);
      // A send that is refused for good does not wait either, but `WRITABLE` promises a byte.
      if ((mask & WRITABLE) !== 0) expect(a.trySend(bytes('x'))).toBe(1);
      else expect(takesNothing(() => a.trySend(bytes('x')))).toBe(true);
    });
  });

  test('arrival, room, end and close are each told', async () => {
    const { a, b } = await kit.open({ sendQueueBytes: '16KiB', receiveQueueBytes: '16KiB' });
    let told = 0;
    const stop = a.onReady((mask) => {
      told |= mask;
    });
    const tells = async (bit: number, act: () => Promise<unknown>): Promise<void> => {
      told = 0;
      await act();
      await ready(a, bit);
      expect(told & bit).toBe(bit);
    };
    await tells(READABLE, async () => await b.send(bytes('x')));
    await a.recv();
    const filler = await fillUp(a, cap);
    await tells(WRITABLE, async () => await b.recvExactly(filler.length));
    await tells(ENDED, async () => await b.shutdown());
    await tells(HANGUP, async () => await a.shutdown());
    stop();
  });

  test('a listener that was taken off is not called, the others are, and taking it off twice is harmless', async () => {
    const { a, b } = await kit.open();
    const calls = { first: 0, second: 0, third: 0 };
    const stopFirst = a.onReady(() => (calls.first += 1));
    const same = (): number => (calls.second += 1);
    a.onReady(same);
    const stopSame = a.onReady(same);
    a.onReady(() => (calls.third += 1));
    stopFirst();
    stopFirst();
    stopSame();
    await b.send(bytes('x'));
    await ready(a, READABLE);
    expect(calls.first).toBe(0);
    expect(calls.second).toBe(calls.third);
    expect(calls.second).toBeGreaterThan(0);
  });

  test('a listener may receive right away, and gets every byte in order', async () => {
    const { a, b } = await kit.open({ sendQueueBytes: '4KiB', receiveQueueBytes: '4KiB' });
    const target = new Uint8Array(1500);
    const got: Uint8Array[] = [];
    let count = 0;
    const done = new Promise<void>((resolve) => {
      const stop = a.onReady(() => {
        for (let size = a.tryRecv(target); size > 0; size = a.tryRecv(target)) {
          got.push(target.slice(0, size));
          count += size;
        }
        if (count < 60_000) return;
        stop();
        resolve();
      });
    });
    await Promise.all([b.sendAll(pattern(60_000)), done]);
    expect(Buffer.compare(Buffer.concat(got), pattern(60_000))).toBe(0);
  });

  test('a listener may take a part each time: a queue that is full between large and small records of one read goes on when it is empty', async () => {
    const { a, b } = await kit.open({ receiveQueueBytes: '32KiB' });
    const records = [16_384, 16_384, 16_384, 100].map((size) => pattern(size, size));
    const rounds = 40;
    const total = rounds * 49_252;
    const target = new Uint8Array(8192);
    let got = 0;
    const take = (): boolean => {
      const count = a.tryRecv(target);
      got += count;
      return count > 0;
    };
    const stop = a.onReady((mask) => {
      if ((mask & READABLE) !== 0) take();
    });
    const sending = (async () => {
      for (let round = 0; round < rounds; round += 1) await b.sendv(records);
    })();
    await until(() => {
      while (take());
      return got === total;
    }, 'all of it comes', 10_000);
    stop();
    await sending;
    expect(a.stats).toMatchObject({ bytesReceived: total, receiveQueueBytes: 0 });
  });

  test('bytes that a cancelled receive gives back are told of', async () => {
    const { a, b } = await kit.open();
    const waiting = a.recvExactly(10, { timeout: 30 });
    await b.send(bytes('abc'));
    let told = 0;
    await turns(3);
    a.onReady((mask) => {
      told |= mask;
    });
    await waiting.catch(() => {});
    expect(told & READABLE).toBe(READABLE);
    expect(text(await a.recv())).toBe('abc');
  });

  test('READABLE says exactly whether a receive would wait, after any sequence of sends and receives', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(fc.record({ send: fc.integer({ min: 1, max: 3000 }) }), fc.record({ take: fc.integer({ min: 1, max: 3000 }) })), { maxLength: 12 }), async (steps) => {
        const { a, b } = await kit.open();
        let waiting = 0;
        for (const step of steps) {
          if ('send' in step) {
            await b.send(pattern(step.send));
            waiting += step.send;
            while (a.stats.receiveQueueBytes < waiting) await turns(1);
          } else {
            waiting -= a.tryRecv(new Uint8Array(step.take));
          }
          expect(a.ready & READABLE).toBe(waiting > 0 ? READABLE : 0);
          expect(a.stats.receiveQueueBytes).toBe(waiting);
        }
        a.destroy();
        b.destroy();
      }),
      { numRuns: 10 },
    );
  });
}

/** True when a call answered 0; an answer or a typed error is no waiting. */
function wouldBlock(call: () => number): boolean {
  try {
    return call() === 0;
  } catch (error) {
    if (!isSocketError(error)) throw error;
    return false;
  }
}

function takesNothing(call: () => number): boolean {
  try {
    return call() === 0;
  } catch (error) {
    return isSocketError(error);
  }
}
