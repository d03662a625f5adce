import { assertSameBytes, bytes, leakGuard, pattern, rejection, text, turns } from '@sock/testkit';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { reader } from '../framing.ts';
import { memoryPair } from '../memory.ts';
import type { Socket } from '../socket.ts';
import { pipe, readable } from '../streams.ts';

leakGuard();

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Everything up to the end. */
async function all(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A runtime that refuses `type: 'bytes'`. */
function withoutByteStreams(): void {
  const Real = ReadableStream as unknown as new (source: object, strategy?: object) => object;
  vi.stubGlobal('ReadableStream', class extends Real {
    constructor(source: { readonly type?: string }, strategy?: object) {
      if (source.type !== undefined) throw new RangeError('no byte streams');
      super(source, strategy);
    }
  });
}

describe.each([['a byte stream', () => {}], ['a runtime without byte streams', withoutByteStreams]])('%s', (_kind, prepare) => {
  test('gives everything up to the clean end, and the socket is free again', async () => {
    prepare();
    const [left, right] = memoryPair({ receiveQueueBytes: '8KiB', sendQueueBytes: '8KiB' });
    const sent = pattern(100_000);
    void left.sendAll([sent.slice()]).then(() => left.shutdown());
    const stream = readable(right);
    assertSameBytes(await all(stream), sent);
    expect(await right.recv()).toBeNull();
    await Promise.all([left.close(), right.close()]);
  });

  test('fails with the connection, after the bytes that came before', async () => {
    prepare();
    const [left, right] = memoryPair();
    const from = readable(right).getReader();
    await left.send(bytes('last words'));
    await left.flush();
    left.destroy();
    expect(text((await from.read()).value ?? null)).toBe('last words');
    expect(await rejection(from.read())).toMatchObject({ code: 'ERR_SOCK_RESET' });
    expect(await rejection(from.closed)).toMatchObject({ code: 'ERR_SOCK_RESET' });
    expect(await rejection(right.recv())).toMatchObject({ code: 'ERR_SOCK_RESET' });
  });

  test('tells the end and a failure also when nobody reads', async () => {
    prepare();
    const [left, right] = memoryPair();
    const ended = readable(right).getReader();
    await left.shutdown();
    await ended.closed;
    const broken = readable(left).getReader();
    right.destroy();
    expect(await rejection(broken.closed)).toMatchObject({ code: 'ERR_SOCK_RESET' });
  });

  test('cancel gives the receiving back and loses nothing; a read that waited ends', async () => {
    prepare();
    const [left, right] = memoryPair();
    const from = readable(right).getReader();
    const waiting = from.read();
    await from.cancel('enough');
    expect(await waiting).toEqual({ done: true, value: undefined });
    await left.send(bytes('for the next'));
    expect(text(await right.recv())).toBe('for the next');
    for (const word of ['one', 'two', 'three']) {
      await left.send(bytes(word));
      await left.flush();
    }
    for await (const chunk of readable(right)) {
      expect(text(chunk)).toBe('one');
      break;
    }
    expect(text(await right.recvExactly(8))).toBe('twothree');
    left.destroy();
  });

  test('what nobody reads stops the peer', async () => {
    prepare();
    const [left, right] = memoryPair({ receiveQueueBytes: '8KiB', sendQueueBytes: '8KiB' });
    const stream = readable(right);
    const sending = left.send(pattern(100_000));
    await turns(10);
    expect(left.stats.bytesWritten).toBeLessThanOrEqual(8192);
    const reading = stream.getReader();
    let count = 0;
    while (count < 100_000) count += (await reading.read()).value?.length ?? 0;
    await sending;
    left.destroy();
  });

  test('a socket that is closed here fails the stream', async () => {
    prepare();
    const [left, right] = memoryPair();
    const from = readable(right).getReader();
    const waiting = rejection(from.read());
    right.destroy(new Error('by hand'));
    expect(await waiting).toMatchObject({ code: 'ERR_SOCK_CLOSED', cause: { message: 'by hand' } });
    left.destroy();
  });
});

describe('BYOB', () => {
  test('fills the buffer that the reader brought, and the end gives it back empty', async () => {
    const [left, right] = memoryPair();
    const from = readable(right).getReader({ mode: 'byob' });
    await left.send(bytes('hello world'));
    const first = await from.read(new Uint8Array(5));
    expect(text(first.value ?? null)).toBe('hello');
    const waiting = from.read(new Uint8Array(100));
    expect(text((await waiting).value ?? null)).toBe(' world');
    const later = from.read(new Uint8Array(new ArrayBuffer(8), 2, 4));
    await left.send(bytes('x'));
    const { value } = await later;
    expect([value?.byteOffset, value?.length, value?.buffer.byteLength]).toEqual([2, 1, 8]);
    const end = from.read(new Uint8Array(3));
    await left.shutdown();
    expect(await end).toMatchObject({ done: true, value: { length: 0 } });
    expect(right.stats.bytesReceived).toBe(12);
    right.destroy();
  });

  test('a stream that ends in the middle of an element fails, and the socket is free', async () => {
    const [left, right] = memoryPair();
    const from = readable(right).getReader({ mode: 'byob' });
    const waiting = rejection<Error>(from.read(new Uint32Array(2) as never));
    await left.send(bytes('odd'));
    await left.shutdown();
    expect(await waiting).toBeInstanceOf(TypeError);
    expect(await right.recv()).toBeNull();
    right.destroy();
  });
});

test('a whole chunk is handed on without a copy; a part of a memory is copied, so that nobody loses the rest', async () => {
  const [left, right] = memoryPair();
  const whole = pattern(5000, 1);
  const { buffer } = whole;
  right.unread(whole);
  const stream = readable(right);
  const from = stream.getReader();
  const { value } = await from.read();
  assertSameBytes(value as Uint8Array, pattern(5000, 1));
  // Taken away from the one who had it: that is how a byte stream hands memory on.
  expect([buffer.byteLength, whole.length]).toEqual([0, 0]);
  await from.cancel();

  const memory = new Uint8Array(20).fill(7);
  right.unread(memory.subarray(5, 10));
  const pooled = Buffer.from('pooled');
  right.unread(pooled);
  const again = readable(right).getReader();
  expect(text((await again.read()).value ?? null)).toBe('pooled');
  expect((await again.read()).value).toEqual(new Uint8Array(5).fill(7));
  expect([memory.length, String(pooled), String(Buffer.from('still works'))]).toEqual([20, 'pooled', 'still works']);
  left.destroy();
});

describe('one owner at a time', () => {
  const takers: readonly [string, (socket: Socket, other: Socket) => unknown][] = [
    ['readable', (socket) => readable(socket)],
    ['recv', (socket) => socket.recv()],
    ['tryRecv', (socket) => socket.tryRecv(new Uint8Array(1))],
    ['iteration', (socket) => socket[Symbol.asyncIterator]().next()],
    ['reader', (socket) => reader(socket)],
    ['pipe', (socket, other) => pipe(socket, other)],
    ['detach', (socket) => socket.detach()],
  ];

  test.each(takers)('%s during readable is ERR_SOCK_BUSY', async (_name, take) => {
    const [left, right] = memoryPair();
    const stream = readable(right);
    expect(await rejection(Promise.resolve().then(() => take(right, left)))).toMatchObject({ code: 'ERR_SOCK_BUSY', category: 'usage', message: expect.stringContaining('while readable() still waits') });
    await left.send(bytes('unharmed'));
    await left.shutdown();
    expect(text(await all(stream))).toBe('unharmed');
    right.destroy();
  });

  test('readable during a receive is ERR_SOCK_BUSY, and the receive is unharmed', async () => {
    const [left, right] = memoryPair();
    const waiting = right.recv();
    expect(() => readable(right)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_BUSY' }));
    await left.send(bytes('mine'));
    expect(text(await waiting)).toBe('mine');
    left.destroy();
  });

  test('what is no socket, closed or detached is refused', async () => {
    const [left, right] = memoryPair();
    expect(() => readable(undefined as never)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_ARGUMENT' }));
    await right.detach();
    expect(() => readable(right)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_DETACHED' }));
    left.destroy();
    expect(() => readable(left)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_CLOSED' }));
  });
});
