import { getEventListeners } from 'node:events';
import type { Socket } from '@sock/core';
import { memoryPair } from '@sock/core/memory';
import { leakGuard, rejection, turns } from '@sock/testkit';
import { describe, expect, test, vi } from 'vitest';
import type { PollEvent } from './index.ts';
import { createPoll, ENDED, ERROR, HANGUP, READABLE, WRITABLE } from './index.ts';

leakGuard();

const byte = new Uint8Array(1);

function drain(socket: Socket): number {
  const target = new Uint8Array(65_536);
  let sum = 0;
  for (let count = socket.tryRecv(target); count > 0; count = socket.tryRecv(target)) sum += count;
  return sum;
}

/** A pair whose first end cannot send any more. */
async function stuffedPair(): Promise<[Socket, Socket]> {
  const [left, right] = memoryPair({ receiveQueueBytes: '4KiB', sendQueueBytes: '4KiB' });
  while (left.trySend(new Uint8Array(1024)) > 0) await turns(1);
  return [left, right];
}

const masks = (events: readonly { readonly events: number }[]): number[] => events.map(({ events }) => events);

describe('what is told', () => {
  test('that bytes came, with the data, to a wait that was there before and to one that comes after', async () => {
    using poll = createPoll<Socket, string>();
    const [left, right] = memoryPair();
    poll.add(right, READABLE, 'mine');
    const waiting = poll.wait();
    await left.send(byte);
    expect(await waiting).toEqual([{ socket: right, events: READABLE, data: 'mine' }]);
    expect(await poll.wait()).toEqual([{ socket: right, events: READABLE, data: 'mine' }]);
    drain(right);
    expect(await poll.wait({ timeout: 0 })).toEqual([]);
  });

  test('that room came, after the peer has read', async () => {
    using poll = createPoll<Socket>();
    const [left, right] = await stuffedPair();
    poll.add(left, WRITABLE);
    expect(await poll.wait({ timeout: 0 })).toEqual([]);
    const waiting = poll.wait();
    drain(right);
    expect(masks(await waiting)).toEqual([WRITABLE]);
    expect(left.trySend(byte)).toBe(1);
  });

  test('the peer\'s end to those who ask for ENDED, and as READABLE to all others', async () => {
    using poll = createPoll<Socket>();
    const [left, right] = memoryPair();
    const [other, third] = memoryPair();
    poll.add(right, ENDED);
    poll.add(third, READABLE);
    await Promise.all([left.shutdown(), other.shutdown()]);
    expect(masks(await poll.wait())).toEqual([ENDED, READABLE]);
  });

  test.each([['a reset', ERROR], ['a close of its own', 0]] as const)('%s, once, whatever was asked for; then it is not watched any more', async (how, more) => {
    using poll = createPoll<Socket>();
    const [left, right] = memoryPair();
    poll.add(right, 0);
    if (how === 'a reset') left.destroy();
    else right.destroy();
    expect(masks(await poll.wait())).toEqual([HANGUP | more]);
    expect([poll.size, poll.has(right), await poll.wait({ timeout: 0 })]).toEqual([0, false, []]);
  });

  test('bytes that came before the close, with the close: the last event', async () => {
    using poll = createPoll<Socket>();
    const [left, right] = memoryPair();
    poll.add(right, READABLE);
    await left.send(byte);
    left.destroy();
    expect(masks(await poll.wait())).toEqual([READABLE | ERROR | HANGUP]);
    expect(right.tryRecv(new Uint8Array(9))).toBe(1);
  });

  test('the close of one that was closed before it was added, and again when it is added again', async () => {
    using poll = createPoll<Socket>();
    const [left] = memoryPair();
    left.destroy();
    for (const again of ['first', 'second']) {
      poll.add(left, WRITABLE);
      expect([again, masks(await poll.wait())]).toEqual([again, [HANGUP]]);
    }
  });

  test('nothing of one that was removed while its event was on the way', async () => {
    using poll = createPoll<Socket>();
    const [left, right] = memoryPair();
    poll.add(right, READABLE);
    await left.send(byte);
    expect([poll.remove(right), poll.remove(right)]).toEqual([true, false]);
    expect(await poll.wait({ timeout: 0 })).toEqual([]);
  });

  test('what becomes ready in one turn, together', async () => {
    using poll = createPoll<Socket>();
    const pairs = Array.from({ length: 50 }, () => memoryPair());
    for (const [, right] of pairs) poll.add(right, READABLE);
    const waiting = poll.wait();
    for (const [left] of pairs) await left.send(byte);
    expect((await waiting).length).toBe(50);
  });
});

describe('modify changes what is named and keeps the rest', () => {
  // Each row: the interest before, the change, and what an always ready socket then tells.
  test.each([
    [READABLE, { add: WRITABLE }, READABLE | WRITABLE],
    [READABLE | WRITABLE, { remove: WRITABLE }, READABLE],
    [READABLE | ENDED, { add: WRITABLE, remove: ENDED }, READABLE | WRITABLE],
    [READABLE | ENDED, { add: WRITABLE, remove: READABLE }, ENDED | WRITABLE],
    [READABLE, { interest: WRITABLE }, WRITABLE],
    [READABLE, { interest: WRITABLE, add: ENDED }, WRITABLE | ENDED],
    [READABLE | WRITABLE, { data: 'new' }, READABLE | WRITABLE],
    [READABLE | WRITABLE, { trigger: 'edge' }, READABLE | WRITABLE],
    [READABLE | WRITABLE, {}, READABLE | WRITABLE],
  ] as const)('%i with %j is %i', async (before, change, after) => {
    using poll = createPoll<Socket, string>();
    const [left, right] = memoryPair();
    await left.send(byte);
    await left.shutdown();
    poll.add(right, before, 'old');
    poll.modify(right, change);
    expect(await poll.wait()).toEqual([{ socket: right, events: after, data: 'data' in change ? 'new' : 'old' }]);
  });

  test('data that was given stays when the interest changes, and the other way round', async () => {
    using poll = createPoll<Socket, string>();
    const [, right] = memoryPair();
    poll.add(right, 0, 'first');
    poll.modify(right, { add: WRITABLE, data: undefined });
    expect(await poll.wait()).toEqual([{ socket: right, events: WRITABLE, data: 'first' }]);
    poll.modify(right, { data: 'second' });
    expect(await poll.wait()).toEqual([{ socket: right, events: WRITABLE, data: 'second' }]);
  });
});

describe('a wait', () => {
  test('ends without events after its time, after the default time, and at once with 0', async () => {
    using poll = createPoll({ defaultTimeout: 20 });
    for (const options of [{}, { timeout: '15ms' as const }, { timeout: 0 }]) {
      const began = performance.now();
      expect(await poll.wait(options)).toEqual([]);
      expect(performance.now() - began).toBeGreaterThanOrEqual('timeout' in options ? (options.timeout === 0 ? 0 : 15) : 20);
    }
  });

  test('is ended by its signal, which is not listened to afterwards; no event is lost by it', async () => {
    using poll = createPoll<Socket>();
    const [left, right] = memoryPair();
    poll.add(right, READABLE);
    const control = new AbortController();
    const waiting = poll.wait({ signal: control.signal, timeout: '1h' });
    await left.send(byte);
    control.abort(new Error('enough'));
    expect(await rejection(waiting)).toMatchObject({ code: 'ERR_SOCK_ABORTED', message: 'the wait of a poll was aborted by its signal', cause: new Error('enough') });
    expect(await rejection(poll.wait({ signal: control.signal }))).toMatchObject({ code: 'ERR_SOCK_ABORTED' });
    expect(masks(await poll.wait())).toEqual([READABLE]);
    const quiet = new AbortController();
    await poll.wait({ signal: quiet.signal });
    expect(getEventListeners(quiet.signal, 'abort')).toEqual([]);
  });

  test('lets nobody else wait meanwhile', async () => {
    using poll = createPoll();
    const waiting = poll.wait();
    expect(await rejection(poll.wait())).toMatchObject({ code: 'ERR_SOCK_POLL_BUSY', message: expect.stringContaining('another wait of this poll is under way') });
    poll.wake();
    expect(await waiting).toEqual([]);
    expect(await poll.wait({ timeout: 0 })).toEqual([]);
  });

  test('is ended by a wake that came before it, once', async () => {
    using poll = createPoll();
    poll.wake();
    poll.wake();
    expect(await poll.wait()).toEqual([]);
    const second = vi.fn<(events: unknown) => void>();
    const waiting = poll.wait().then(second);
    await turns(5);
    expect(second).not.toHaveBeenCalled();
    poll.wake();
    await waiting;
  });

  test('lets the event loop turn, though something is ready all the time', async () => {
    using poll = createPoll<Socket>();
    const [left] = memoryPair();
    poll.add(left, WRITABLE);
    const passed = new AbortController();
    setTimeout(() => passed.abort(), 20);
    let waits = 0;
    for (; !passed.signal.aborted; waits += 1) expect((await poll.wait()).length).toBe(1);
    expect(waits).toBeGreaterThan(0);
  });

  test('answers with max events at most, and everybody has a turn', async () => {
    using poll = createPoll<Socket, number>({ maxEvents: 7 });
    for (let index = 0; index < 20; index += 1) poll.add(memoryPair()[0], WRITABLE, index);
    const told: number[] = [];
    for (let round = 0; round < 40; round += 1) {
      const batch = await poll.wait(round % 2 === 0 ? { max: 3 } : { max: 100 });
      expect(batch.length).toBe(round % 2 === 0 ? 3 : 7);
      told.push(...batch.map(({ data }) => data));
    }
    // Round robin, exactly: each after the other, over and over.
    expect(told).toEqual(Array.from({ length: told.length }, (_, at) => at % 20));
  });

  test('one that is always ready does not hold up another that has become so', async () => {
    using poll = createPoll<Socket, string>();
    for (let index = 0; index < 10; index += 1) poll.add(memoryPair()[0], WRITABLE, 'busy');
    const [left, right] = memoryPair();
    poll.add(right, READABLE, 'late');
    await poll.wait({ max: 1 });
    await left.send(byte);
    const told: string[] = [];
    while (told.at(-1) !== 'late') told.push(...(await poll.wait({ max: 1 })).map(({ data }) => data));
    expect(told.length).toBeLessThanOrEqual(11);
  });
});

describe('the end of a poll', () => {
  test('ends an iteration, fails a wait, refuses what comes after it, and leaves the sockets open', async () => {
    const poll = createPoll<Socket, string, string>();
    const [left, right] = memoryPair();
    poll.add(right, READABLE, '');
    const timer = poll.after(0, 'due');
    await left.send(byte);
    const batches: PollEvent<Socket, string, string>[][] = [];
    for await (const batch of poll) {
      batches.push(batch);
      poll.close();
    }
    expect([batches.length, poll.closed, poll.size, poll.remove(right), poll.has(right), timer.cancel()]).toEqual([1, true, 0, false, false, false]);
    for (const call of [() => poll.add(left, READABLE, ''), () => poll.modify(right, {}), () => poll.after(1, ''), () => timer.restart()]) {
      expect(call).toThrow(expect.objectContaining({ code: 'ERR_SOCK_POLL_CLOSED', category: 'closed', message: expect.stringContaining('closed') }));
    }
    expect((await rejection(poll.wait())).code).toBe('ERR_SOCK_POLL_CLOSED');
    poll.wake();
    poll.close();
    expect(right.tryRecv(new Uint8Array(4))).toBe(1);
    const waited = createPoll();
    const waiting = waited.wait();
    const iterated = (async () => { for await (const batch of createdLater) expect(batch).toEqual([]); })();
    waited.close();
    expect(await rejection(waiting)).toMatchObject({ code: 'ERR_SOCK_POLL_CLOSED', message: 'this poll was closed' });
    await turns(1);
    createdLater.close();
    await iterated;
  });

  const createdLater = createPoll();
});
