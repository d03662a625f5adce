import type { Upgrade } from '@sock/core';
import { Socket } from '@sock/core';
import { delimited, lengthPrefixed, lines, lineWriter, reader } from '@sock/core/framing';
import { assertSameBytes, bytes, concatBytes, pattern, rejection, text, turns } from '@sock/testkit';
import { expect, test } from 'vitest';
import type { Kit } from './socket-pair.ts';
import { readAll } from './watch.ts';

/** What readers, frames and their writers promise over every byte stream. */
export function framingRules(kit: Kit): void {
  test('a reader takes numbers, bytes, delimiters and lines, however they were sent', async () => {
    const { a, b } = await kit.open();
    const from = reader(b);
    const waiting = from.uint32();
    for (const byte of [0, 0, 1, 2]) {
      await a.send(Uint8Array.of(byte));
      await a.flush();
      await turns(2);
    }
    expect(await waiting).toBe(258);
    await a.sendv([bytes('head: er\r'), bytes('\n\r\n'), pattern(100_000)]);
    expect(await from.line({ limit: '1KiB', timeout: '5s' })).toBe('head: er');
    expect(text(await from.until('\r\n'))).toBe('');
    assertSameBytes(await from.peek(9), pattern(100_000).subarray(0, 9));
    assertSameBytes(await from.exactly(100_000), pattern(100_000));
    await a.shutdown();
    expect(await from.atEnd()).toBe(true);
    expect(await rejection(from.uint8())).toMatchObject({ code: 'ERR_SOCK_UNEXPECTED_END', bytesMoved: 0 });
  });

  test('a reader holds the receiving alone until release, and then everything unread is the socket\'s', async () => {
    const { a, b } = await kit.open();
    const from = reader(b);
    for (const call of [b.recv(), b.detach()]) expect((await rejection(call)).code).toBe('ERR_SOCK_BUSY');
    expect(() => reader(b)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_BUSY' }));
    await a.send(bytes('line\nrest'));
    expect(await from.line()).toBe('line');
    expect(text(await from.peek(4))).toBe('rest');
    from.release();
    expect(text(await b.recvExactly(4))).toBe('rest');
  });

  test('an upgrade may follow a release, and has the bytes that were read too far', async () => {
    const { a, b } = await kit.open();
    await a.send(bytes('STARTTLS\r\nhello'));
    const from = reader(b);
    expect(await from.line()).toBe('STARTTLS');
    await from.peek(5);
    from.release();
    const layer: Upgrade<unknown> = {
      name: 'nothing',
      key: () => '',
      upgrade: async (socket) => {
        const { transport, unread, limits } = await socket.detach();
        return kit.adopt(new Socket(transport, { ...limits, unread }));
      },
    };
    const above = reader(await b.upgrade(layer));
    expect(text(await above.exactly(5))).toBe('hello');
  });

  test('a call that fails takes no byte: time-out, limit, end in the middle', async () => {
    const { a, b } = await kit.open();
    const from = reader(b);
    await a.send(bytes('abc'));
    expect(await rejection(from.exactly(9, { timeout: 30 }))).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', bytesMoved: 3 });
    expect(await rejection(from.line({ limit: 2 }))).toMatchObject({ code: 'ERR_SOCK_LIMIT', bytesMoved: 3 });
    await a.shutdown();
    expect(await rejection(from.until('x'))).toMatchObject({ code: 'ERR_SOCK_UNEXPECTED_END', bytesMoved: 3 });
    expect(text(await from.exactly(3))).toBe('abc');
  });

  test('a reader that is not asked stops the peer, as a socket does', async () => {
    const { a, b } = await kit.open({ sendQueueBytes: '16KiB', receiveQueueBytes: '16KiB' });
    const from = reader(b);
    const much = pattern(kit.capabilities.inFlightBytes + 1024 * 1024);
    const sending = a.sendAll(much, { timeout: '20s' });
    expect(text(await from.peek(1))).toBe(text(much.subarray(0, 1)));
    await turns(20);
    expect(from.buffered).toBeLessThan(512 * 1024);
    from.release();
    const rest = readAll(b);
    await sending;
    await a.shutdown();
    assertSameBytes(await rest, much);
  });

  test('lines that are written are the lines that are read, and a loop that is left loses nothing', async () => {
    const { a, b } = await kit.open();
    const out = lineWriter(a);
    const words = Array.from({ length: 500 }, (_, index) => `line ${index} ${'ü'.repeat(index % 70)}`);
    const writing = (async () => {
      for (const line of words) await out.write(line);
      await a.send(bytes('rest'));
      await a.shutdown();
    })();
    const seen: string[] = [];
    for await (const line of lines(b)) if (seen.push(line) === 300) break;
    for await (const line of lines(b, { timeout: '10s' })) if (seen.push(line) === 500) break;
    expect(seen).toEqual(words);
    await writing;
    expect(text(await readAll(b))).toBe('rest');
  });

  test.each([
    ['a length before them', lengthPrefixed({ lengthBytes: 4, limit: '1MiB' })], ['a delimiter behind them', delimited({ delimiter: '\x01\xfe', limit: '1MiB' })],
  ])('frames with %s arrive whole, small and large, and end with the stream', async (_how, format) => {
    const { a, b } = await kit.open();
    const out = format.writer(a);
    const frames = [0, 1, 100, 70_000, 3, 300_000, 0].map((length) => new Uint8Array(length).fill(length % 251));
    const writing = (async () => {
      for (const frame of frames) await out.write([frame.subarray(0, 2), frame.subarray(2)]);
      await a.shutdown();
    })();
    const seen: Uint8Array[] = [];
    for await (const frame of format.frames(b)) seen.push(frame);
    await writing;
    expect(seen.map((frame) => frame.length)).toEqual(frames.map((frame) => frame.length));
    assertSameBytes(concatBytes(seen), concatBytes(frames));
  });

  test('a frame that the end cuts off is an error that tells what came, and no frame', async () => {
    const { a, b } = await kit.open();
    await a.send(Uint8Array.of(0, 2, 7, 7, 0, 9, 1, 2, 3));
    await a.shutdown();
    const seen: Uint8Array[] = [];
    const loop = (async () => {
      for await (const frame of lengthPrefixed({ lengthBytes: 2 }).frames(b)) seen.push(frame);
    })();
    expect(await rejection(loop)).toMatchObject({ code: 'ERR_SOCK_UNEXPECTED_END', bytesMoved: 5 });
    expect(seen.map((frame) => [...frame])).toEqual([[7, 7]]);
    expect([...(await b.recvExactly(5))]).toEqual([0, 9, 1, 2, 3]);
  });

  test('a local close ends a reader that waits', async () => {
    const { b } = await kit.open();
    const waiting = rejection(reader(b).line());
    b.destroy();
    expect(await waiting).toMatchObject({ code: 'ERR_SOCK_CLOSED' });
  });
}
