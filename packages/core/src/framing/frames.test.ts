import { assertSameBytes, bytes, leakGuard, pattern, rejection, text, turns } from '@sock/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Socket } from '../index.ts';
import { delimited, lengthPrefixed, lines, lineWriter, reader } from '../framing.ts';
import { memoryPair } from '../memory.ts';

leakGuard();

let a: Socket;
let b: Socket;
beforeEach(() => {
  [a, b] = memoryPair();
});
afterEach(() => {
  a.destroy();
  b.destroy();
});

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const one of source) list.push(one);
  return list;
}

describe('iterating', () => {
  test('a loop that is left gives everything behind its last frame back to the socket, decoded ahead or not', async () => {
    await a.send(bytes('one\r\ntwo\nthree\nrest'));
    for await (const line of lines(b)) if (line === 'two') break;
    expect(text(await b.recvExactly(10))).toBe('three\nrest');
  });

  test('a loop that has not begun leaves the socket alone, and one that has holds it', async () => {
    const loop = lines(b)[Symbol.asyncIterator]();
    b.unread(bytes('x\n'));
    expect(await loop.next()).toEqual({ done: false, value: 'x' });
    expect(await rejection(b.recv())).toMatchObject({ code: 'ERR_SOCK_BUSY' });
    await loop.return?.();
    expect(await loop.next()).toEqual({ done: true, value: undefined });
    const waiting = b.recv();
    expect(await rejection(lines(b)[Symbol.asyncIterator]().next())).toMatchObject({ code: 'ERR_SOCK_BUSY' });
    await a.send(bytes('y'));
    expect(text(await waiting)).toBe('y');
  });

  test.each([
    ['ends in the middle of a line', 'a\nbc', 'ERR_SOCK_UNEXPECTED_END', 'before the end of a line', 2], ['is over the limit', 'a\n12345\n', 'ERR_SOCK_LIMIT', 'limit of 4 bytes: found 5', 6],
  ])('a stream that %s throws after what was whole, and the rest can still be read', async (_how, stream, code, reason, moved) => {
    await a.send(bytes(stream));
    await a.shutdown();
    const seen: string[] = [];
    const loop = (async () => {
      for await (const line of lines(b, { limit: 4 })) seen.push(line);
    })();
    expect(await rejection(loop)).toMatchObject({ code, bytesMoved: moved, message: expect.stringContaining(reason) });
    expect(seen).toEqual(['a']);
    expect(text(await b.recvExactly(moved))).toBe(stream.slice(2));
  });

  test('a time-out is the budget of each frame, and gives the socket back', async () => {
    const seen: string[] = [];
    const loop = (async () => {
      for await (const line of lines(b, { timeout: '30ms' })) seen.push(line);
    })();
    await a.send(bytes('one\n'));
    await turns(3);
    await a.send(bytes('two\npart'));
    expect(await rejection(loop)).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', bytesMoved: 4 });
    expect(seen).toEqual(['one', 'two']);
    expect(text(await b.recv())).toBe('part');
  });

  test('a signal ends a loop that waits', async () => {
    const abort = new AbortController();
    const loop = rejection(all(lengthPrefixed({ lengthBytes: 1 }).frames(b, { signal: abort.signal })));
    await turns(2);
    abort.abort();
    expect(await loop).toMatchObject({ code: 'ERR_SOCK_ABORTED' });
    expect(b.tryRecv(new Uint8Array(1))).toBe(0);
  });

  test('a second frame is refused while one is waited for, which still comes; leaving then waits for it and releases the socket', async () => {
    const loop = lines(b)[Symbol.asyncIterator]();
    const first = loop.next();
    expect(await rejection(loop.next())).toMatchObject({ code: 'ERR_SOCK_BUSY' });
    const leaving = loop.return?.();
    await a.send(bytes('one\nrest'));
    expect(await first).toEqual({ done: false, value: 'one' });
    expect(await leaving).toEqual({ done: true, value: undefined });
    expect(text(await b.recv())).toBe('rest');
  });

  test('a reader stays with its owner', async () => {
    const from = reader(b);
    await a.send(bytes('one\ntwo\n'));
    for await (const line of lines(from)) if (line === 'one') break;
    expect(await from.line()).toBe('two');
  });

  test('lines come as strict UTF-8, as latin1 or as bytes', async () => {
    const raw = Uint8Array.of(0x80, 0x9f, 0xe4, 10);
    await a.send(raw);
    for await (const line of lines(b, { encoding: 'latin1' })) {
      expect([...line].map((letter) => letter.codePointAt(0))).toEqual([0x80, 0x9f, 0xe4]);
      break;
    }
    await a.send(raw);
    for await (const line of lines(b, { encoding: 'bytes' })) {
      expect(line).toEqual(raw.subarray(0, 3));
      break;
    }
    await a.send(raw);
    expect(await rejection(all(lines(b)))).toMatchObject({ code: 'ERR_SOCK_MALFORMED' });
    expect(b.tryRecv(new Uint8Array(9))).toBe(4);
  });

  test('options that make no sense are refused when they are given', () => {
    for (const wrong of [{ limit: 0 }, { encoding: 'utf-16' }, { limt: 1 }]) expect(() => lines(b, wrong as never)).toThrow(Object.keys(wrong)[0]);
    expect(() => lines(b, { timeout: 'soon' as never })).toThrow('duration');
    expect(() => delimited({ delimiter: 'x' }).frames(b, { limit: 4 } as never)).toThrow('limit');
  });
});

describe('writing', () => {
  test('what is written as lines is read as the same lines', async () => {
    const words = ['', 'plain', 'Grüße 😀', ' spaces ', 'x'.repeat(60_000)];
    for (const ending of ['\n', '\r\n'] as const) {
      const out = lineWriter(a, { ending });
      for (const line of words) await out.write(line);
      await out.write(bytes('as bytes'));
      const from = reader(b);
      for (const line of [...words, 'as bytes']) expect(await from.line()).toBe(line);
      from.release();
    }
    await lineWriter(a).write('by default');
    expect(text(await b.recvExactly(12))).toBe('by default\r\n');
  });

  test.each([['a\nb', 'CR or LF'], ['a\rb', 'CR or LF'], [bytes('a\nb'), 'CR or LF'], ['\ud800', 'surrogate'], [7 as never, 'number']])('the line %j is refused before a byte of it is sent', async (line, reason) => {
    expect(await rejection(lineWriter(a).write(line))).toMatchObject({ code: 'ERR_SOCK_ARGUMENT', phase: 'send', message: expect.stringContaining(reason) });
    expect(await rejection(lineWriter(a, { limit: 3 }).write('1234'))).toMatchObject({ code: 'ERR_SOCK_LIMIT', phase: 'send', message: expect.stringContaining('4 bytes, and its limit is 3') });
    await lineWriter(a, { limit: 3 }).write('123');
    expect(text(await b.recvExactly(5))).toBe('123\r\n');
  });

  test('a frame leaves as one send, its parts together, large ones without a copy', async () => {
    const format = lengthPrefixed({ lengthBytes: 3, order: 'little', limit: '200KiB' });
    const body = pattern(100_000);
    const writing = format.writer(a).write([body, bytes('tail')]);
    expect(a.stats.sends).toBe(1);
    const from = reader(b);
    const frame = await from.frame(format);
    assertSameBytes(frame ?? new Uint8Array(0), Buffer.concat([body, bytes('tail')]));
    await writing;
  });

  test.each([1, 2, 3, 4, 8] as const)('lengths of %i bytes say what they should, up to what they can', async (lengthBytes) => {
    for (const order of ['big', 'little'] as const) {
      for (const [includesLength, adjust] of [[false, 0], [true, 0], [false, -3], [true, 2]] as const) {
        const format = lengthPrefixed({ lengthBytes, order, includesLength, adjust });
        const from = reader(b);
        for (const size of [2, 200, lengthBytes === 1 ? 201 : 7000]) {
          await format.writer(a).write(pattern(size));
          assertSameBytes((await from.frame(format)) ?? bytes('none'), pattern(size));
        }
        from.release();
      }
    }
  });

  test('the header stands in the order of networks', async () => {
    await lengthPrefixed({ lengthBytes: 4 }).writer(a).write(bytes('abc'));
    expect([...(await b.recvExactly(7))]).toEqual([0, 0, 0, 3, ...bytes('abc')]);
    await lengthPrefixed({ lengthBytes: 8, order: 'little', includesLength: true }).writer(a).write(bytes('abc'));
    expect([...(await b.recvExactly(8))]).toEqual([11, 0, 0, 0, 0, 0, 0, 0]);
  });

  test.each([
    ['over the limit', lengthPrefixed({ lengthBytes: 4, limit: 10 }), new Uint8Array(11), 'ERR_SOCK_LIMIT', '11 bytes, and its limit is 10', new Uint8Array(10)],
    ['more than its length can say', lengthPrefixed({ lengthBytes: 1 }), new Uint8Array(256), 'ERR_SOCK_LIMIT', '256 bytes, and its limit is 255', new Uint8Array(255)],
    ['so short that its length would be below zero', lengthPrefixed({ lengthBytes: 1, adjust: 5 }), new Uint8Array(4), 'ERR_SOCK_LIMIT', '-1', new Uint8Array(5)],
    ['text', lengthPrefixed({ lengthBytes: 1 }), 'text' as never, 'ERR_SOCK_ARGUMENT', 'string', bytes('text')],
    ['over the limit, delimited', delimited({ delimiter: '\0', limit: 3 }), bytes('1234'), 'ERR_SOCK_LIMIT', '4 bytes, and its limit is 3', bytes('123')],
    ['cut by its delimiter', delimited({ delimiter: '--' }), bytes('a--b'), 'ERR_SOCK_ARGUMENT', 'inside', bytes('a-b')],
    ['cut where it meets its delimiter', delimited({ delimiter: '--' }), bytes('a-'), 'ERR_SOCK_ARGUMENT', 'inside', bytes('-a')],
  ] as const)('a frame that is %s is refused before a byte of it is sent, and the next one arrives alone', async (_why, format, frame, code, reason, good) => {
    expect(await rejection(format.writer(a).write(frame))).toMatchObject({ code, phase: 'send', message: expect.stringContaining(reason) });
    await format.writer(a).write(good);
    await a.shutdown();
    expect((await all(format.frames(b))).map((one) => [...one])).toEqual([[...good]]);
  });

  test('parts of a frame may hold half a delimiter each, if not a whole one together', async () => {
    const format = delimited({ delimiter: '\r\n' });
    expect(await rejection(format.writer(a).write([bytes('a\r'), bytes('\nb')]))).toMatchObject({ code: 'ERR_SOCK_ARGUMENT' });
    await format.writer(a).write([bytes('a\r'), bytes('b\n')]);
    await a.shutdown();
    expect((await all(format.frames(b))).map(text)).toEqual(['a\rb\n']);
  });

  test('formats whose options make no sense are refused', () => {
    const good = { lengthBytes: 2 } as const;
    for (const [wrong, name] of [
      [{}, 'lengthBytes'], [{ lengthBytes: 5 }, 'lengthBytes'], [{ ...good, order: 'middle' }, 'order'], [{ ...good, limit: '5 apples' }, 'bytes'], [{ ...good, limit: '1TiB' }, 'limit'],
      [{ ...good, adjust: 0.5 }, 'adjust'], [{ ...good, adjust: -70_000 }, 'adjust'], [{ ...good, includesLength: 1 }, 'includesLength'], [{ ...good, lenghtBytes: 2 }, 'did you mean lengthBytes?'],
    ] as const) expect(() => lengthPrefixed(wrong as never)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_CONFIG', message: expect.stringContaining(name) }));
    for (const wrong of [{}, { delimiter: '' }, { delimiter: new Uint8Array(70_000) }]) expect(() => delimited(wrong as never)).toThrow('delimiter');
    expect(() => lineWriter(a, { ending: '\r' as never })).toThrow('ending');
  });
});
