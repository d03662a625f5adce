import { assertSameBytes, bytes, pattern, rejection, turns } from '@sock/testkit';
import { expect, test } from 'vitest';
import type { Kit } from './socket-pair.ts';
import { fillUp, readAll } from './watch.ts';

/** Nothing is ever sent from a buffer that the caller may be writing to. */
export function bufferRules(kit: Kit): void {
  test.each([1, 1000, 16_384, 16_385, 65_537, 1_000_000])('the buffer of a resolved send of %d bytes may be overwritten', async (size) => {
    const { a, b } = await kit.open();
    const sent = a.send(pattern(size)).then(() => undefined);
    await b.recvExactly(size);
    await sent;
    const buffer = pattern(size, 1);
    const reading = turns(2).then(() => b.recvExactly(size));
    await a.send(buffer);
    buffer.fill(0xee);
    assertSameBytes(await reading, pattern(size, 1));
  });

  // A Buffer is cut into views where a Uint8Array is copied: `slice` means two things.
  test.each([1000, 16_385, 65_537, 1_000_000])('so may a Node Buffer of %d bytes', async (size) => {
    const { a, b } = await kit.open();
    const buffer = Buffer.from(pattern(size, 1));
    const reading = turns(2).then(() => b.recvExactly(size));
    await a.send(buffer);
    buffer.fill(0xee);
    assertSameBytes(await reading, pattern(size, 1));
  });

  test('the buffer of trySend may be overwritten at once', async () => {
    const { a, b } = await kit.open();
    const buffer = pattern(5000);
    expect(a.trySend(buffer)).toBe(5000);
    buffer.fill(0xee);
    assertSameBytes(await b.recvExactly(5000), pattern(5000));
  });

  test('small sends of many turns, read late, arrive as they were sent', async () => {
    const { a, b } = await kit.open();
    const buffer = new Uint8Array(700);
    const expected: Uint8Array[] = [];
    for (let round = 0; round < 60; round += 1) {
      buffer.set(pattern(700, round));
      await a.send(buffer);
      expected.push(pattern(700, round));
      // Now and then all is written, and the memory of the socket is used again while the peer has read nothing.
      if (round % 3 === 0) await a.flush();
      if (round % 7 === 0) await turns(1);
    }
    buffer.fill(0xee);
    assertSameBytes(await b.recvExactly(60 * 700), Buffer.concat(expected));
  });

  test('after a timed-out send only the accepted part of the original bytes arrives, and the error tells how much', async () => {
    const { a, b } = await kit.open({ sendQueueBytes: '64KiB', receiveQueueBytes: '64KiB' });
    const size = kit.capabilities.inFlightBytes + 1024 * 1024;
    const buffer = pattern(size);
    const error = await rejection<Error & { code: string; bytesMoved: number }>(a.send(buffer, { timeout: 40 }));
    buffer.fill(0xee);
    expect(error).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', category: 'timeout', phase: 'send' });
    expect(error.bytesMoved).toBeGreaterThan(0);
    expect(error.bytesMoved).toBeLessThan(size);
    expect(a.stats.bytesSent).toBe(error.bytesMoved);
    const reading = readAll(b);
    await a.send(bytes('|next'));
    await a.shutdown();
    assertSameBytes(await reading, Buffer.concat([pattern(error.bytesMoved), bytes('|next')]));
  });

  test('a send that timed out before anything was accepted leaves no byte', async () => {
    const { a, b } = await kit.open({ sendQueueBytes: '8KiB', receiveQueueBytes: '8KiB' });
    const filler = await fillUp(a, kit.capabilities.inFlightBytes + 1024 * 1024);
    const error = await rejection(a.send(pattern(8192), { timeout: 10 }));
    expect(error).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', bytesMoved: 0 });
    const reading = readAll(b);
    await a.shutdown();
    assertSameBytes(await reading, filler);
  });
}
