import { assertSameBytes, bytes, leakGuard, pattern, rejection, text, turns } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { memoryTransportPair, memoryPair } from '../memory.ts';
import type { ReadySignal } from '../ready.ts';
import { Socket } from '../socket.ts';
import { PARTS } from '../socket-parts.ts';
import type { PipeError } from '../streams.ts';
import { fromSocket, pipe, readable } from '../streams.ts';

leakGuard();

const SMALL = { sendQueueBytes: '8KiB', receiveQueueBytes: '8KiB' } as const;

/** Two connections: what `source` sends comes out of `from`, what goes into `to` comes out of `sink`. */
function line(limits = {}): { source: Socket; from: Socket; to: Socket; sink: Socket } {
  const [source, from] = memoryPair({ ...limits, name: 'in' });
  const [to, sink] = memoryPair({ ...limits, name: 'out' });
  return { source, from, to, sink };
}

/** Nobody watches the socket, and nobody has taken its receiving over. */
function untouched(socket: Socket): boolean {
  const signal: ReadySignal | undefined = socket.get(PARTS)?.signal;
  return signal?.heard === false && socket.get(PARTS)?.side.refusal('test') === undefined;
}

test('everything arrives, the end as an end, and it tells how much', async () => {
  const { source, from, to, sink } = line(SMALL);
  const progress: number[] = [];
  const piping = pipe(from, to, { onProgress: (count) => progress.push(count) });
  const sent = pattern(300_000);
  void source.sendAll([sent.slice(0, 100), sent.slice(100)]).then(() => source.shutdown());
  assertSameBytes(await sink.recvExactly(300_000), sent);
  expect(await sink.recv()).toBeNull();
  expect(await piping).toBe(300_000);
  expect(progress.at(-1)).toBe(300_000);
  expect(progress).toEqual(progress.toSorted((one, other) => one - other));
  // Half-closed only: the other direction is there still.
  await sink.send(bytes('back'));
  expect(text(await to.recv())).toBe('back');
  expect([from, to].map(untouched)).toEqual([true, true]);
  sink.destroy();
  source.destroy();
});

test('large chunks are handed on as they came', async () => {
  const [lower] = memoryTransportPair();
  const pushed: Uint8Array[] = [];
  const spy = new Proxy(lower, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name !== 'push') return value.bind(target);
      return (chunks: readonly Uint8Array[], written: () => void) => {
        pushed.push(...chunks);
        return target.push(chunks, written);
      };
    },
  });
  const to = new Socket(spy);
  const { source, from } = line();
  const chunk = pattern(50_000);
  from.unread(chunk);
  const piping = pipe(from, to, { end: false });
  await source.shutdown();
  expect(await piping).toBe(50_000);
  expect(pushed.map(({ buffer }) => buffer)).toEqual([chunk.buffer]);
  to.destroy();
});

test('a sink that does not read stops the source: both queues keep their limits', async () => {
  const { source, from, to, sink } = line(SMALL);
  const piping = pipe(from, to);
  const sending = source.send(pattern(200_000));
  await turns(20);
  expect(to.stats.sendQueueBytes).toBeLessThanOrEqual(8192);
  expect(source.stats.bytesWritten).toBeLessThanOrEqual(4 * 8192);
  assertSameBytes(await sink.recvExactly(200_000), pattern(200_000));
  await sending;
  await source.shutdown();
  expect(await piping).toBe(200_000);
  source.destroy();
  sink.destroy();
});

test('a socket piped to itself is an echo', async () => {
  const [client, server] = memoryPair(SMALL);
  const echoing = pipe(server, server);
  void client.send(pattern(50_000)).then(() => client.shutdown());
  assertSameBytes(await client.recvExactly(50_000), pattern(50_000));
  expect(await client.recv()).toBeNull();
  expect(await echoing).toBe(50_000);
});

describe('a failure', () => {
  test('of the source resets the sink, after all that came, and the error tells the side', async () => {
    const { source, from, to, sink } = line();
    const piping = rejection<PipeError>(pipe(from, to));
    await source.send(bytes('half a mess'));
    await source.flush();
    await turns(1);
    source.destroy();
    const error = await piping;
    expect(error).toMatchObject({ name: 'PipeError', code: 'ERR_SOCK_RESET', side: 'from', phase: 'recv', bytesMoved: 11, retryable: true, endpoint: { memory: 'in-a' }, cause: { code: 'ERR_SOCK_RESET' } });
    expect(error.message).toMatch(/^pipe failed after 11 bytes on the side it reads from \(memory:in-a\): .*reset/);
    expect(await to.closed).toMatchObject({ how: 'reset', cause: error });
    expect(text(await sink.recv())).toBe('half a mess');
    expect(await rejection(sink.recv())).toMatchObject({ code: 'ERR_SOCK_RESET' });
    expect([from, to].map((socket) => socket.get(PARTS)?.signal.heard)).toEqual([false, false]);
  });

  test('of the sink resets the source, also while nothing moves', async () => {
    const { source, from, to, sink } = line();
    const piping = rejection<PipeError>(pipe(from, to));
    await turns(1);
    sink.destroy();
    expect(await piping).toMatchObject({ code: 'ERR_SOCK_RESET', side: 'to', phase: 'send', bytesMoved: 0, endpoint: { memory: 'out-b' } });
    expect((await source.closed).how).toBe('reset');
    expect((await from.closed).how).toBe('reset');
  });

  test('of the sink, while the end waits to leave, is told as well', async () => {
    const { source, from, to, sink } = line(SMALL);
    const piping = rejection<PipeError>(pipe(from, to));
    await to.send(pattern(8192));
    await source.send(pattern(8000));
    await source.shutdown();
    await turns(5);
    sink.destroy();
    expect(await piping).toMatchObject({ code: 'ERR_SOCK_RESET', side: 'to', bytesMoved: 8000 });
    expect((await source.closed).how).toBe('reset');
  });

  test.each([['from', 'ERR_SOCK_CLOSED'], ['to', 'ERR_SOCK_CLOSED']] as const)('a local destroy of %s is told, and the other one is reset', async (side, code) => {
    const ends = line();
    const piping = rejection<PipeError>(pipe(ends.from, ends.to));
    await turns(1);
    ends[side].destroy();
    expect(await piping).toMatchObject({ code, side });
    expect((await (side === 'from' ? ends.sink : ends.source).closed).how).toBe('reset');
  });

  test('with end: false touches neither socket', async () => {
    const { source, from, to, sink } = line();
    const piping = rejection<PipeError>(pipe(from, to, { end: false }));
    source.destroy();
    expect(await piping).toMatchObject({ side: 'from' });
    await to.send(bytes('an end of my own'));
    expect(text(await sink.recv())).toBe('an end of my own');
    const second = line();
    const other = rejection<PipeError>(pipe(second.from, second.to, { end: false }));
    await second.source.send(bytes('not delivered'));
    second.sink.destroy();
    expect(await other).toMatchObject({ side: 'to' });
    await second.source.send(bytes(' but here'));
    expect(text(await second.from.recvExactly(22 - (await other).bytesMoved)).endsWith(' but here')).toBe(true);
    sink.destroy();
    second.source.destroy();
  });
});

describe('a cancel', () => {
  test('stops the pipe and no more: what was not accepted can be received', async () => {
    const { source, from, to, sink } = line(SMALL);
    const stop = new AbortController();
    const piping = rejection<PipeError>(pipe(from, to, { signal: stop.signal, timeout: '1m' }));
    const sending = source.send(pattern(100_000));
    await turns(10);
    const reason = new Error('enough');
    stop.abort(reason);
    const error = await piping;
    expect(error).toMatchObject({ code: 'ERR_SOCK_ABORTED', cause: reason, name: 'SocketError' });
    expect(error.message).toContain('pipe to memory:out-b was aborted');
    expect([from, to].map(untouched)).toEqual([true, true]);
    const moved = await sink.recvExactly(error.bytesMoved);
    const rest = await from.recvExactly(100_000 - error.bytesMoved);
    assertSameBytes(Buffer.concat([moved, rest]), pattern(100_000));
    await sending;
    source.destroy();
    sink.destroy();
  });

  test('a time-out does the same; a signal that has fired takes nothing', async () => {
    const { source, from, to, sink } = line();
    expect(await rejection(pipe(from, to, { timeout: 20 }))).toMatchObject({ code: 'ERR_SOCK_TIMEOUT' });
    await source.send(bytes('mine'));
    expect(await rejection(pipe(from, to, { signal: AbortSignal.abort() }))).toMatchObject({ code: 'ERR_SOCK_ABORTED', bytesMoved: 0 });
    expect(text(await from.recv())).toBe('mine');
    source.destroy();
    sink.destroy();
  });

  test('a cancel while the end waits to leave is a cancel, and no failure', async () => {
    const { source, from, to, sink } = line(SMALL);
    const stop = new AbortController();
    const piping = rejection(pipe(from, to, { signal: stop.signal }));
    await source.send(pattern(8000));
    await to.send(pattern(8192));
    await source.shutdown();
    await turns(5);
    stop.abort();
    expect(await piping).toMatchObject({ code: 'ERR_SOCK_ABORTED' });
    expect([from, to].map(untouched)).toEqual([true, true]);
    source.destroy();
    sink.destroy();
    to.destroy();
  });

  test('what onProgress throws ends it like a signal', async () => {
    const { source, from, to, sink } = line();
    const piping = rejection(pipe(from, to, { onProgress: () => { throw new Error('full'); } }));
    await source.send(bytes('x'));
    expect((await piping).message).toBe('full');
    expect([from, to].map(untouched)).toEqual([true, true]);
    source.destroy();
    sink.destroy();
  });
});

describe('refused before anything is touched', () => {
  test.each([
    ['an unknown option', { ennd: true }, /ennd.*did you mean end/],
    ['an end that is none', { end: 1 }, /end: found 1/],
    ['an onProgress that is none', { onProgress: 'x' }, /onProgress/],
    ['a time-out that is none', { timeout: 'soon' }, /soon/],
  ])('%s', async (_what, options, message) => {
    const { from, to } = line();
    const error = await rejection(pipe(from, to, options as never));
    expect(error.code).toBe('ERR_SOCK_CONFIG');
    expect(error.message).toMatch(message);
    expect([from, to].map(untouched)).toEqual([true, true]);
    from.destroy();
    to.destroy();
  });

  test('a source that is being read, a sink that has ended, what is no socket', async () => {
    const { source, from, to, sink } = line();
    const loop = fromSocket(from)[Symbol.asyncIterator]();
    const step = loop.next();
    expect(await rejection(pipe(from, to))).toMatchObject({ code: 'ERR_SOCK_BUSY' });
    await source.send(bytes('x'));
    await step;
    // Also between the steps of an iteration.
    expect(await rejection(pipe(from, to))).toMatchObject({ code: 'ERR_SOCK_BUSY' });
    await loop.return?.();
    const piping = rejection(pipe(from, to));
    expect(() => readable(from)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_BUSY', message: expect.stringContaining('while pipe() still waits') }));
    expect(await rejection(from.recv())).toMatchObject({ code: 'ERR_SOCK_BUSY' });
    source.destroy();
    await piping;
    const second = line();
    await second.to.shutdown();
    expect(await rejection(pipe(second.from, second.to))).toMatchObject({ code: 'ERR_SOCK_CLOSED', name: 'SocketError' });
    expect(untouched(second.from)).toBe(true);
    expect(await rejection(pipe({} as never, to))).toMatchObject({ code: 'ERR_SOCK_ARGUMENT' });
    for (const socket of [sink, second.source, second.sink]) socket.destroy();
  });
});
