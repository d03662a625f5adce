import { bytes, leakGuard, rejection, text, turns } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import type { Socket } from '../index.ts';
import type { FrameFormat, Reader, ReaderOptions } from '../framing.ts';
import { lengthPrefixed, lines, reader } from '../framing.ts';
import { memoryPair } from '../memory.ts';

leakGuard();

async function at<T>(words: string | Uint8Array, run: (from: Reader, socket: Socket, peer: Socket) => Promise<T>, options?: ReaderOptions): Promise<T> {
  const [peer, socket] = memoryPair();
  await peer.send(typeof words === 'string' ? bytes(words) : words);
  await peer.flush();
  const from = reader(socket, options);
  try {
    return await run(from, socket, peer);
  } finally {
    socket.destroy();
    peer.destroy();
  }
}

test('the order of numbers can be the reader\'s, and big is the default', async () => {
  expect(await at(Uint8Array.of(1, 2), (from) => from.uint16())).toBe(0x0102);
  expect(await at(Uint8Array.of(1, 2), (from) => from.uint16(), { order: 'little' })).toBe(0x0201);
  expect(await at(Uint8Array.of(1, 2), (from) => from.uint16({ order: 'big' }), { order: 'little' })).toBe(0x0102);
});

test('while a reader is at work every other receive, an upgrade and a second reader are refused; after release they are not, and have all bytes', async () => {
  await at('line\nrest', async (from, socket, peer) => {
    for (const call of [socket.recv(), socket.recvExactly(1), socket.detach()]) expect(await rejection(call)).toMatchObject({ code: 'ERR_SOCK_BUSY', message: expect.stringContaining('reader()') });
    expect(() => reader(socket)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_BUSY' }));
    expect(() => socket.unread(bytes('x'))).toThrow('reader()');
    expect(await from.line()).toBe('line');
    await peer.send(bytes(', more'));
    expect(text(await from.exactly(2))).toBe('re');
    from.release();
    from.release();
    expect(await rejection(from.line())).toMatchObject({ code: 'ERR_SOCK_ARGUMENT', message: expect.stringContaining('release()') });
    expect(() => from.tryLine()).toThrow('release()');
    expect(text(await socket.recvExactly(8))).toBe('st, more');
    const again = reader(socket);
    await peer.send(bytes('!'));
    expect(await again.uint8()).toBe(33);
  });
});

test('a layer that is put on after release has what the reader read too far', async () => {
  await at('STARTTLS\n\x16\x03', async (from, socket) => {
    expect(await from.line()).toBe('STARTTLS');
    from.release();
    const { unread } = await socket.detach();
    expect(Buffer.concat(unread)).toEqual(Buffer.from('\x16\x03'));
  });
});

test('one call at a time: another is refused while one waits, and release too', async () => {
  await at('ab', async (from, _socket, peer) => {
    const first = from.exactly(4);
    expect(await rejection(from.line())).toMatchObject({ code: 'ERR_SOCK_BUSY', message: expect.stringContaining('exactly()') });
    expect(() => from.tryExactly(1)).toThrow('exactly()');
    expect(() => from.release()).toThrow('exactly()');
    await peer.send(bytes('cd'));
    expect(text(await first)).toBe('abcd');
  });
});

test('a time-out or a signal loses no byte and tells how many came', async () => {
  await at('abc', async (from, _socket, peer) => {
    expect(await rejection(from.exactly(5, { timeout: 5 }))).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', bytesMoved: 3, message: expect.stringContaining('exactly from memory:pair-a') });
    const abort = new AbortController();
    const waiting = rejection(from.until('zz', { signal: abort.signal }));
    await peer.send(bytes('de'));
    await turns(2);
    abort.abort(new Error('enough'));
    expect(await waiting).toMatchObject({ code: 'ERR_SOCK_ABORTED', bytesMoved: 5, cause: new Error('enough') });
    expect(await rejection(from.exactly(1, { signal: AbortSignal.abort() }))).toMatchObject({ code: 'ERR_SOCK_ABORTED' });
    expect(text(await from.exactly(5))).toBe('abcde');
  });
});

test('try calls answer undefined when they would wait, and go on where they stopped', async () => {
  await at('', async (from, _socket, peer) => {
    expect([from.tryExactly(1), from.tryPeek(1), from.tryLine(), from.tryUntil('x'), from.tryNumber('uint8'), from.tryFrame(lengthPrefixed({ lengthBytes: 1 }))]).toEqual(Array(6).fill(undefined));
    for (const part of ['he', 'll', 'o\r']) {
      await peer.send(bytes(part));
      await turns(2);
      expect(from.tryLine()).toBeUndefined();
    }
    await peer.send(bytes('\nxy'));
    await turns(2);
    expect([from.tryLine(), text(from.tryPeek(1) ?? null), text(from.tryExactly(2) ?? null)]).toEqual(['hello', 'x', 'xy']);
    await peer.shutdown();
    await turns(2);
    expect(() => from.tryLine()).toThrow(expect.objectContaining({ code: 'ERR_SOCK_UNEXPECTED_END', bytesMoved: 0 }));
    expect(from.tryFrame(lengthPrefixed({ lengthBytes: 1 }))).toBeNull();
  });
});

test('atEnd waits for a byte or the end', async () => {
  await at('', async (from, _socket, peer) => {
    const waiting = from.atEnd();
    await peer.send(bytes('a'));
    expect(await waiting).toBe(false);
    expect(await from.uint8()).toBe(97);
    expect(await rejection(from.atEnd({ timeout: 1 }))).toMatchObject({ code: 'ERR_SOCK_TIMEOUT' });
    await peer.shutdown();
    expect(await from.atEnd()).toBe(true);
  });
});

test('skip drops any amount and holds none of it', async () => {
  await at('', async (from, _socket, peer) => {
    const skipping = from.skip(3_000_000);
    await peer.sendAll(new Uint8Array(3_000_001).fill(7));
    await skipping;
    expect(from.buffered).toBeLessThan(300_000);
    expect(await from.uint8()).toBe(7);
    expect(await rejection(from.skip(5, { timeout: 1 }))).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', bytesMoved: 0 });
  });
});

describe('over the limit', () => {
  test.each<[string, (from: Reader, count: number) => Promise<unknown>]>([
    ['exactly', (from, count) => from.exactly(count)], ['peek', (from, count) => from.peek(count)], ['until', (from) => from.until('\n')], ['line', (from) => from.line()],
  ])('%s names limit and found, and takes nothing; one byte less passes', async (what, call) => {
    await at('12345\n1234\n', async (from) => {
      const start = `${what === 'line' ? 'a line' : what} from memory:pair-a is over its limit of 4 bytes: found `;
      expect(await rejection(call(from, 5))).toMatchObject({ code: 'ERR_SOCK_LIMIT', category: 'limit', message: expect.stringMatching(new RegExp(`^${start}.*5`)) });
      expect(text(await from.exactly(6, { limit: '6B' }))).toBe('12345\n');
      const got = await call(from, 4);
      expect(typeof got === 'string' ? got : text(got as Uint8Array)).toBe('1234');
    }, { limit: 4 });
  });

  test('a line without an end stops the peer soon', async () => {
    const [peer, socket] = memoryPair();
    const from = reader(socket, { limit: '4KiB' });
    const sending = peer.send(new Uint8Array(4_000_000).fill(97), { timeout: '1s' }).catch(() => 'stopped');
    expect(await rejection(from.line())).toMatchObject({ code: 'ERR_SOCK_LIMIT' });
    expect(from.buffered).toBeLessThan(600_000);
    socket.destroy();
    peer.destroy();
    expect(await sending).toBe('stopped');
  });
});

test('text that is no UTF-8 is refused as a line, and can still be read as bytes', async () => {
  await at(Uint8Array.of(0x61, 0xff, 10), async (from) => {
    expect(await rejection(from.line())).toMatchObject({ code: 'ERR_SOCK_MALFORMED', category: 'protocol', message: expect.stringContaining('no UTF-8') });
    expect(await from.until('\n')).toEqual(Uint8Array.of(0x61, 0xff));
  });
});

test('lines, frames and other calls can be mixed', async () => {
  const format = lengthPrefixed({ lengthBytes: 1 });
  await at('one\ntwo\nthree\nDATA\n\x03abcfour\nfive\n', async (from, _socket, peer) => {
    await peer.shutdown();
    const seen: string[] = [];
    for await (const line of lines(from)) {
      seen.push(line);
      if (line === 'two') expect(text(await from.exactly(2))).toBe('th');
      if (line === 'DATA') seen.push(text(await from.frame(format)));
    }
    expect(seen).toEqual(['one', 'two', 'ree', 'DATA', 'abc', 'four', 'five']);
    expect(await from.frame(format)).toBeNull();
  });
});

test('a format can be the program\'s own', async () => {
  const pairs: FrameFormat<[number, number]> = {
    parser: () => ({
      what: 'a pair',
      take: (queue) => {
        if (queue.length < 2) return undefined;
        const [left = 0, right = 0] = queue.take(2);
        return [left, right];
      },
    }),
  };
  await at(Uint8Array.of(1, 2, 3), async (from, _socket, peer) => {
    expect(await from.frame(pairs)).toEqual([1, 2]);
    expect(from.tryFrame(pairs)).toBeUndefined();
    await peer.shutdown();
    expect(await rejection(from.frame(pairs))).toMatchObject({ code: 'ERR_SOCK_UNEXPECTED_END', bytesMoved: 1, message: expect.stringContaining('before the end of a pair') });
  });
});

describe('when the connection goes', () => {
  test('a local close ends a waiting call, and later ones', async () => {
    await at('ab', async (from, socket) => {
      const waiting = rejection(from.exactly(5));
      void socket.close({ timeout: 1 });
      expect(await waiting).toMatchObject({ code: 'ERR_SOCK_CLOSED' });
      expect(await rejection(from.exactly(1))).toMatchObject({ code: 'ERR_SOCK_CLOSED' });
      expect(() => from.tryExactly(1)).toThrow('closed');
      from.release();
    });
  });

  test('release after a close, in the same turn, ends the waiting call too', async () => {
    await at('ab', async (from, socket) => {
      const waiting = rejection(from.exactly(5));
      socket.destroy();
      from.release();
      expect(await waiting).toMatchObject({ code: 'ERR_SOCK_CLOSED' });
    });
  });

  test('a reset tells itself, and what came before it can still be read', async () => {
    await at('abc', async (from, _socket, peer) => {
      const waiting = rejection(from.exactly(5));
      peer.destroy();
      expect(await waiting).toMatchObject({ code: 'ERR_SOCK_RESET' });
      expect(text(await from.exactly(3))).toBe('abc');
      expect(await rejection(from.atEnd())).toMatchObject({ code: 'ERR_SOCK_RESET' });
    });
  });
});

test('with secureClear the bytes are gone from every buffer of the reader, and the answer is the caller\'s own', async () => {
  const [peer, socket] = memoryPair();
  const chunk = new Uint8Array(400).fill(0x55);
  socket.unread(chunk);
  const from = reader(socket, { secureClear: true });
  const secret = await from.exactly(300);
  expect(secret.every((byte) => byte === 0x55)).toBe(true);
  expect(chunk.subarray(0, 300).every((byte) => byte === 0)).toBe(true);
  expect(chunk[300]).toBe(0x55);
  socket.destroy();
  await turns(2);
  expect(chunk.every((byte) => byte === 0)).toBe(true);
  peer.destroy();
});

test('without it one chunk is answered as it is', async () => {
  const [peer, socket] = memoryPair();
  const chunk = new Uint8Array(400).fill(0x55);
  socket.unread(chunk);
  expect((await reader(socket).exactly(300)).buffer).toBe(chunk.buffer);
  socket.destroy();
  peer.destroy();
});

test('arguments and options that make no sense are refused, and cost no byte', async () => {
  await at('abc', async (from, socket) => {
    for (const wrong of [-1, 1.5, Number.NaN, '3' as never]) expect(await rejection(from.exactly(wrong))).toMatchObject({ code: 'ERR_SOCK_ARGUMENT', message: expect.stringContaining('length') });
    expect(await rejection(from.skip(-1))).toMatchObject({ code: 'ERR_SOCK_ARGUMENT' });
    for (const [call, name] of [
      [from.line({ limt: 4 } as never), 'limt'], [from.line({ limit: -4 }), 'limit'], [from.until(''), 'delimiter'], [from.until(7 as never), 'delimiter'], [from.uint16({ order: 'middle' as never }), 'order'],
      [from.number('uint24' as never), 'kind'], [from.frame({} as never), 'format'], [from.exactly(9, { timeout: 'soon' as never }), 'duration'],
    ] as const) expect(await rejection(call)).toMatchObject({ code: 'ERR_SOCK_CONFIG', message: expect.stringContaining(name) });
    expect(text(await from.exactly(3))).toBe('abc');
    from.release();
    expect(() => reader(socket, { limt: 4 } as never)).toThrow('did you mean limit?');
    expect(() => reader({} as never)).toThrow('Socket');
  });
});
