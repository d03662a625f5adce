import { memoryPair } from '@sock/core/memory';
import { assertSameBytes, concatBytes, leakGuard, pattern } from '@sock/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fakeClock } from './fake-clock.test-d.ts';
import type { Completion, Submitted } from './index.ts';
import { createOperations } from './index.ts';

leakGuard();

const nothing = Promise.resolve();
const NARROW = { sendQueueBytes: '4KiB', receiveQueueBytes: '4KiB' } as const;

type Step =
  | { readonly do: 'submit'; readonly length: number; readonly timeout: number | undefined; readonly several: boolean; readonly owned: boolean }
  | { readonly do: 'cancel'; readonly index: number }
  | { readonly do: 'continue'; readonly index: number }
  | { readonly do: 'release'; readonly index: number }
  | { readonly do: 'move'; readonly count: number }
  | { readonly do: 'read'; readonly count: number }
  | { readonly do: 'wait'; readonly count: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('submit'), length: fc.constantFrom(0, 1, 100, 4096, 9000, 20_000, 70_000), timeout: fc.option(fc.constantFrom(1, 5), { nil: undefined }), several: fc.boolean(), owned: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('cancel', 'continue', 'release'), index: fc.nat(10) }) as fc.Arbitrary<Step> },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('move', 'read', 'wait'), count: fc.integer({ min: 1, max: 6 }) }) as fc.Arbitrary<Step> },
);

/** An operation, and those that went on with it: the last one tells what all of them moved. */
interface Chain { last: Submitted; readonly sent: Uint8Array }

/** Runs some microtasks: everything in memory goes by them. */
async function settle(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await nothing;
}

test('whatever is cancelled, expires, is continued or released: on the wire stand the counted bytes of each send, in order, and nothing else', { timeout: 120_000 }, async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
    const clock = fakeClock();
    const [left, right] = memoryPair(NARROW);
    const operations = createOperations({ clock });
    const chains: Chain[] = [];
    const told = new Map<number, number>();
    const got: Uint8Array[] = [];
    const onCompletion = ({ id }: Completion): void => void told.set(id, (told.get(id) ?? 0) + 1);
    const read = (): boolean => {
      const target = new Uint8Array(4096);
      const count = right.tryRecv(target);
      got.push(target.subarray(0, count));
      return count > 0;
    };
    const submitOne = ({ length, timeout, several, owned }: Extract<Step, { do: 'submit' }>): void => {
      const sent = pattern(length, chains.length + 1);
      const chunks = [sent.subarray(0, length >> 1), sent.subarray(length >> 1)];
      const operation = several ? ({ op: 'sendv', socket: left, chunks } as const) : ({ op: 'send', socket: left, bytes: sent, owned } as const);
      chains.push({ sent, last: operations.submit(operation, { timeout, onCompletion }) });
    };
    for (const one of steps) {
      const chain = 'index' in one ? chains[one.index % Math.max(1, chains.length)] : undefined;
      if (one.do === 'submit') submitOne(one);
      else if (one.do === 'cancel' && chain !== undefined) operations.cancel(chain.last.id);
      else if (one.do === 'release' && chain !== undefined) operations.release(chain.last.id);
      else if (one.do === 'continue' && chain !== undefined) {
        try {
          chain.last = operations.continue(chain.last.id, { onCompletion, timeout: 3 });
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_SOCK_OPERATION_UNKNOWN' });
        }
      } else if (one.do === 'move') clock.move(one.count);
      else if (one.do === 'read') for (let count = 0; count < one.count; count += 1) read();
      else if (one.do === 'wait') await settle(one.count * 4);
    }
    // To the end: all that is left is let through, and what is partial is given up.
    for (let idle = 0; idle < 3; ) {
      for (const { last } of chains) operations.release(last.id);
      await settle();
      idle = read() || operations.stats.inFlight > 0 ? 0 : idle + 1;
    }
    expect(operations.stats).toMatchObject({ inFlight: 0, waiting: 0, bytesInFlight: 0, partial: 0 });
    expect([...told.values()].every((count) => count === 1)).toBe(true);
    expect(told.size).toBe(operations.stats.submitted);
    const counted = chains.map(({ last, sent }) => sent.subarray(0, last.completion?.bytes ?? 0));
    assertSameBytes(concatBytes(got), concatBytes(counted));
    for (const { last, sent } of chains) if (last.completion?.outcome === 'ok') expect(last.completion.bytes).toBe(sent.length);
    expect(clock.timers).toBe(0);
    left.destroy();
  }), { numRuns: 2500 });
});

test('whatever is cancelled, expires, is continued or released: the receives have each byte once, in order, and what they have not is still there', { timeout: 120_000 }, async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
    const clock = fakeClock();
    const [left, right] = memoryPair();
    const operations = createOperations({ clock });
    const ids: number[] = [];
    const received: Uint8Array[] = [];
    let told = 0;
    const onCompletion = (completion: Completion): void => {
      told += 1;
      if (completion.outcome === 'ok') received.push(completion.value as Uint8Array);
    };
    const all = pattern(200_000);
    let sent = 0;
    for (const one of steps) {
      const index = 'index' in one ? one.index % Math.max(1, ids.length) : 0;
      const id = ids[index] ?? 0;
      if (one.do === 'submit') {
        const operation = one.several ? ({ op: 'recv', socket: right } as const) : ({ op: 'recvExactly', socket: right, length: one.length >> 3 } as const);
        ids.push(operations.submit(operation, { timeout: one.timeout, onCompletion }).id);
      } else if (one.do === 'cancel') operations.cancel(id);
      else if (one.do === 'release') operations.release(id);
      else if (one.do === 'continue') {
        try {
          ids[index] = operations.continue(id, { onCompletion, timeout: 3 }).id;
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_SOCK_OPERATION_UNKNOWN' });
        }
      } else if (one.do === 'move') clock.move(one.count);
      else if (one.do === 'wait') await settle(one.count * 4);
      else {
        const count = left.trySend(all.subarray(sent, sent + one.count * 300));
        sent += count;
      }
    }
    await settle();
    for (const id of ids) operations.release(id);
    await operations.close();
    await settle();
    expect(told).toBe(operations.stats.submitted);
    expect(operations.stats).toMatchObject({ inFlight: 0, waiting: 0, bytesInFlight: 0, partial: 0 });
    const rest = new Uint8Array(200_000);
    const unread = right.tryRecv(rest);
    assertSameBytes(concatBytes([...received, rest.subarray(0, unread)]), all.subarray(0, sent));
    expect(clock.timers).toBe(0);
    left.destroy();
  }), { numRuns: 2500 });
});
