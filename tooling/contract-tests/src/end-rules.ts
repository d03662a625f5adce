import type { Socket } from '@sock/core';
import { ENDED, ERROR, HANGUP, READABLE } from '@sock/core';
import { assertSameBytes, bytes, pattern, rejection, text } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import type { Kit } from './socket-pair.ts';
import { over, readAll, ready, thrownCode } from './watch.ts';

/** How a stream ends: by halves, by a break, and how each is seen. */
export function endRules(kit: Kit): void {
  test('after a half-close the peer sees the end, and the other direction works on', async () => {
    const { a, b } = await kit.open();
    await a.send(bytes('question'));
    await a.shutdown();
    expect(text(await readAll(b))).toBe('question');
    const answer = pattern(300_000);
    const reading = readAll(a);
    await b.sendAll(answer);
    await b.shutdown();
    assertSameBytes(await reading, answer);
    expect((await a.closed).how).toBe('local');
    expect((await b.closed).how).toBe('end');
  });

  test('shutdown writes everything first, and waits for nobody to read more than that', async () => {
    const { a, b } = await kit.open({ sendQueueBytes: '16KiB', receiveQueueBytes: '16KiB' });
    const big = pattern(2_000_000);
    const sending = a.send(big);
    const ending = a.shutdown();
    assertSameBytes(await readAll(b), big);
    await Promise.all([sending, ending]);
  });

  test('a second shutdown waits for the same end', async () => {
    const { a, b } = await kit.open();
    await Promise.all([a.shutdown(), a.shutdown()]);
    await a.shutdown();
    expect(await b.recv()).toBeNull();
  });

  test('a shutdown that is cancelled still ends the stream behind what was sent', async () => {
    const { a, b } = await kit.open({ sendQueueBytes: '16KiB', receiveQueueBytes: '16KiB' });
    const big = pattern(kit.capabilities.inFlightBytes + 1024 * 1024);
    const sending = a.send(big);
    expect((await rejection(a.shutdown({ timeout: 20 }))).code).toBe('ERR_SOCK_TIMEOUT');
    assertSameBytes(await readAll(b), big);
    await sending;
    await a.shutdown();
  });

  test('an end shows on an idle socket at once, with no receive under way', async () => {
    const { a, b } = await kit.open();
    const seen: number[] = [];
    b.onReady((mask) => seen.push(mask));
    await a.shutdown();
    await ready(b, ENDED);
    expect(b.ready & (ENDED | READABLE)).toBe(ENDED | READABLE);
    expect(seen.some((mask) => (mask & ENDED) !== 0)).toBe(true);
  });

  test('both sides ended is the end of the connection, on both sides', async () => {
    const { a, b } = await kit.open();
    await a.shutdown();
    await ready(b, ENDED);
    await b.shutdown();
    expect((await a.closed).how).toBe('local');
    expect((await b.closed).how).toBe('end');
    await Promise.all([over(a), over(b)]);
    for (const socket of [a, b]) {
      expect(await socket.recv()).toBeNull();
      expect(thrownCode(() => socket.trySend(bytes('x')))).toBe('ERR_SOCK_CLOSED');
    }
  });

  // A reset that overtakes bytes which were not read yet, such as the tickets of TLS 1.3, is reported as an end by the runtime.
  const settled = async (): Promise<{ a: Socket; b: Socket }> => {
    const pair = await kit.open();
    await Promise.all([pair.a.send(bytes('.')), pair.b.send(bytes('.')), pair.a.recvExactly(1), pair.b.recvExactly(1)]);
    return pair;
  };
  const describeBreak = kit.capabilities.reset ? describe : undefined;
  describeBreak?.('a side that breaks off', () => {
    test('is seen as a reset by a receive that waits, typed and retryable', async () => {
      const { a, b } = await settled();
      const waiting = b.recv();
      a.destroy();
      expect(await rejection(waiting)).toMatchObject({ code: 'ERR_SOCK_RESET', category: 'reset', retryable: true });
      const reason = await b.closed;
      expect(reason).toMatchObject({ how: 'reset', cause: { code: 'ERR_SOCK_RESET' } });
      expect(await a.closed).toEqual({ how: 'local' });
    });

    test('is seen on an idle socket at once, through ready, onReady and closed', async () => {
      const { a, b } = await settled();
      const seen: number[] = [];
      b.onReady((mask) => seen.push(mask));
      a.destroy();
      expect((await b.closed).how).toBe('reset');
      await over(b);
      expect(b.ready & (ERROR | HANGUP | READABLE)).toBe(ERROR | HANGUP | READABLE);
      expect(seen.some((mask) => (mask & HANGUP) !== 0)).toBe(true);
      expect(thrownCode(() => b.trySend(bytes('x')))).toBe('ERR_SOCK_RESET');
      expect(thrownCode(() => b.tryRecv(new Uint8Array(1)))).toBe('ERR_SOCK_RESET');
    });

    test('stays a reset when this side then destroys what is left', async () => {
      const { a, b } = await settled();
      const waiting = rejection(b.recv());
      a.destroy();
      expect((await waiting).code).toBe('ERR_SOCK_RESET');
      b.destroy();
      expect((await b.closed).how).toBe('reset');
    });

    test('never looks like a clean end to a peer that has read all there was', async () => {
      for (let round = 0; round < 15; round += 1) {
        const { a, b } = await kit.open();
        await a.send(bytes('part'));
        expect(text(await b.recvExactly(4))).toBe('part');
        a.destroy();
        expect((await rejection(b.recv())).code).toBe('ERR_SOCK_RESET');
      }
    });

    test('takes nothing from what the peer had received', async () => {
      const { a, b } = await kit.open();
      await a.send(pattern(20_000));
      await a.flush();
      while (b.stats.receiveQueueBytes < 20_000) await ready(b, READABLE).then(() => new Promise(setImmediate));
      a.destroy();
      await over(b);
      assertSameBytes(await b.recvExactly(20_000), pattern(20_000));
      expect((await rejection(b.recv())).code).toBe('ERR_SOCK_RESET');
    });
  });

  test('a side that breaks off is seen in the end on any medium', async () => {
    const { a, b } = await kit.open();
    a.destroy();
    await ready(b, ENDED | HANGUP);
    expect(b.ready & READABLE).toBe(READABLE);
    expect((await a.closed).how).toBe('local');
  });

  test('the cause of a destroy is the reason, and waiting calls carry it', async () => {
    const { a } = await kit.open();
    const cause = new Error('enough of it');
    const waiting = a.recv();
    a.destroy(cause);
    expect(await rejection(waiting)).toMatchObject({ code: 'ERR_SOCK_CLOSED', cause });
    expect(await a.closed).toMatchObject({ how: 'error', cause });
  });
}
