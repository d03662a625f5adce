import { getEventListeners } from 'node:events';
import type { Socket } from '@sock/core';
import { memoryPair } from '@sock/core/memory';
import { leakGuard, rejection, turns } from '@sock/testkit';
import { describe, expect, test, vi } from 'vitest';
import type { PollEvent } from './index.ts';
import { createPoll, ENDED, ERROR, HANGUP, READABLE, TIMER, WRITABLE } from './index.ts';

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
    let passed = false;
    setTimeout(() => (passed = true), 20);
    while (!passed) expect((await poll.wait()).length).toBe(1);
    expect(passed).toBe(true);
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

describe('refused, and nothing has changed', () => {
  const [one, two] = memoryPair();

  test.each([
    ['a second add', 'ERR_SOCK_POLL_DUPLICATE', 'watches already'],
    ['a modify of what is not watched', 'ERR_SOCK_POLL_UNKNOWN', 'does not watch'],
    ['bits that there are not', 'ERR_SOCK_POLL_ARGUMENT', 'interest got 64'],
    ['a bit both to add and to remove', 'ERR_SOCK_POLL_ARGUMENT', 'both to add and to remove'],
    ['a trigger that there is not', 'ERR_SOCK_POLL_ARGUMENT', 'trigger got slope'],
    ['something that is not pollable', 'ERR_SOCK_POLL_ARGUMENT', 'not pollable'],
    ['one more than maxRegistered', 'ERR_SOCK_POLL_FULL', 'watches 1 already (maxRegistered)'],
    ['one timer more than maxRegistered', 'ERR_SOCK_POLL_FULL', 'has 1 timers already'],
    ['a period of nothing', 'ERR_SOCK_POLL_ARGUMENT', 'a period of 0'],
    ['a delay that is none', 'ERR_SOCK_CONFIG', 'duration'],
  ] as const)('%s', (what, code, reason) => {
    using poll = createPoll<Socket, string, string>({ maxRegistered: what === 'a second add' ? 2 : 1 });
    poll.add(one, WRITABLE, 'kept');
    poll.after('1h', 'kept');
    const calls: Record<typeof what, () => unknown> = {
      'a second add': () => poll.add(one, READABLE, 'x'),
      'a modify of what is not watched': () => poll.modify(two, { add: READABLE }),
      'bits that there are not': () => poll.modify(one, { interest: 64, data: 'x' }),
      'a bit both to add and to remove': () => poll.modify(one, { add: READABLE, remove: READABLE | ENDED, data: 'x' }),
      'a trigger that there is not': () => poll.modify(one, { trigger: 'slope' as 'edge', interest: 0 }),
      'something that is not pollable': () => poll.add({ ready: 1 } as unknown as Socket, READABLE, 'x'),
      'one more than maxRegistered': () => poll.add(two, READABLE, 'x'),
      'one timer more than maxRegistered': () => poll.after(5, 'x'),
      'a period of nothing': () => poll.every(0, 'x'),
      'a delay that is none': () => poll.after('soon' as '1s', 'x'),
    };
    if (what.startsWith('a period') || what.startsWith('a delay')) {
      using roomy = createPoll<Socket, string, string>();
      expect(() => (what === 'a period of nothing' ? roomy.every(0, 'x') : roomy.after('soon' as '1s', 'x'))).toThrow(expect.objectContaining({ code, message: expect.stringContaining(reason) }));
    } else {
      expect(calls[what]).toThrow(expect.objectContaining({ code, message: expect.stringContaining(reason) }));
    }
    expect([poll.size, poll.has(one), poll.has(two)]).toEqual([1, true, false]);
    expect(() => poll.modify(one, {})).not.toThrow();
  });

  test.each([[{ max: 0 }, 'ERR_SOCK_POLL_ARGUMENT', 'max got 0'], [{ max: 1.5 }, 'ERR_SOCK_POLL_ARGUMENT', 'max got 1.5'], [{ timeout: -1 }, 'ERR_SOCK_CONFIG', '-1']] as const)('a wait with %j', async (options, code, reason) => {
    using poll = createPoll();
    expect(await rejection(poll.wait(options))).toMatchObject({ code, message: expect.stringContaining(reason) });
    expect(await poll.wait({ max: 1, timeout: 1 })).toEqual([]);
  });

  test.each([['maxEvents', 0], ['maxRegistered', 0], ['defaultTimeout', '25d']] as const)('a poll with %s %s', (name, value) => {
    expect(() => createPoll({ [name]: value })).toThrow(expect.objectContaining({ code: 'ERR_SOCK_CONFIG', message: expect.stringContaining(`poll.${name}`) }));
    createPoll({ [name]: 1 }).close();
  });
});

describe('timers', () => {
  test('are told with the rest, in their order, never early, and end when told', async () => {
    using poll = createPoll<Socket, string, string>();
    const [left] = memoryPair();
    const began = performance.now();
    const later = poll.after(30, 'later');
    const sooner = poll.after('10ms', 'sooner');
    const told: [string, number][] = [];
    while (told.length < 2) for (const { data, events, ticks } of await poll.wait()) told.push([data, events + (ticks ?? 0)]);
    expect(told).toEqual([['sooner', TIMER + 1], ['later', TIMER + 1]]);
    expect(performance.now() - began).toBeGreaterThanOrEqual(30);
    expect([later.active, sooner.active, later.cancel()]).toEqual([false, false, false]);
    poll.add(left, WRITABLE, 'a socket');
    poll.after(0, 'at once');
    expect((await poll.wait()).map(({ data }) => data)).toEqual(['a socket', 'at once']);
  });

  test('that repeat keep their beat, and count what was told late', async () => {
    using poll = createPoll<Socket, string, string>();
    const timer = poll.every(5, 'beat');
    let ticks = 0;
    const began = performance.now();
    while (performance.now() - began < 30);
    for (const event of await poll.wait()) ticks += event.ticks ?? 0;
    expect(ticks).toBeGreaterThanOrEqual(6);
    while (ticks < 12) for (const event of await poll.wait()) ticks += event.ticks ?? 0;
    expect(performance.now() - began).toBeGreaterThanOrEqual(60);
    expect([timer.active, timer.cancel(), timer.active]).toEqual([true, true, false]);
    expect(await poll.wait({ timeout: 10 })).toEqual([]);
  });

  test('that are cancelled or restarted when due already are not told before their new time', async () => {
    using poll = createPoll<Socket, string, string>();
    const [cancelled, restarted] = [poll.after(1, 'cancelled'), poll.after(1, 'restarted')];
    const began = performance.now();
    while (performance.now() - began < 3);
    cancelled.cancel();
    restarted.restart(20);
    const again = performance.now();
    expect((await poll.wait()).map(({ data }) => data)).toEqual(['restarted']);
    expect(performance.now() - again).toBeGreaterThanOrEqual(19.9);
  });

  test('keep no process alive while nobody waits', () => {
    using poll = createPoll<Socket, string, string>();
    const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    poll.after('1h', 'x');
    expect(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length).toBe(before);
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
