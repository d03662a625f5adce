import { assertSameBytes, pattern, rejection } from '@sock/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coreSection } from './limits.ts';
import { WRITABLE } from './ready.ts';
import { SendQueue } from './send-queue.ts';
import type { Transport } from './transport.ts';

/** A transport that takes what it is told to, and reports writes when it is told to. Holds what it accepted, as a real one may. */
class Wire {
  readonly accepted: Uint8Array[] = [];
  readonly #reports: { size: number; written: (cause?: unknown) => void }[] = [];
  #deferred: (() => void)[] = [];
  pushes = 0;
  room = 0;
  /** What was received and not read. */
  buffered = 0;
  onPush: (() => void) | undefined;

  get transport(): Transport {
    const buffered = (): number => this.buffered;
    const wire = {
      remote: { memory: 'wire' },
      get buffered() {
        return buffered();
      },
      defer: (flush: () => void) => this.#deferred.push(flush),
      push: (chunks: readonly Uint8Array[], written: (cause?: unknown) => void) => this.#push(chunks, written),
    };
    return wire as unknown as Transport;
  }

  #push(chunks: readonly Uint8Array[], written: (cause?: unknown) => void): number {
    this.pushes += 1;
    let count = 0;
    for (const chunk of chunks) {
      const part = chunk.subarray(0, this.room - count);
      if (part.length > 0) this.accepted.push(part);
      count += part.length;
    }
    this.room -= count;
    if (count > 0) this.#reports.push({ size: count, written });
    this.onPush?.();
    return count;
  }

  /** The end of a turn. */
  turn(): void {
    for (const flush of this.#deferred.splice(0)) flush();
  }

  /** Reports the oldest push as written; from then on its memory is the sender's again. */
  report(): Uint8Array {
    const report = this.#reports.shift();
    if (report === undefined) return new Uint8Array(0);
    const bytes = Buffer.concat(this.accepted);
    const written = bytes.subarray(0, report.size);
    this.accepted.splice(0, this.accepted.length, ...(bytes.length > report.size ? [bytes.subarray(report.size)] : []));
    report.written();
    return written;
  }

  get unreported(): number {
    return this.#reports.length;
  }
}

const limits = coreSection.resolve({ sendQueueBytes: '16KiB' });

// Small sizes keep the queue at its first, smallest memory, which is used again; large ones go through every other.
test.each([90, 30_000])('all bytes of sends up to %d leave once and in order, however little the transport takes and however late it reports', async (max) => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ send: fc.integer({ min: 1, max }), mode: fc.constantFrom('copy' as const, 'lend' as const, 'own' as const) }) },
    { weight: 2, arbitrary: fc.record({ accept: fc.integer({ min: 1, max }) }) },
    { weight: 4, arbitrary: fc.record({ room: fc.integer({ min: 1, max: max + 100 }) }) },
    { weight: 2, arbitrary: fc.constant({ turn: true } as const) },
    { weight: 3, arbitrary: fc.constant({ received: true } as const) },
    { weight: 4, arbitrary: fc.constant({ report: true } as const) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const wire = new Wire();
      const received = { bytes: 0 };
      const queue = new SendQueue(wire.transport, limits, () => {}, received);
      const expected: Uint8Array[] = [];
      const written: Uint8Array[] = [];
      const sends: Promise<void>[] = [];
      for (const [seed, one] of steps.entries()) {
        if ('send' in one) {
          const bytes = pattern(one.send, seed);
          expected.push(bytes.slice());
          // Overwritten as soon as the queue says so: what is read from it afterwards would be seen.
          sends.push(queue.send([bytes], one.mode, undefined).then(() => void (one.mode === 'own' || bytes.fill(0xee))));
        } else if ('accept' in one) {
          const bytes = pattern(one.accept, seed);
          const count = queue.accept(bytes);
          expected.push(bytes.slice(0, count));
          bytes.fill(0xee);
        } else if ('room' in one) {
          wire.room += one.room;
          queue.resume();
        } else if ('received' in one) received.bytes += 1;
        else if ('turn' in one) wire.turn();
        else written.push(wire.report());
        expect(queue.accepted - queue.written).toBeLessThanOrEqual(limits.sendQueueBytes);
        await Promise.resolve();
      }
      for (wire.room = Infinity; queue.written < queue.accepted || queue.room < limits.sendQueueBytes; ) {
        queue.resume();
        wire.turn();
        written.push(wire.report());
        await Promise.resolve();
      }
      await Promise.all(sends);
      assertSameBytes(Buffer.concat(written), Buffer.concat(expected));
    }),
    { numRuns: 150 },
  );
});

describe('one turn', () => {
  test('leaves as one push, at the moment that the transport chooses', () => {
    const wire = new Wire();
    wire.room = Infinity;
    const queue = new SendQueue(wire.transport, limits, () => {}, { bytes: 0 });
    for (let count = 0; count < 20; count += 1) queue.accept(pattern(50));
    queue.resume();
    expect(wire.pushes).toBe(0);
    wire.turn();
    expect(wire.pushes).toBe(1);
    expect(wire.accepted).toHaveLength(1);
  });

  test('with more than a piece leaves before its end', () => {
    const wire = new Wire();
    wire.room = Infinity;
    const queue = new SendQueue(wire.transport, coreSection.defaults, () => {}, { bytes: 0 });
    queue.accept(pattern(70_000));
    expect(wire.pushes).toBe(1);
  });
});

describe('answers', () => {
  const answering = (): { wire: Wire; queue: SendQueue; received: { bytes: number } } => {
    const wire = new Wire();
    wire.room = Infinity;
    const received = { bytes: 0 };
    const queue = new SendQueue(wire.transport, limits, () => {}, received);
    // One that stays alone.
    received.bytes = 1;
    queue.accept(pattern(50));
    wire.turn();
    return { wire, queue, received };
  };

  test('leave at once when the one before stayed alone, and the buffer may be written to', () => {
    const { wire, queue, received } = answering();
    received.bytes = 2;
    const bytes = pattern(50);
    queue.accept(bytes);
    bytes.fill(0xee);
    expect(wire.pushes).toBe(2);
    assertSameBytes(wire.accepted[1] as Uint8Array, pattern(50));
  });

  test('leave as one write where two sends answer what came', () => {
    const { wire, queue, received } = answering();
    for (const bytes of [2, 3]) {
      received.bytes = bytes;
      queue.accept(pattern(50));
      queue.accept(pattern(50));
      wire.turn();
    }
    // The second send of the first two was not foreseen.
    expect(wire.pushes).toBe(4);
  });

  test('wait for the turn while more has come that wants an answer', () => {
    const { wire, queue, received } = answering();
    received.bytes = 2;
    wire.buffered = 10;
    queue.accept(pattern(50));
    expect(wire.pushes).toBe(1);
  });
});

test('what is sent from inside a push stays behind the rest of it', () => {
  const wire = new Wire();
  const queue = new SendQueue(wire.transport, coreSection.defaults, () => {}, { bytes: 0 });
  queue.accept(pattern(3000, 1));
  wire.room = 1000;
  wire.onPush = () => {
    wire.onPush = undefined;
    wire.room = Infinity;
    // As a transport does that tells of room at once, to a listener that sends at once, and so much that it leaves at once.
    queue.accept(pattern(70_000, 2));
    queue.resume();
  };
  wire.turn();
  wire.turn();
  assertSameBytes(Buffer.concat(wire.accepted), Buffer.concat([pattern(3000, 1), pattern(70_000, 2)]));
});

test('a failed write does not count as written, and the failure ends every wait', async () => {
  const wire = new Wire();
  wire.room = Infinity;
  const queue = new SendQueue(wire.transport, limits, () => {}, { bytes: 0 });
  const waiting = [queue.send([pattern(10)], 'lend', undefined), queue.flushed(undefined, { phase: 'send' }), queue.send([pattern(90_000)], 'own', undefined)];
  const broken = new Error('broken');
  const failures = Promise.all(waiting.map((call) => rejection(call)));
  queue.fail(() => broken);
  queue.fail(() => new Error('again'));
  expect(await failures).toEqual([broken, broken, broken]);
  expect(queue.written).toBe(0);
  expect(queue.room).toBe(0);
  expect(queue.accept(pattern(1))).toBe(0);
  expect(await rejection(queue.send([pattern(1)], 'copy', undefined))).toBe(broken);
  wire.turn();
  expect(wire.pushes).toBe(0);
});

test('a cancelled send makes room for those behind it, and tells', async () => {
  const wire = new Wire();
  let told = 0;
  const queue = new SendQueue(wire.transport, limits, () => (told |= WRITABLE), { bytes: 0 });
  queue.accept(pattern(10_000));
  const controller = new AbortController();
  const large = queue.send([pattern(16_000)], 'copy', { signal: controller.signal });
  let small = false;
  const behind = queue.send([pattern(1000)], 'copy', undefined).then(() => (small = true));
  await Promise.resolve();
  expect([queue.room, small]).toEqual([0, false]);
  controller.abort();
  expect((await rejection(large)).code).toBe('ERR_SOCK_ABORTED');
  await behind;
  expect(told).toBe(WRITABLE);
  expect(queue.room).toBe(16_384 - 11_000);
});

test('a flush stands in line behind the sends that wait, and a cancelled one is forgotten', async () => {
  const wire = new Wire();
  wire.room = Infinity;
  const queue = new SendQueue(wire.transport, limits, () => {}, { bytes: 0 });
  const order: string[] = [];
  const sending = queue.send([pattern(40_000)], 'own', undefined).then(() => order.push('sent'));
  const flushing = queue.flushed(undefined, { phase: 'send' }).then(() => order.push('flushed'));
  const late = queue.send([pattern(10)], 'copy', undefined).then(() => order.push('late'));
  expect(await rejection(queue.flushed({ timeout: 5 }, { phase: 'send', what: 'flush' }))).toMatchObject({ code: 'ERR_SOCK_TIMEOUT' });
  while (queue.written < 40_010) {
    wire.turn();
    wire.report();
    await Promise.resolve();
  }
  await Promise.all([sending, flushing, late]);
  expect(order[0]).toBe('sent');
  expect(order).toContain('flushed');
  expect(queue.accepted).toBe(40_010);
});
