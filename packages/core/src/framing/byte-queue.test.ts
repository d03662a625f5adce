import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteQueue } from './byte-queue.ts';

/** `count` bytes that go on from those of the call before. */
function counter(): (count: number) => Uint8Array {
  let next = 0;
  return (count) => Uint8Array.from({ length: count }, () => (next += 1) & 0xff);
}

const sizes = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 400 }), fc.constant(600));
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ push: sizes }) },
  { weight: 3, arbitrary: fc.record({ take: sizes }) },
  fc.record({ peek: sizes }),
  fc.record({ skip: sizes }),
  fc.record({ unshift: sizes }),
  fc.record({ putBack: sizes }),
  fc.record({ drain: fc.constant(true) }),
);

test.each([false, true])('it behaves like one long array under any sequence of calls, and no answer changes afterwards (clearing: %s)', (clear) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const queue = new ByteQueue(undefined, clear);
      const make = counter();
      let model: number[] = [];
      const answers: { readonly given: Uint8Array; readonly expected: number[] }[] = [];
      const answer = (given: Uint8Array, expected: number[]): void => {
        answers.push({ given, expected });
      };
      for (const one of steps) {
        if ('push' in one) {
          const chunk = make(one.push);
          model.push(...chunk);
          queue.push(chunk);
        } else if ('take' in one) {
          const count = Math.min(one.take, model.length);
          answer(queue.take(count), model.splice(0, count));
        } else if ('peek' in one) {
          const count = Math.min(one.peek, model.length);
          expect([...queue.peek(count)]).toEqual(model.slice(0, count));
        } else if ('skip' in one) {
          const count = Math.min(one.skip, model.length);
          queue.skip(count);
          model.splice(0, count);
        } else if ('unshift' in one) {
          const chunk = make(one.unshift);
          model.unshift(...chunk);
          queue.unshift(chunk);
        } else if ('putBack' in one) {
          // Given away with it: no answer any more.
          queue.unshift(queue.take(Math.min(one.putBack, model.length)));
        } else {
          expect(queue.drain().flatMap((chunk) => [...chunk])).toEqual(model);
          model = [];
        }
        expect(queue.length).toBe(model.length);
      }
      for (const { given, expected } of answers) expect([...given]).toEqual(expected);
      expect([...queue.take(model.length)]).toEqual(model);
    }),
    { numRuns: 2000 },
  );
});

test('what lies in one chunk is answered without a copy, and is no Buffer where a Buffer came', () => {
  const queue = new ByteQueue(undefined);
  const chunk = Buffer.from('hello world, and so on');
  queue.push(chunk);
  const hello = queue.take(5);
  expect(hello.buffer).toBe(chunk.buffer);
  expect(hello.byteOffset).toBe(chunk.byteOffset);
  expect(hello.constructor).toBe(Uint8Array);
});

test('what was just taken and is put back is the same memory again', () => {
  const queue = new ByteQueue(undefined);
  const chunk = new Uint8Array(1000).fill(7);
  queue.push(chunk);
  const taken = queue.take(10);
  queue.unshift(taken);
  expect(queue.peek(1000).buffer).toBe(chunk.buffer);
});

test('a megabyte of crumbs costs not much more than a megabyte, and a hundred thousand that are put back are taken as fast', () => {
  const queue = new ByteQueue(undefined);
  for (let count = 0; count < 1024 * 1024; count += 1) queue.push(Uint8Array.of(count & 0xff));
  expect(queue.chunks.length).toBeLessThan(300);
  expect(queue.chunks.reduce((sum, chunk) => sum + chunk.buffer.byteLength, 0)).toBeLessThan(1.3 * 1024 * 1024);
  for (let count = 0; count < 100_000; count += 1) queue.unshift(Uint8Array.of(count & 0xff));
  expect(queue.take(100_000).at(-1)).toBe(0);
  expect(queue.take(1024 * 1024).every((byte, index) => byte === (index & 0xff))).toBe(true);
  expect(queue.length).toBe(0);
});

test('with clearing, what was read is zero in every buffer that the queue had, and the answers are not', () => {
  const queue = new ByteQueue(undefined, true);
  const chunks = [300, 2, 3, 4, 280].map((size) => new Uint8Array(size).fill(0x55));
  for (const chunk of chunks) queue.push(chunk);
  const blocks = queue.chunks.slice();
  const answer = queue.take(585);
  expect(answer.every((byte) => byte === 0x55)).toBe(true);
  for (const memory of [...chunks.slice(0, -1), ...blocks.slice(0, -1)]) expect(memory.every((byte) => byte === 0)).toBe(true);
  const last = chunks.at(-1) as Uint8Array;
  // Of the last chunk, what was not read is still there.
  expect([...last.subarray(0, 276)].every((byte) => byte === 0)).toBe(true);
  expect([...last.subarray(276)]).toEqual([0x55, 0x55, 0x55, 0x55]);
});
