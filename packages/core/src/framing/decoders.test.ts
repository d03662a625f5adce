import { isSocketError } from '@sock/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FrameDecoder } from '../framing.ts';
import { delimited, lengthPrefixed, lineDecoder } from '../framing.ts';

/** What a parser made of a whole stream: its frames, as text, and how it ended. */
interface Outcome {
  readonly frames: string[];
  readonly end: string;
}

/** Bytes as text that tells them apart. */
const shown = (frame: string | Uint8Array): string => (typeof frame === 'string' ? `text:${frame}` : `bytes:${Buffer.from(frame).toString('hex')}`);

/** Feeds `stream` in pieces of `cuts` bytes, over and over. */
function decode(decoder: FrameDecoder<string | Uint8Array>, stream: Uint8Array, cuts: readonly number[]): Outcome {
  const frames: string[] = [];
  try {
    for (let at = 0, turn = 0; at < stream.length; turn += 1) {
      const size = cuts[turn % cuts.length] ?? stream.length;
      frames.push(...decoder.push(stream.slice(at, at + size)).map(shown));
      at += size;
    }
    decoder.end();
    return { frames, end: 'clean' };
  } catch (error) {
    return { frames, end: isSocketError(error) ? error.code : `untyped: ${String(error)}` };
  }
}

const cuts = fc.oneof(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }), fc.constant([1]), fc.constant([]));

/** Holds a decoder against a model, over 10,000 streams and splits. */
function assertModel(streams: fc.Arbitrary<Uint8Array>, limits: fc.Arbitrary<number>, make: (limit: number) => FrameDecoder<string | Uint8Array>, model: (stream: Buffer, limit: number) => Outcome): void {
  fc.assert(
    fc.property(streams, limits, cuts, (stream, limit, sizes) => {
      expect(decode(make(limit), stream, sizes)).toEqual(model(Buffer.from(stream), limit));
    }),
    { numRuns: 10_000 },
  );
}

const limits = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constant(1000));
// Ends, halves of ends, ASCII, whole and broken UTF-8.
const lineBytes = fc
  .array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom('\n', '\r\n', '\r', 'a', 'bc', 'hello world') }, fc.constantFrom('ä', '€', '😀', '\uFEFF')), { maxLength: 60 })
  .map((parts) => new TextEncoder().encode(parts.join('')));
const brokenBytes = fc.tuple(lineBytes, fc.array(fc.constantFrom(0xff, 0xc3, 0x80, 0x0a), { maxLength: 4 }), lineBytes).map((parts) => Buffer.concat(parts.map((part) => Uint8Array.from(part))));

function lineModel(text: (line: Buffer) => string | undefined): (stream: Buffer, limit: number) => Outcome {
  return (stream, limit) => {
    const frames: string[] = [];
    for (let rest = stream; ; ) {
      const end = rest.indexOf(10);
      const raw = end === -1 ? rest : rest.subarray(0, end);
      // Without its end, a CR at the last place may yet be a part of it.
      const line = raw.at(-1) === 13 ? raw.subarray(0, -1) : raw;
      if (line.length > limit) return { frames, end: 'ERR_SOCK_LIMIT' };
      if (end === -1) return { frames, end: rest.length > limit + 1 ? 'ERR_SOCK_LIMIT' : rest.length === 0 ? 'clean' : 'ERR_SOCK_UNEXPECTED_END' };
      const frame = text(line);
      if (frame === undefined) return { frames, end: 'ERR_SOCK_MALFORMED' };
      frames.push(frame);
      rest = rest.subarray(end + 1);
    }
  };
}

test('lines of UTF-8 are the same over any split, and what is no UTF-8 is found at its own line', () => {
  const utf8 = (line: Buffer): string | undefined => (Buffer.from(line.toString('utf8')).equals(line) ? `text:${line.toString('utf8')}` : undefined);
  assertModel(fc.oneof(lineBytes, brokenBytes), limits, (limit) => lineDecoder({ limit }), lineModel(utf8));
}, 60_000);

test('lines of latin1 and of bytes are the same over any split', () => {
  assertModel(brokenBytes, limits, (limit) => lineDecoder({ limit, encoding: 'latin1' }), lineModel((line) => `text:${line.toString('latin1')}`));
  assertModel(brokenBytes, limits, (limit) => lineDecoder({ limit, encoding: 'bytes' }), lineModel((line) => `bytes:${line.toString('hex')}`));
}, 60_000);

test.each([
  [1, 'big', false, 0], [2, 'little', false, 0], [2, 'big', true, 0], [3, 'big', false, 0], [4, 'big', true, 0], [4, 'little', false, -3], [8, 'big', false, 2], [8, 'little', true, -1],
] as const)('frames with a length of %i bytes, %s, counting itself: %s, adjusted by %i, are the same over any split', (lengthBytes, order, includesLength, adjust) => {
  const one = fc.tuple(fc.integer({ min: -2, max: 40 }), fc.uint8Array({ maxLength: 20 }), fc.boolean()).map(([wrong, body, honest]) => {
    const header = Buffer.alloc(8);
    const value = BigInt(Math.max(0, (honest ? body.length : wrong) + (includesLength ? lengthBytes : 0) - adjust));
    if (order === 'big') header.writeBigUInt64BE(value);
    else header.writeBigUInt64LE(value);
    return Buffer.concat([order === 'big' ? header.subarray(8 - lengthBytes) : header.subarray(0, lengthBytes), body]);
  });
  const streams = fc.oneof(fc.array(one, { maxLength: 8 }).map((frames) => new Uint8Array(Buffer.concat(frames))), fc.uint8Array({ maxLength: 60 }));
  const model = (stream: Buffer, limit: number): Outcome => {
    const frames: string[] = [];
    for (let rest = stream; ; ) {
      if (rest.length === 0) return { frames, end: 'clean' };
      if (rest.length < lengthBytes) return { frames, end: 'ERR_SOCK_UNEXPECTED_END' };
      const digits = order === 'big' ? [...rest.subarray(0, lengthBytes)] : [...rest.subarray(0, lengthBytes)].toReversed();
      const length = digits.reduce((value, digit) => value * 256n + BigInt(digit), 0n) - BigInt(includesLength ? lengthBytes : 0) + BigInt(adjust);
      if (length > BigInt(limit)) return { frames, end: 'ERR_SOCK_LIMIT' };
      if (length < 0n) return { frames, end: 'ERR_SOCK_MALFORMED' };
      const end = lengthBytes + Number(length);
      if (rest.length < end) return { frames, end: 'ERR_SOCK_UNEXPECTED_END' };
      frames.push(`bytes:${rest.subarray(lengthBytes, end).toString('hex')}`);
      rest = rest.subarray(end);
    }
  };
  assertModel(streams, limits, (limit) => lengthPrefixed({ lengthBytes, order, includesLength, adjust, limit }).decoder(), model);
}, 60_000);

test.each(['\0', '--', 'aab', 'abab', '\r\n.\r\n'])('frames that end with %j are the same over any split', (delimiter) => {
  const pieces = fc.array(fc.constantFrom(...delimiter, delimiter, 'a', 'x'), { maxLength: 40 }).map((parts) => new TextEncoder().encode(parts.join('')));
  const model = (stream: Buffer, limit: number): Outcome => {
    const frames: string[] = [];
    for (let rest = stream; ; ) {
      const end = rest.indexOf(delimiter);
      if (end > limit) return { frames, end: 'ERR_SOCK_LIMIT' };
      if (end === -1) {
        // What may still be the beginning of the delimiter is not counted.
        let open = Math.min(delimiter.length - 1, rest.length);
        while (open > 0 && rest.subarray(rest.length - open).toString() !== delimiter.slice(0, open)) open -= 1;
        return { frames, end: rest.length - open > limit ? 'ERR_SOCK_LIMIT' : rest.length === 0 ? 'clean' : 'ERR_SOCK_UNEXPECTED_END' };
      }
      frames.push(`bytes:${rest.subarray(0, end).toString('hex')}`);
      rest = rest.subarray(end + delimiter.length);
    }
  };
  assertModel(pieces, limits, (limit) => delimited({ delimiter, limit }).decoder(), model);
}, 60_000);

test('a fault is told after the frames before it, once they were handed out, and then every time', () => {
  const decoder = lengthPrefixed({ lengthBytes: 1, limit: 3 }).decoder();
  expect(decoder.push(Uint8Array.of(1, 65, 9))).toEqual([Uint8Array.of(65)]);
  expect(decoder.failure).toMatchObject({ code: 'ERR_SOCK_LIMIT' });
  for (const again of [() => decoder.push(Uint8Array.of(1)), () => decoder.end()]) expect(again).toThrow('limit of 3 bytes: found a length of 9');
  const early = lengthPrefixed({ lengthBytes: 1, limit: 3 }).decoder();
  expect(() => early.push(Uint8Array.of(9))).toThrow('limit of 3 bytes');
});

test('a length that no number can hold exactly is named as it is', () => {
  const decoder = lengthPrefixed({ lengthBytes: 8 }).decoder();
  expect(() => decoder.push(new Uint8Array(8).fill(0xff))).toThrow(/limit of 1048576 bytes: found a length of 18446744073709551615/);
  const past = lengthPrefixed({ lengthBytes: 8, limit: '4GiB' }).decoder();
  expect(() => past.push(Uint8Array.of(0, 32, 0, 0, 0, 0, 0, 1))).toThrow('found a length of 9007199254740993');
});

test('what belongs to no frame yet can be taken out, for another protocol', () => {
  const decoder = lineDecoder();
  expect(decoder.push(Buffer.from('one\ntw'))).toEqual(['one']);
  expect(decoder.buffered).toBe(2);
  expect(Buffer.concat(decoder.drain()).toString()).toBe('tw');
  decoder.end();
});

test('a line of a megabyte in crumbs is decoded in time and memory that stay in proportion', () => {
  const decoder = lineDecoder({ limit: '1MiB' });
  for (let count = 0; count < 1024 * 1024; count += 1) decoder.push(Uint8Array.of(97));
  expect(decoder.push(Uint8Array.of(10))[0]).toHaveLength(1024 * 1024);
}, 10_000);
