import type { Connector, Socket } from '@sock/core';
import { SocketError } from '@sock/core';
import { memoryPair } from '@sock/core/memory';
import { bytes as utf8, leakGuard, pattern, text, turns } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { fakeClock } from './fake-clock.test-d.ts';
import { createOperations, OperationError } from './index.ts';
import { narrowPair, outcomes } from './outcomes.test-d.ts';

leakGuard();

describe('cancel', () => {
  test('a receive that waits is cancelled, once, and the next one has its turn', async () => {
    const [left, right] = memoryPair();
    const operations = createOperations();
    const [first, second] = [operations.submit({ op: 'recv', socket: right }), operations.submit({ op: 'recv', socket: right })];
    expect([operations.cancel(first.id, 'not needed'), operations.cancel(99)]).toEqual([true, false]);
    expect(await first.done).toMatchObject({ outcome: 'cancelled', bytes: 0, partial: false, error: { code: 'ERR_SOCK_OPERATION_CANCELLED', message: 'operation 1, recv from memory:pair-a, was cancelled', cause: 'not needed' } });
    expect(first.completion?.outcome === 'cancelled' && first.completion.error instanceof OperationError).toBe(true);
    expect(operations.cancel(first.id)).toBe(false);
    await left.send(utf8('for the second'));
    expect(text((await second.value) as Uint8Array)).toBe('for the second');
    left.destroy();
  });

  test('all of a socket at once: nobody\'s turn comes in between, and other sockets are left alone', async () => {
    const [left, right] = narrowPair();
    const operations = createOperations();
    const submitted = [20_000, 5, 5].map((length) => operations.submit({ op: 'send', socket: left, bytes: pattern(length) }));
    const recv = operations.submit({ op: 'recv', socket: left });
    const linked = operations.submit({ op: 'timer', delay: '1h' }, { after: recv });
    const other = operations.submit({ op: 'recv', socket: right });
    expect(operations.cancelAll(left, 'enough')).toBe(4);
    expect(await outcomes(...submitted, recv, linked)).toEqual(['cancelled', 'cancelled', 'cancelled', 'cancelled', 'cancelled']);
    expect(submitted.map(({ completion }) => completion?.bytes)).toEqual([4096, 0, 0]);
    expect((await other.value)?.length).toBeGreaterThan(0);
    expect(operations.cancelAll()).toBe(0);
    left.destroy();
  });

  test('a signal does what cancel does, and is not listened to any more afterwards', async () => {
    const [left, right] = memoryPair();
    const operations = createOperations();
    const controller = new AbortController();
    const recv = operations.submit({ op: 'recv', socket: right }, { signal: controller.signal });
    controller.abort('stop');
    expect(await recv.done).toMatchObject({ outcome: 'cancelled', error: { cause: 'stop' } });
    const late = operations.submit({ op: 'recv', socket: right }, { signal: controller.signal });
    expect(await late.done).toMatchObject({ outcome: 'cancelled', error: { cause: 'stop' } });
    left.destroy();
  });

  test('what was done is told as done: a chunk that was taken when the cancel came is not lost', async () => {
    const [left, right] = memoryPair();
    const operations = createOperations();
    await left.send(utf8('here'));
    await turns(1);
    const recv = operations.submit({ op: 'recv', socket: right });
    operations.cancel(recv.id);
    const { outcome, value } = await recv.done;
    expect([outcome, text(value as Uint8Array)]).toEqual(['ok', 'here']);
    left.destroy();
  });

  test('work that does not listen to its signal holds up no completion longer than cancelGrace; its socket is destroyed, and its side stays taken until then', async () => {
    const clock = fakeClock();
    const [left, right] = memoryPair();
    const operations = createOperations({ clock, cancelGrace: '2s' });
    let arrive: (socket: Socket) => void = () => {};
    const connector: Connector<string> = { key: String, connect: () => new Promise((resolve) => { arrive = resolve; }) };
    const connect = operations.submit({ op: 'connect', connector, target: '' }, { timeout: '1s' });
    await clock.advance(2999);
    expect(connect.completion).toBeUndefined();
    await clock.advance(1);
    expect(connect.completion).toMatchObject({ outcome: 'timedOut', error: { code: 'ERR_SOCK_OPERATION_TIMEOUT', category: 'timeout', retryable: true, message: expect.stringContaining('did not finish within 1000 ms') } });
    expect(operations.stats).toMatchObject({ inFlight: 0, unsettled: 1 });
    arrive(left);
    expect((await right.closed).how).toBe('reset');
    expect(operations.stats.unsettled).toBe(0);

    const [a, b] = memoryPair();
    const late: string[] = [];
    let finish: (value: string) => void = () => {};
    const call = operations.submit({ op: 'call', socket: a, side: 'send', run: () => new Promise<string>((resolve) => { finish = resolve; }), discard: (value) => late.push(value) });
    const send = operations.submit({ op: 'send', socket: a, bytes: utf8('after') });
    operations.cancel(call.id);
    await clock.advance(2000);
    expect([call.completion?.outcome, send.completion]).toEqual(['cancelled', undefined]);
    finish('late');
    await send.value;
    expect(late).toEqual(['late']);
    a.destroy();
    b.destroy();
  });
});

describe('time', () => {
  test('expiry touches only what expired', async () => {
    const clock = fakeClock();
    const operations = createOperations({ clock, defaultTimeout: '5s' });
    const pairs = [1, 2, 3].map(() => memoryPair());
    const [first, second, third] = pairs.map(([, right], index) => operations.submit({ op: 'recv', socket: right }, { timeout: [1000, 3000, undefined][index] }));
    await clock.advance(1000);
    expect([first, second, third].map((one) => one?.completion?.outcome)).toEqual(['timedOut', undefined, undefined]);
    await pairs[2]![0].send(utf8('in time'));
    await clock.advance(2000);
    expect([first, second, third].map((one) => one?.completion?.outcome)).toEqual(['timedOut', 'timedOut', 'ok']);
    await clock.advance(10_000);
    expect(operations.stats).toMatchObject({ inFlight: 0, kinds: { recv: { ok: 1, timedOut: 2 } } });
    expect(clock.timers).toBe(0);
    for (const [left] of pairs) left.destroy();
  });

  test('the time counts from the submission: in line, behind others and behind a link as well', async () => {
    const clock = fakeClock();
    const operations = createOperations({ clock, maxInFlight: 3, defaultTimeout: '1s' });
    const [left, right] = memoryPair();
    const blocking = operations.submit({ op: 'recv', socket: right }, { timeout: '1h' });
    const behind = operations.submit({ op: 'recv', socket: right }, { timeout: 1001 });
    const linked = operations.submit({ op: 'send', socket: right, bytes: utf8('x') }, { after: blocking, timeout: 1001 });
    const inLine = operations.submit({ op: 'send', socket: left, bytes: utf8('x') });
    expect(operations.stats).toMatchObject({ inFlight: 3, waiting: 1 });
    await clock.advance(1000);
    expect([behind, linked, inLine].map(({ completion }) => completion?.outcome)).toEqual([undefined, undefined, 'timedOut']);
    await clock.advance(1);
    expect(await outcomes(behind, linked, inLine)).toEqual(['timedOut', 'timedOut', 'timedOut']);
    expect(blocking.completion).toBeUndefined();
    operations.cancel(blocking.id);
    await blocking.done;
    left.destroy();
  });
});

describe('the middle of a message', () => {
  test('a send that timed out is continued exactly where it stood; what came behind it has waited', async () => {
    const clock = fakeClock();
    const operations = createOperations({ clock });
    const [left, right] = narrowPair();
    const bytes = pattern(30_000);
    const told: number[] = [];
    const send = operations.submit({ op: 'send', socket: left, bytes }, { timeout: '1s', onProgress: (count) => told.push(count) });
    const next = operations.submit({ op: 'send', socket: left, bytes: utf8('next') });
    await turns(1);
    await clock.advance(1000);
    expect(await send.done).toMatchObject({ outcome: 'timedOut', bytes: 8192, partial: true, error: { code: 'ERR_SOCK_OPERATION_TIMEOUT', bytesMoved: 8192 } });
    const begin = await right.recvExactly(8192);
    await turns(1);
    // There is room, and yet nothing comes into the middle of the message.
    expect([next.completion, operations.stats.partial, left.stats.bytesSent]).toEqual([undefined, 1, 8192]);
    const rest = operations.continue(send.id);
    expect(rest.id).not.toBe(send.id);
    expect(() => operations.continue(send.id)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_OPERATION_UNKNOWN', message: expect.stringContaining('cannot be continued') }));
    const got = Uint8Array.from([...begin, ...(await right.recvExactly(30_004 - 8192))]);
    expect(got.subarray(0, 30_000)).toEqual(bytes);
    expect(text(got.subarray(30_000))).toBe('next');
    expect(await rest.done).toMatchObject({ outcome: 'ok', bytes: 30_000 });
    expect(operations.stats.kinds.send).toEqual({ ok: 2, error: 0, cancelled: 0, timedOut: 1, bytes: 30_004 });
    expect(told.at(-1)).toBe(8192);
    expect((await next.done).outcome).toBe('ok');
    left.destroy();
  });

  test('a recvExactly keeps what had come; released, the socket has it back', async () => {
    const operations = createOperations();
    const [left, right] = memoryPair();
    const told: number[] = [];
    const first = operations.submit({ op: 'recvExactly', socket: right, length: 6 }, { onProgress: (count) => told.push(count) });
    const behind = operations.submit({ op: 'recv', socket: right });
    await left.send(utf8('abc'));
    await turns(1);
    operations.cancel(first.id);
    expect(await first.done).toMatchObject({ outcome: 'cancelled', bytes: 3, partial: true });
    const second = operations.continue<Uint8Array>(first.id);
    await left.send(utf8('d'));
    await turns(1);
    operations.cancel(second.id);
    expect(await second.done).toMatchObject({ outcome: 'cancelled', bytes: 4, partial: true });
    expect([operations.release(first.id), operations.release(second.id), operations.release(second.id)]).toEqual([false, true, false]);
    expect(text((await behind.value) as Uint8Array)).toMatch(/^a/);
    expect(told).toEqual([3]);
    left.destroy();
  });

  test('one that is continued and cancelled before it begins stands where it stood', async () => {
    const operations = createOperations();
    const [left, right] = narrowPair();
    const send = operations.submit({ op: 'send', socket: left, bytes: pattern(30_000) });
    operations.submit({ op: 'send', socket: left, bytes: utf8('next') });
    operations.cancel(send.id);
    await send.done;
    const again = operations.continue(send.id, { signal: AbortSignal.abort('no') });
    expect(await again.done).toMatchObject({ outcome: 'cancelled', bytes: 4096, partial: true });
    const rest = operations.continue(again.id);
    const got = await right.recvExactly(30_004);
    expect([got.subarray(0, 30_000), text(got.subarray(30_000))]).toEqual([pattern(30_000), 'next']);
    expect((await rest.done).bytes).toBe(30_000);
    left.destroy();
  });

  test('a close lets nothing begin in the middle of a message', async () => {
    const operations = createOperations();
    const [left, right] = narrowPair();
    const send = operations.submit({ op: 'send', socket: left, bytes: pattern(30_000) });
    const behind = operations.submit({ op: 'send', socket: left, bytes: utf8('never') });
    operations.cancel(send.id);
    expect((await send.done).partial).toBe(true);
    await right.recvExactly(4096);
    await operations.close();
    expect([behind.completion?.outcome, left.stats.bytesSent]).toEqual(['cancelled', 4096]);
    left.destroy();
  });

  test('one that moved nothing holds nobody up', async () => {
    const operations = createOperations();
    const [left, right] = narrowPair();
    void left.send(new Uint8Array(20_000));
    const [first, second] = [1, 2].map((byte) => operations.submit({ op: 'send', socket: left, bytes: Uint8Array.of(byte) }));
    operations.cancel(first!.id);
    expect(await first!.done).toMatchObject({ outcome: 'cancelled', bytes: 0, partial: false });
    expect((await right.recvExactly(20_001)).at(-1)).toBe(2);
    await second!.value;
    left.destroy();
  });

  test('when the connection ends, a partial one holds nobody any more', async () => {
    const operations = createOperations();
    const [left, right] = narrowPair();
    const send = operations.submit({ op: 'send', socket: left, bytes: pattern(30_000) });
    const behind = operations.submit({ op: 'send', socket: left, bytes: pattern(3) });
    operations.cancel(send.id);
    expect((await send.done).partial).toBe(true);
    right.destroy();
    expect(await behind.done).toMatchObject({ outcome: 'error', error: { code: 'ERR_SOCK_RESET' } });
    expect(operations.stats.partial).toBe(0);
    expect(() => operations.continue(send.id)).toThrow(/cannot be continued/);
    const gone = operations.submit({ op: 'send', socket: left, bytes: pattern(3) });
    expect((await gone.done).outcome).toBe('error');
  });

  test('a file goes on where it stood', async () => {
    const operations = createOperations();
    const [left] = memoryPair();
    const from: number[] = [];
    const run = (begin: number, { signal, onProgress }: { signal: AbortSignal; onProgress: (progress: { bytesSent: number }) => void }): Promise<{ bytesSent: number }> => {
      from.push(begin);
      onProgress({ bytesSent: 10 });
      return begin > 0 ? Promise.resolve({ bytesSent: 90 }) : new Promise((_, reject) => signal.addEventListener('abort', () => reject(new SocketError('ERR_SOCK_ABORTED', 'stopped', { phase: 'send', category: 'aborted', bytesMoved: 11 }))));
    };
    const file = operations.submit({ op: 'sendfile', socket: left, run });
    operations.cancel(file.id);
    expect(await file.done).toMatchObject({ outcome: 'cancelled', bytes: 11, partial: true });
    expect(await operations.continue(file.id).done).toMatchObject({ outcome: 'ok', bytes: 101, kind: 'sendfile' });
    expect(from).toEqual([0, 11]);
    left.destroy();
  });
});
