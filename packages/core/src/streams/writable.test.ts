import { assertSameBytes, bytes, leakGuard, pattern, rejection, text, turns } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { memoryPair } from '../memory.ts';
import { duplexPair, readable, writable } from '../streams.ts';

leakGuard();

const SMALL = { sendQueueBytes: '8KiB', receiveQueueBytes: '8KiB' } as const;

test('writes arrive in order, close is a half-close, and receiving goes on', async () => {
  const [left, right] = memoryPair(SMALL);
  const to = writable(left).getWriter();
  void to.write(bytes('one,'));
  void to.write(pattern(50_000));
  const closing = to.close();
  expect(text(await right.recvExactly(4))).toBe('one,');
  assertSameBytes(await right.recvExactly(50_000), pattern(50_000));
  expect(await right.recv()).toBeNull();
  await closing;
  await right.send(bytes('answer'));
  expect(text(await left.recv())).toBe('answer');
  right.destroy();
});

test.each([[false], [true]])('a buffer may be used again when its write resolves, unless it was given away (owned: %s)', async (owned) => {
  const [left, right] = memoryPair(SMALL);
  const to = writable(left, { owned }).getWriter();
  const buffer = pattern(30_000);
  const reading = right.recvExactly(30_000);
  await to.write(buffer);
  if (!owned) buffer.fill(0xee);
  assertSameBytes(await reading, pattern(30_000));
  left.destroy();
});

test('ready and desiredSize follow the socket\'s queue', async () => {
  const [left, right] = memoryPair(SMALL);
  const to = writable(left).getWriter();
  await to.ready;
  expect(to.desiredSize).toBe(1);
  let accepted = 0;
  // Writes while the socket takes them at once.
  for (;;) {
    void to.write(pattern(4096));
    accepted += 1;
    await turns(3);
    if ((to.desiredSize ?? 0) <= 0) break;
  }
  expect(accepted * 4096).toBeLessThanOrEqual(8192 + 8192 + 4096);
  let ready = false;
  void to.ready.then(() => {
    ready = true;
  });
  await turns(5);
  expect(ready).toBe(false);
  await right.recvExactly(4096 * accepted);
  await to.ready;
  expect(to.desiredSize).toBe(1);
  left.destroy();
});

test('abort destroys with the reason, at once, also while a write or the close waits', async () => {
  for (const begin of [(to: WritableStreamDefaultWriter<Uint8Array>) => to.write(pattern(100_000)), (to: WritableStreamDefaultWriter<Uint8Array>) => {
    void to.write(pattern(6_000)).catch(() => {});
    void to.write(pattern(6_000)).catch(() => {});
    return to.close();
  }]) {
    const [left, right] = memoryPair(SMALL);
    const to = writable(left).getWriter();
    const waiting = rejection(begin(to));
    await turns(2);
    const reason = new Error('no longer wanted');
    // An abort while the close waits is told, by the standard, how the close went.
    await to.abort(reason).catch((error: unknown) => expect(error).toMatchObject({ code: 'ERR_SOCK_CLOSED', cause: reason }));
    expect(await left.closed).toMatchObject({ how: 'error', cause: reason });
    await waiting;
    expect((await right.closed).how).toBe('reset');
  }
});

test('a connection that breaks fails the stream, also when nobody writes', async () => {
  const [left, right] = memoryPair();
  const to = writable(left).getWriter();
  right.destroy();
  expect(await rejection(to.closed)).toMatchObject({ code: 'ERR_SOCK_RESET' });
  expect(await rejection(to.write(bytes('x')))).toMatchObject({ code: 'ERR_SOCK_RESET' });
});

test.each([['text'], [42], [null], [undefined], [new Uint16Array(2)], [new ArrayBuffer(2)]])('a chunk that is no bytes (%s) is ERR_SOCK_ARGUMENT, and the peer sees a reset', async (chunk) => {
  const [left, right] = memoryPair();
  const to = writable(left).getWriter();
  await to.write(bytes('fine'));
  expect(await rejection(to.write(chunk as never))).toMatchObject({ code: 'ERR_SOCK_ARGUMENT', message: expect.stringContaining('instead of bytes') });
  expect(await left.closed).toMatchObject({ how: 'error', cause: { code: 'ERR_SOCK_ARGUMENT' } });
  expect((await right.closed).how).toBe('reset');
});

test('options and sockets that make no sense are refused by name', async () => {
  const [left, right] = memoryPair();
  expect(() => writable(left, { owend: true } as never)).toThrow(/owend.*did you mean owned/);
  expect(() => writable(left, { owned: 'yes' as never })).toThrow(expect.objectContaining({ code: 'ERR_SOCK_CONFIG' }));
  await left.shutdown();
  expect(() => writable(left)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_CLOSED' }));
  right.destroy();
});

test('web streams of two connections can be piped', async () => {
  const [a, b] = memoryPair(SMALL);
  const [c, d] = memoryPair(SMALL);
  const piping = readable(b).pipeTo(writable(c, { owned: true }));
  const sent = pattern(300_000);
  void a.send(sent).then(() => a.shutdown());
  assertSameBytes(await d.recvExactly(300_000), sent);
  expect(await d.recv()).toBeNull();
  await piping;
  for (const socket of [a, b, c, d]) socket.destroy();
});

describe('duplexPair', () => {
  test('each half ends by itself, and both ends release the socket', async () => {
    const [left, right] = memoryPair();
    const { readable: from, writable: to } = duplexPair(left);
    const writer = to.getWriter();
    await writer.write(bytes('question'));
    await writer.close();
    expect(text(await right.recv())).toBe('question');
    expect(await right.recv()).toBeNull();
    await right.send(bytes('answer'));
    await right.shutdown();
    const chunks: Uint8Array[] = [];
    for await (const chunk of from) chunks.push(chunk);
    expect(text(Buffer.concat(chunks))).toBe('answer');
    expect((await left.closed).how).toBe('local');
  });

  test.each([['cancel, then close'], ['close, then cancel']])('%s closes the socket: what was written arrives', async (order) => {
    const [left, right] = memoryPair();
    const { readable: from, writable: to } = duplexPair(left);
    const writer = to.getWriter();
    void writer.write(bytes('last word'));
    const reading = (async () => [text(await right.recv()), await right.recv()])();
    if (order.startsWith('cancel')) {
      await from.cancel();
      await writer.close();
    } else {
      await writer.close();
      await from.cancel();
    }
    expect(await reading).toEqual(['last word', null]);
    await right.shutdown();
    expect((await left.closed).how).toBe('local');
  });

  test('cancel alone leaves writing open; abort destroys, and the readable fails', async () => {
    const [left, right] = memoryPair();
    const { readable: from, writable: to } = duplexPair(left);
    await from.cancel();
    const writer = to.getWriter();
    await writer.write(bytes('goes on'));
    expect(text(await right.recv())).toBe('goes on');
    await writer.abort(new Error('away'));
    expect(await left.closed).toMatchObject({ how: 'error', cause: { message: 'away' } });

    const [one] = memoryPair();
    const pair = duplexPair(one);
    const waiting = rejection(pair.readable.getReader().read());
    await pair.writable.abort(new Error('away'));
    expect(await waiting).toMatchObject({ code: 'ERR_SOCK_CLOSED', cause: { message: 'away' } });
  });

  test('a socket that is being read is refused, and nothing is taken', async () => {
    const [left, right] = memoryPair();
    const waiting = left.recv();
    expect(() => duplexPair(left)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_BUSY' }));
    await right.send(bytes('x'));
    await waiting;
    right.destroy();
    await left.closed;
  });
});
