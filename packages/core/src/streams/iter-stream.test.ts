import { assertSameBytes, bytes, leakGuard, pattern, rejection, text, turns } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { memoryPair } from '../memory.ts';
import { PARTS } from '../socket-parts.ts';
import { fromSocket, iterStream, iterWriter } from '../streams.ts';

leakGuard();

const SMALL = { sendQueueBytes: '8KiB', receiveQueueBytes: '8KiB' } as const;
const DRAINABLE = Symbol.for('Stream.drainableProtocol');

describe('fromSocket', () => {
  test('gives batches of all that has come, as it came, up to the end', async () => {
    const [left, right] = memoryPair();
    for (const word of ['one', 'two']) {
      await left.send(bytes(word));
      await left.flush();
    }
    const batches: string[][] = [];
    const reading = (async () => {
      for await (const batch of fromSocket(right)) batches.push(batch.map((chunk) => text(chunk)));
    })();
    await turns(2);
    await left.send(bytes('three'));
    await left.shutdown();
    await reading;
    expect(batches).toEqual([['one', 'two'], ['three']]);
    expect(await right.recv()).toBeNull();
    right.destroy();
  });

  test('owns the receiving from its first step until the loop is left, and loses nothing', async () => {
    const [left, right] = memoryPair();
    const source = fromSocket(right);
    await left.send(bytes('before'));
    expect(text(await right.recv())).toBe('before');
    await left.send(bytes('in'));
    for await (const batch of source) {
      expect(batch.map((chunk) => text(chunk))).toEqual(['in']);
      expect(await rejection(right.recv())).toMatchObject({ code: 'ERR_SOCK_BUSY', message: expect.stringContaining('fromSocket()') });
      expect(await rejection(source[Symbol.asyncIterator]().next())).toMatchObject({ code: 'ERR_SOCK_BUSY' });
      break;
    }
    await left.send(bytes('after'));
    expect(text(await right.recv())).toBe('after');
    left.destroy();
  });

  test('two steps at once are ERR_SOCK_BUSY; a failure and a local close are told, also between steps', async () => {
    const [left, right] = memoryPair();
    const loop = fromSocket(right)[Symbol.asyncIterator]();
    const waiting = loop.next();
    expect(await rejection(loop.next())).toMatchObject({ code: 'ERR_SOCK_BUSY' });
    await left.send(bytes('x'));
    await waiting;
    right.destroy();
    expect(await rejection(loop.next())).toMatchObject({ code: 'ERR_SOCK_CLOSED' });
    expect(await loop.next()).toEqual({ done: true, value: undefined });
    const [one, two] = memoryPair();
    const broken = rejection(fromSocket(two)[Symbol.asyncIterator]().next());
    one.destroy();
    expect(await broken).toMatchObject({ code: 'ERR_SOCK_RESET' });
    await left.closed;
  });
});

describe('iterWriter', () => {
  test('write, writev, text and end: in order, counted, and the end as a half-close', async () => {
    const [left, right] = memoryPair(SMALL);
    const writer = iterWriter(left);
    const writing = [writer.write('größe,'), writer.writev([bytes('a'), 'b', pattern(50_000)]), writer.write(bytes('z'))];
    const end = writer.end();
    expect([writer.canWrite, writer.desiredSize, writer.endSync(), writer.writeSync('x')]).toEqual([null, null, -1, false]);
    expect(text(await right.recvExactly(10))).toBe('größe,ab');
    assertSameBytes(await right.recvExactly(50_000), pattern(50_000));
    expect(text(await right.recvExactly(1))).toBe('z');
    expect(await right.recv()).toBeNull();
    await Promise.all(writing);
    expect(await end).toBe(50_011);
    expect([await writer.end(), writer.endSync(), writer.canWrite]).toEqual([50_011, 50_011, null]);
    expect(await rejection(writer.write('late'))).toMatchObject({ code: 'ERR_SOCK_CLOSED' });
    await right.send(bytes('answer'));
    expect(text(await left.recv())).toBe('answer');
    right.destroy();
  });

  test('the calls that do not wait take all or nothing, and ondrain tells of room', async () => {
    const [left, right] = memoryPair(SMALL);
    const writer = iterWriter(left) as ReturnType<typeof iterWriter> & { [DRAINABLE](): Promise<boolean> | null };
    expect([writer.canWrite, writer.desiredSize]).toEqual([true, 8192]);
    expect([writer.writeSync('a'), writer.writevSync(['b', bytes('c')]), writer.writeSync('')]).toEqual([true, true, true]);
    expect(writer.writeSync(pattern(8190))).toBe(false);
    expect(await writer[DRAINABLE]()).toBe(true);
    const buffer = pattern(8189);
    expect(writer.writeSync(buffer)).toBe(true);
    buffer.fill(0);
    expect([writer.canWrite, writer.desiredSize, writer.writeSync('x')]).toEqual([false, 0, false]);
    await turns(2);
    while (writer.writeSync(new Uint8Array(1024))) await turns(1);
    await writer.write(new Uint8Array((writer.desiredSize ?? 0)));
    expect(writer.canWrite).toBe(false);
    const drained = writer[DRAINABLE]();
    expect(text(await right.recvExactly(3))).toBe('abc');
    assertSameBytes(await right.recvExactly(8189), pattern(8189));
    expect(await drained).toBe(true);
    expect(left.get(PARTS)?.signal.heard).toBe(false);
    writer.fail();
    expect([writer[DRAINABLE](), writer.canWrite]).toEqual([null, null]);
  });

  test('fail destroys with the reason; after the end it does nothing', async () => {
    const [left, right] = memoryPair(SMALL);
    const writer = iterWriter(left) as ReturnType<typeof iterWriter> & { [DRAINABLE](): Promise<boolean> | null };
    const waiting = rejection(writer.write(pattern(100_000)));
    const reason = new Error('stop');
    writer.fail(reason);
    expect(await waiting).toMatchObject({ code: 'ERR_SOCK_CLOSED', cause: reason });
    expect(await left.closed).toMatchObject({ how: 'error', cause: reason });
    expect((await right.closed).how).toBe('reset');
    expect(await rejection(writer.end())).toMatchObject({ code: 'ERR_SOCK_CLOSED' });
    const [one, two] = memoryPair();
    const ended = iterWriter(one);
    await ended.end();
    ended.fail(reason);
    await two.send(bytes('still here'));
    expect(text(await one.recv())).toBe('still here');
    two.destroy();
  });

  test('a signal ends one call alone', async () => {
    const [left, right] = memoryPair(SMALL);
    const writer = iterWriter(left);
    const stop = new AbortController();
    const waiting = rejection<Error & { bytesMoved: number }>(writer.write(pattern(40_000), { signal: stop.signal }));
    await turns(2);
    stop.abort();
    const { bytesMoved } = await waiting;
    const end = writer.end();
    expect(await rejection(writer.end({ signal: AbortSignal.abort() }))).toMatchObject({ code: 'ERR_SOCK_ABORTED' });
    assertSameBytes(await right.recvExactly(bytesMoved), pattern(40_000).subarray(0, bytesMoved));
    expect(await end).toBe(bytesMoved);
    const [one] = memoryPair();
    const open = iterWriter(one);
    expect(await rejection(open.end({ signal: AbortSignal.abort() }))).toMatchObject({ code: 'ERR_SOCK_ABORTED' });
    expect(open.canWrite).toBe(true);
    one.destroy();
    right.destroy();
  });

  test('what is neither bytes nor text, and unknown options, are refused', async () => {
    const [left, right] = memoryPair();
    const writer = iterWriter(left, { owned: true });
    expect(await rejection(writer.write(5 as never))).toMatchObject({ code: 'ERR_SOCK_ARGUMENT' });
    expect(await rejection(writer.writev('abc' as never))).toMatchObject({ code: 'ERR_SOCK_ARGUMENT' });
    expect(() => writer.writeSync({} as never)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_ARGUMENT' }));
    expect(() => writer.writevSync([1] as never)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_ARGUMENT' }));
    expect(await rejection(writer.write('x', { timeout: 5 } as never))).toMatchObject({ code: 'ERR_SOCK_CONFIG' });
    expect(() => iterWriter(left, { ownd: true } as never)).toThrow(/ownd.*did you mean owned/);
    await writer.end();
    expect(await right.recv()).toBeNull();
    right.destroy();
  });
});

describe('iterStream', () => {
  test('close ends a loop that waits, and closes the socket', async () => {
    const [left, right] = memoryPair();
    const channel = iterStream(left);
    const loop = (async () => {
      for await (const _ of channel.readable);
      return 'ended';
    })();
    await channel.writer.write('bye');
    const closing = channel.close();
    expect(await loop).toBe('ended');
    expect(text(await right.recv())).toBe('bye');
    expect(await right.recv()).toBeNull();
    await right.shutdown();
    await closing;
    await channel.close();
    expect((await left.closed).how).toBe('local');
  });

  test('a writer that goes out of scope without an end fails; one that ends is let go on', async () => {
    const [left, right] = memoryPair();
    await (async () => {
      await using writer = iterWriter(left);
      await writer.write('cut off');
    })();
    expect((await right.closed).how).toBe('reset');
    const [one, two] = memoryPair();
    await (async () => {
      await using writer = iterWriter(one);
      void writer.write('whole');
      void writer.end();
    })();
    expect(text(await two.recv())).toBe('whole');
    expect(await two.recv()).toBeNull();
    two.destroy();
  });
});

test.each([[undefined], [null], [5], [{}]])('what is neither bytes nor text, %s, fails the write alone, typed and once', async (wrong) => {
  const [left, right] = memoryPair();
  const unhandled: unknown[] = [];
  const hear = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', hear);
  const writer = iterWriter(left);
  expect(await rejection(writer.write(wrong as never))).toMatchObject({ code: 'ERR_SOCK_ARGUMENT' });
  expect(await rejection(writer.writev([wrong as never]))).toMatchObject({ code: 'ERR_SOCK_ARGUMENT' });
  await new Promise(setImmediate);
  process.off('unhandledRejection', hear);
  expect(unhandled).toEqual([]);
  await writer.write('on');
  expect(await writer.end()).toBe(2);
  expect(text(await right.recv() as Uint8Array)).toBe('on');
  right.destroy();
});
