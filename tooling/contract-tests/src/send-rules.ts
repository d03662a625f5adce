import type { Socket } from '@sock/core';
import { WRITABLE } from '@sock/core';
import { assertSameBytes, bytes, pattern, rejection, text } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import type { Kit } from './socket-pair.ts';
import { fillUp, over, readAll, ready, thrownCode } from './watch.ts';

/** What `trySend`, `send`, `sendAll` and `flush` promise. */
export function sendRules(kit: Kit): void {
  const cap = kit.capabilities.inFlightBytes + 1024 * 1024;

  test('trySend answers 0 when it would block, and takes bytes again once the peer has read', async () => {
    const { a, b } = await kit.open({ sendQueueBytes: '16KiB', receiveQueueBytes: '16KiB' });
    const filler = await fillUp(a, cap);
    expect(a.trySend(bytes('x'))).toBe(0);
    const [got] = await Promise.all([b.recvExactly(filler.length), ready(a, WRITABLE)]);
    assertSameBytes(got, filler);
    expect(a.trySend(bytes('x'))).toBe(1);
    expect(text(await b.recv())).toBe('x');
  });

  test('sends of one turn leave as one write: the peer receives them as one chunk', async () => {
    const { a, b } = await kit.open();
    const sent = [a.send(bytes('one,')), a.send(bytes('two,'))];
    a.trySend(bytes('three,'));
    sent.push(a.send(bytes('four'), { owned: true }));
    await Promise.all(sent);
    expect(text(await b.recv())).toBe('one,two,three,four');
  });

  test('a send without room waits, and what comes later stays behind it', async () => {
    const { a, b } = await kit.open({ sendQueueBytes: '8KiB', receiveQueueBytes: '8KiB' });
    const filler = await fillUp(a, cap);
    const order: string[] = [];
    const first = a.send(pattern(5000, 1)).then(() => order.push('first'));
    const second = a.send(pattern(3, 2)).then(() => order.push('second'));
    // There may be room for three bytes, but not before the five thousand.
    expect(a.trySend(bytes('z'))).toBe(0);
    assertSameBytes(await b.recvExactly(filler.length), filler);
    assertSameBytes(await b.recvExactly(5000), pattern(5000, 1));
    assertSameBytes(await b.recvExactly(3), pattern(3, 2));
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second']);
  });

  test('flush resolves when all is written, and at once when nothing waits', async () => {
    const { a, b } = await kit.open();
    await a.flush();
    await a.send(pattern(50_000));
    const reading = b.recvExactly(50_000);
    await a.flush();
    expect(a.stats.bytesWritten).toBe(50_000);
    expect(a.stats.sendQueueBytes).toBe(0);
    assertSameBytes(await reading, pattern(50_000));
  });

  test('sendAll sends a buffer, an iterable and an async iterable, and answers with the number of bytes', async () => {
    const { a, b } = await kit.open();
    const pieces = [pattern(10, 1), pattern(70_000, 2), pattern(0), pattern(300, 3)];
    const received = readAll(b);
    expect(await a.sendAll(pattern(40_000))).toBe(40_000);
    expect(await a.sendAll(pieces)).toBe(70_310);
    expect(await a.sendAll((async function* () {
      for (const piece of pieces) yield await Promise.resolve(piece.slice());
    })())).toBe(70_310);
    await a.shutdown();
    assertSameBytes(await received, Buffer.concat([pattern(40_000), ...pieces, ...pieces]));
  });

  test('sendAll passes on what its source throws, and the socket stays usable', async () => {
    const { a, b } = await kit.open();
    const failure = new Error('the source broke');
    const source = function* (): Generator<Uint8Array> {
      yield bytes('before');
      throw failure;
    };
    expect(await rejection(a.sendAll(source()))).toBe(failure);
    await a.send(bytes(' and after'));
    await a.shutdown();
    expect(text(await readAll(b))).toBe('before and after');
  });

  describe.each<{ after: string; end: (pair: { a: Socket; b: Socket }) => Promise<void> }>([
    { after: 'shutdown', end: async ({ a }) => await a.shutdown() },
    {
      after: 'close',
      end: async ({ a, b }) => {
        void b.close();
        await a.close();
      },
    },
    {
      after: 'destroy',
      end: async ({ a }) => {
        a.destroy();
        await a.closed;
      },
    },
  ])('after $after', ({ end }) => {
    test('every send fails with ERR_SOCK_CLOSED, in its phase', async () => {
      const pair = await kit.open();
      await end(pair);
      const { a } = pair;
      expect(thrownCode(() => a.trySend(bytes('x')))).toBe('ERR_SOCK_CLOSED');
      for (const call of [a.send(bytes('x')), a.send(pattern(100_000)), a.send(bytes('x'), { owned: true }), a.sendAll(bytes('x'))]) {
        expect(await rejection(call)).toMatchObject({ code: 'ERR_SOCK_CLOSED', category: 'closed', phase: 'send' });
      }
      expect(a.stats.bytesSent).toBe(0);
    });
  });

  test('sends that wait fail when the connection breaks, and none resolves', async () => {
    const { a, b } = await kit.open({ sendQueueBytes: '8KiB', receiveQueueBytes: '8KiB' });
    await fillUp(a, cap);
    const waiting = [a.send(pattern(100)), a.send(pattern(100_000)), a.send(pattern(100_000), { owned: true }), a.flush()];
    b.destroy();
    for (const call of waiting) expect((await rejection(call)).code).toMatch(/^ERR_SOCK_(RESET|CLOSED)$/);
    await over(a);
    expect(thrownCode(() => a.trySend(bytes('x')))).toMatch(/^ERR_SOCK_(RESET|CLOSED)$/);
  });

  test.each<[what: string, value: unknown, words: string]>([
    ['text', 'hello', 'encode the text'],
    ['wider numbers', new Uint16Array([0x4142]), 'got Uint16Array'],
    ['nothing', undefined, 'got undefined'],
  ])('%s instead of bytes is refused, and nothing is sent', async (_what, value, words) => {
    const { a } = await kit.open();
    const wrong = value as Uint8Array;
    expect(thrownCode(() => a.trySend(wrong))).toBe('ERR_SOCK_ARGUMENT');
    const error = await rejection(a.send(wrong));
    expect(error).toMatchObject({ code: 'ERR_SOCK_ARGUMENT', category: 'usage' });
    expect(error.message).toContain(words);
    expect(a.stats.bytesSent).toBe(0);
  });

  describe('sendAll from a source that is idle', () => {
    /** Gives one chunk and then waits for ever; tells whether it was let go. */
    const idle = (): { source: AsyncIterable<Uint8Array>; left: () => boolean } => {
      let returned = false;
      let given = false;
      const iterator: AsyncIterator<Uint8Array> = {
        next: () => (given ? new Promise(() => {}) : ((given = true), Promise.resolve({ done: false, value: bytes('first') }))),
        return: () => ((returned = true), Promise.resolve({ done: true, value: undefined })),
      };
      return { source: { [Symbol.asyncIterator]: () => iterator }, left: () => returned };
    };

    test('ends with its time-out', async () => {
      const { a, b } = await kit.open();
      const { source, left } = idle();
      expect(await rejection(a.sendAll(source, { timeout: 30 }))).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', phase: 'send' });
      expect(text(await b.recvExactly(5))).toBe('first');
      expect(left()).toBe(true);
    });

    test('ends with its signal', async () => {
      const { a } = await kit.open();
      const { source, left } = idle();
      const controller = new AbortController();
      const sending = a.sendAll(source, { signal: controller.signal });
      controller.abort();
      expect((await rejection(sending)).code).toBe('ERR_SOCK_ABORTED');
      expect(left()).toBe(true);
    });

    test('ends when the socket does', async () => {
      const { a, b } = await kit.open();
      const { source, left } = idle();
      const sending = rejection(a.sendAll(source));
      expect(text(await b.recvExactly(5))).toBe('first');
      a.destroy();
      expect((await sending).code).toBe('ERR_SOCK_CLOSED');
      expect(left()).toBe(true);
    });

    test('ends at once when the socket had ended before', async () => {
      const { a } = await kit.open();
      a.destroy();
      const { source, left } = idle();
      expect((await rejection(a.sendAll(source))).code).toBe('ERR_SOCK_CLOSED');
      expect(left()).toBe(true);
    });
  });

  test('a source whose return() throws does not hide what ended sendAll', async () => {
    const { a } = await kit.open();
    const source: Iterable<Uint8Array> = {
      [Symbol.iterator]: () => ({
        next: () => ({ done: false, value: 'no bytes' as unknown as Uint8Array }),
        return: () => {
          throw new Error('from return()');
        },
      }),
    };
    expect(await rejection(a.sendAll(source))).toMatchObject({ code: 'ERR_SOCK_ARGUMENT' });
  });

  test('more waiting sends than maxWaitingSends fail, and the others go their way', async () => {
    const { a, b } = await kit.open({ sendQueueBytes: '8KiB', receiveQueueBytes: '8KiB', maxWaitingSends: 3 });
    const before = await fillUp(a, cap);
    const waiting = [1, 2, 3].map((seed) => a.send(pattern(9000, seed)));
    expect(await rejection(a.send(pattern(9000)))).toMatchObject({ code: 'ERR_SOCK_LIMIT', category: 'limit', phase: 'send' });
    assertSameBytes(await b.recvExactly(before.length), before);
    for (const seed of [1, 2, 3]) assertSameBytes(await b.recvExactly(9000), pattern(9000, seed));
    await Promise.all(waiting);
  });

  test('a time-out that makes no sense is refused before anything is sent', async () => {
    const { a } = await kit.open();
    expect(await rejection(a.send(bytes('x'), { timeout: 'soon' as '1s' }))).toMatchObject({ code: 'ERR_SOCK_CONFIG' });
    expect(a.stats.bytesSent).toBe(0);
  });
}
