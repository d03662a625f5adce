import type { SocketError } from '@sock/core';
import { assertSameBytes, bytes, pattern, rejection, text } from '@sock/testkit';
import { expect, test } from 'vitest';
import type { Kit } from './socket-pair.ts';
import { fillUp, readAll, thrownCode } from './watch.ts';

/** What the calls that take several buffers promise: one call, one order, exact partial results. */
export function vectorRules(kit: Kit): void {
  const cap = kit.capabilities.inFlightBytes + 1024 * 1024;

  test('sendv leaves as one write, in order, and nothing comes between its parts', async () => {
    const { a, b } = await kit.open();
    await Promise.all([a.send(bytes('<')), a.sendv([bytes('one,'), bytes(''), bytes('two')]), a.send(bytes('>'))]);
    expect(text(await b.recv())).toBe('<one,two>');
    expect(a.stats.sends).toBe(3);
  });

  test('a large sendv stays whole between other sends, whatever waits for room', async () => {
    const { a, b } = await kit.open({ sendQueueBytes: '16KiB', receiveQueueBytes: '16KiB' });
    const parts = [pattern(70_000, 1), pattern(5, 2), pattern(30_000, 3)];
    const sending = [a.send(pattern(40_000, 4)), a.sendv(parts), a.send(pattern(9, 5))];
    assertSameBytes(await b.recvExactly(140_014), Buffer.concat([pattern(40_000, 4), ...parts, pattern(9, 5)]));
    await Promise.all(sending);
  });

  test.each([['small', 3], ['large', 50_000]] as const)('%s buffers are the caller\'s again when sendv resolves, and the list at once', async (_size, length) => {
    const { a, b } = await kit.open();
    const [one, two] = [pattern(length, 1), pattern(length, 2)];
    const list = [one, two];
    const reading = b.recvExactly(2 * length);
    const sending = a.sendv(list);
    list.length = 0;
    await sending;
    one.fill(0xee);
    two.fill(0xee);
    assertSameBytes(await reading, Buffer.concat([pattern(length, 1), pattern(length, 2)]));
  });

  test('trySendv takes what there is room for, and says exactly how much, in the middle of a buffer too', async () => {
    const { a, b } = await kit.open({ sendQueueBytes: '8KiB', receiveQueueBytes: '8KiB' });
    expect(a.trySendv([bytes('ab'), bytes('cd')])).toBe(4);
    expect(text(await b.recvExactly(4))).toBe('abcd');
    await a.flush();
    const list = [pattern(5000, 1), pattern(5000, 2), pattern(5000, 3)];
    const count = a.trySendv(list);
    expect(count).toBe(8192);
    assertSameBytes(await b.recvExactly(count), Buffer.concat(list).subarray(0, count));
    const filler = await fillUp(a, cap);
    expect(a.trySendv(list)).toBe(0);
    assertSameBytes(await b.recvExactly(filler.length), filler);
  });

  test('sendvAll answers with the number of bytes once all is written', async () => {
    const { a, b } = await kit.open();
    const reading = b.recvExactly(90_003);
    expect(await a.sendvAll([pattern(3, 1), pattern(90_000, 2)])).toBe(90_003);
    expect(a.stats.bytesWritten).toBe(90_003);
    assertSameBytes(await reading, Buffer.concat([pattern(3, 1), pattern(90_000, 2)]));
    expect(await a.sendvAll([])).toBe(0);
  });

  test('a cancelled sendv tells how much of all its buffers was sent, and that much arrives', async () => {
    const { a, b } = await kit.open({ sendQueueBytes: '8KiB', receiveQueueBytes: '8KiB' });
    const parts = [pattern(6000, 1), pattern(cap, 2), pattern(6000, 3)];
    const error = await rejection<SocketError>(a.sendv(parts, { timeout: 50 }));
    expect(error).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', phase: 'send' });
    const moved = error.bytesMoved ?? -1;
    expect(moved).toBeGreaterThan(6000);
    expect(moved).toBeLessThan(cap);
    const rest = readAll(b);
    await a.shutdown();
    assertSameBytes(await rest, Buffer.concat(parts).subarray(0, moved));
  });

  test('a list with anything but bytes is refused before any of it is sent', async () => {
    const { a, b } = await kit.open();
    for (const wrong of [[bytes('ok'), 'text'], [new Uint16Array(2)], bytes('no list'), undefined, null]) {
      const list = wrong as never;
      expect(await rejection(a.sendv(list))).toMatchObject({ code: 'ERR_SOCK_ARGUMENT' });
      expect(await rejection(a.sendvAll(list))).toMatchObject({ code: 'ERR_SOCK_ARGUMENT' });
      expect(thrownCode(() => a.trySendv(list))).toBe('ERR_SOCK_ARGUMENT');
    }
    await a.send(bytes('after'));
    expect(text(await b.recv())).toBe('after');
  });

  test('tryRecvv and recvvInto fill one buffer after the other', async () => {
    const { a, b } = await kit.open();
    const [header, body] = [new Uint8Array(4), new Uint8Array(10)];
    expect(b.tryRecvv([header, body])).toBe(0);
    await a.send(bytes('headbo'));
    expect(await b.recvvInto([header, new Uint8Array(0), body])).toBe(6);
    expect([text(header), text(body.subarray(0, 2))]).toEqual(['head', 'bo']);
    await a.send(bytes('headbody-and-more'));
    const first = await b.recvExactly(1);
    b.unread(first);
    expect(b.tryRecvv([header, body])).toBe(14);
    expect([text(header), text(body)]).toEqual(['head', 'body-and-m']);
    expect(text(await b.recv())).toBe('ore');
    await a.shutdown();
    expect(await b.recvvInto([header])).toBeNull();
    expect(thrownCode(() => b.tryRecvv([header]))).toBe('ERR_SOCK_CLOSED');
  });

  test('recvv gives everything that has come, as it came, and null at the end', async () => {
    const { a, b } = await kit.open();
    await a.send(bytes('two'));
    const two = (await b.recv()) as Uint8Array;
    b.unread(two);
    b.unread(bytes('one'));
    const chunks = (await b.recvv()) as Uint8Array[];
    expect(chunks.map((chunk) => text(chunk))).toEqual(['one', 'two']);
    expect(chunks[1]).toBe(two);
    const waiting = b.recvv();
    expect(await rejection(b.recv())).toMatchObject({ code: 'ERR_SOCK_BUSY' });
    await a.send(bytes('three'));
    expect((await waiting)?.map((chunk) => text(chunk))).toEqual(['three']);
    await a.shutdown();
    expect(await b.recvv()).toBeNull();
  });

  test('buffers that hold nothing are refused: 0 would mean "would block"', async () => {
    const { b } = await kit.open();
    expect(thrownCode(() => b.tryRecvv([]))).toBe('ERR_SOCK_ARGUMENT');
    expect(await rejection(b.recvvInto([new Uint8Array(0)]))).toMatchObject({ code: 'ERR_SOCK_ARGUMENT' });
  });
}
