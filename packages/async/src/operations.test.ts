import type { Connector, Listener, Socket, Upgrade } from '@sock/core';
import { SocketError } from '@sock/core';
import { memoryPair } from '@sock/core/memory';
import { leakGuard, pattern, rejection, text, turns } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import type { Completion, Operations, Submitted } from './index.ts';
import { createOperations, OperationError } from './index.ts';
import { fakeClock } from './fake-clock.test-d.ts';

leakGuard();

const utf8 = (words: string): Uint8Array => new TextEncoder().encode(words);
/** A pair whose sends stop after 4 KiB on the way and 4 KiB in the queue. */
const narrowPair = (): [Socket, Socket] => memoryPair({ sendQueueBytes: '4KiB', receiveQueueBytes: '4KiB' });

const one = (): number => 1;

async function outcomes(...submitted: { readonly done: Promise<Completion> }[]): Promise<string[]> {
  return (await Promise.all(submitted.map(({ done }) => done))).map(({ outcome }) => outcome);
}

describe('what can be submitted', () => {
  test('send, sendv, recv and recvExactly tell what they moved, by promise', async () => {
    const [left, right] = memoryPair();
    const operations = createOperations();
    const sent = operations.submit({ op: 'send', socket: left, bytes: utf8('hello ') });
    const more = operations.submit({ op: 'sendv', socket: left, chunks: [utf8('wor'), utf8('ld')] });
    const head = operations.submit({ op: 'recvExactly', socket: right, length: 4 });
    const rest = operations.submit({ op: 'recv', socket: right });
    expect(await sent.done).toEqual({ id: 1, kind: 'send', outcome: 'ok', value: undefined, bytes: 6, data: undefined, partial: false });
    expect(await more.done).toMatchObject({ id: 2, kind: 'sendv', bytes: 5 });
    expect(text(await head.value)).toBe('hell');
    expect(text((await rest.value) as Uint8Array)).toBe('o world');
    left.destroy();
    expect(await rejection(operations.submit({ op: 'recv', socket: right }).value)).toMatchObject({ code: 'ERR_SOCK_RESET' });
  });

  test('recv answers null at the end, recvExactly fails there and gives back what had come', async () => {
    const [left, right] = memoryPair();
    const operations = createOperations();
    await left.send(utf8('abc'));
    await left.shutdown();
    const exactly = await operations.submit({ op: 'recvExactly', socket: right, length: 5 }).done;
    expect(exactly).toMatchObject({ outcome: 'error', bytes: 3, partial: false, error: { code: 'ERR_SOCK_UNEXPECTED_END', bytesMoved: 3 } });
    expect(text((await operations.submit({ op: 'recv', socket: right }).value) as Uint8Array)).toBe('abc');
    expect(await operations.submit({ op: 'recv', socket: right }).done).toMatchObject({ outcome: 'ok', value: null });
    right.destroy();
  });

  test('accept, connect and handshake answer with a socket', async () => {
    const [left, right] = memoryPair();
    const connector: Connector<string> = { key: String, connect: async () => left };
    const listener = { accept: async () => right } as unknown as Listener;
    const upgrade: Upgrade<string> = { name: 'none', key: String, upgrade: async (socket, target) => (expect(target).toBe('name'), socket) };
    const operations = createOperations();
    const connected = operations.submit({ op: 'connect', connector, target: 'somewhere' });
    const accepted = operations.submit({ op: 'accept', listener });
    expect(await connected.value).toBe(left);
    expect(await accepted.value).toBe(right);
    expect(await operations.submit({ op: 'handshake', socket: left, upgrade, target: 'name' }).value).toBe(left);
    expect(await operations.submit({ op: 'handshake', handshake: { done: Promise.resolve(right), destroy: () => {} } }).value).toBe(right);
    left.destroy();
  });

  test('a call answers with what its function does, and counts what it tells', async () => {
    const operations = createOperations();
    const told: number[] = [];
    const call = operations.submit({
      op: 'call',
      run: async (_cancel, progress) => {
        for (const bytes of [3, 3, 2, 7]) progress(bytes);
        return 'done';
      },
    }, { onProgress: (bytes) => told.push(bytes) });
    expect(await call.done).toMatchObject({ outcome: 'ok', value: 'done', bytes: 7 });
    expect(told).toEqual([3, 7]);
    expect(await operations.submit({ op: 'call', run: () => { throw new Error('at once'); } }).done).toMatchObject({ outcome: 'error', error: { message: 'at once' } });
    const moved = new SocketError('ERR_SOCK_RESET', 'gone', { phase: 'send', category: 'reset', bytesMoved: 12 });
    expect(await operations.submit({ op: 'call', run: () => Promise.reject(moved) }).done).toMatchObject({ outcome: 'error', error: moved, bytes: 12 });
  });

  test('a timer completes when its time has come, and no time-out of the queue ends it before', async () => {
    const clock = fakeClock();
    const operations = createOperations({ clock, defaultTimeout: '1s' });
    const [timer, short, hurried] = [
      operations.submit({ op: 'timer', delay: '2s' }),
      operations.submit({ op: 'timer', delay: 10 }),
      operations.submit({ op: 'timer', delay: '2s' }, { timeout: '1s' }),
    ];
    await clock.advance(10);
    expect(short.completion?.outcome).toBe('ok');
    await clock.advance(1989);
    expect(hurried.completion?.outcome).toBe('timedOut');
    expect(timer.completion).toBeUndefined();
    await clock.advance(1);
    expect(timer.completion?.outcome).toBe('ok');
  });

  test.each([
    [{ op: 'sing' }, 'an operation "sing"'],
    [{ op: 'send', bytes: utf8('x') }, 'send got undefined as socket'],
    [{ op: 'send', socket: {}, bytes: utf8('x') }, 'send got object as socket'],
    [{ op: 'connect', target: 1 }, 'connect got undefined as connector: it takes a connector'],
    [{ op: 'accept', listener: null }, 'accept got null as listener'],
    [{ op: 'handshake', handshake: undefined }, 'handshake got undefined as handshake'],
    [{ op: 'call' }, 'call got undefined as run'],
    [{ op: 'call', run: one, side: 'send' }, 'the side send, and no socket'],
    [{ op: 'call', run: one, side: 'left' }, 'left as side'],
    [{ op: 'call', run: one, bytes: -1 }, '-1 as bytes'],
    [{ op: 'sendfile' }, 'sendfile got undefined as socket'],
    [null, 'submit got null'],
  ])('what nothing can do is refused, and accepted by nobody: %o', (operation, reason) => {
    const operations = createOperations();
    expect(() => operations.submit(operation as never)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_OPERATION_ARGUMENT', message: expect.stringContaining(reason) }));
    expect(operations.stats).toMatchObject({ submitted: 0, inFlight: 0 });
  });

  test('a length, bytes or a callback that make no sense are refused', () => {
    const [left] = memoryPair();
    const operations = createOperations();
    const refused = (reason: string): unknown => expect.objectContaining({ code: 'ERR_SOCK_OPERATION_ARGUMENT', message: expect.stringContaining(reason) });
    expect(() => operations.submit({ op: 'send', socket: left, bytes: 'text' as never })).toThrow(refused('send got string as bytes'));
    expect(() => operations.submit({ op: 'sendv', socket: left, chunks: [1] as never })).toThrow(refused('no list of bytes'));
    expect(() => operations.submit({ op: 'recvExactly', socket: left, length: 1.5 })).toThrow(refused('recvExactly got 1.5'));
    expect(() => operations.submit({ op: 'recv', socket: left }, { onCompletion: 1 as never })).toThrow(refused('onCompletion got number'));
    expect(() => operations.submit({ op: 'recv', socket: left }, { batched: true, onCompletion: () => {} })).toThrow(refused('batched and onCompletion'));
    expect(() => operations.submit({ op: 'recv', socket: left }, { after: { id: 1 } as never })).toThrow(refused('after got something else'));
    expect(() => operations.submit({ op: 'recv', socket: left }, { after: createOperations().submit({ op: 'call', run: () => 1 }) })).toThrow(refused('after got something else'));
    expect(() => operations.submit({ op: 'recv', socket: left }, { timeout: 'soon' as never })).toThrow(expect.objectContaining({ code: 'ERR_SOCK_CONFIG' }));
    expect(() => createOperations({ onError: 1 as never })).toThrow(refused('onError got number'));
    expect(() => createOperations({ maxInFlight: 0 })).toThrow(/async\.maxInFlight: found 0/);
    expect(() => createOperations({ maxInflight: 1 } as never)).toThrow(/did you mean maxInFlight/);
  });
});

describe('order', () => {
  test('sends of one socket go in the order of submission, also when some wait; the sockets of others do not wait', async () => {
    const [left, right] = narrowPair();
    const [other, peer] = memoryPair();
    const operations = createOperations();
    const submitted = [20_000, 3, 9000, 1].map((length, index) => operations.submit({ op: 'send', socket: left, bytes: new Uint8Array(length).fill(index) }));
    await operations.submit({ op: 'send', socket: other, bytes: utf8('!') }).value;
    expect(submitted.every(({ completion }) => completion === undefined)).toBe(true);
    const got = await right.recvExactly(29_004);
    expect(got).toEqual(Uint8Array.from([...new Uint8Array(20_000), 1, 1, 1, ...new Uint8Array(9000).fill(2), 3]));
    expect(await outcomes(...submitted)).toEqual(['ok', 'ok', 'ok', 'ok']);
    left.destroy();
    other.destroy();
    peer.destroy();
  });

  test('receives of one socket wait for each other, where the socket itself would refuse', async () => {
    const [left, right] = memoryPair();
    const operations = createOperations();
    const got = [3, 2, 4].map((length) => operations.submit({ op: 'recvExactly', socket: right, length }));
    await left.send(utf8('abcdefghi'));
    expect(await Promise.all(got.map(async ({ value }) => text(await value)))).toEqual(['abc', 'de', 'fghi']);
    left.destroy();
  });

  test('an upgrade and a call that asks for a side wait for what came before, and what comes later waits for them', async () => {
    const [left, right] = memoryPair();
    const operations = createOperations();
    const order: string[] = [];
    const note = (name: string) => () => order.push(name);
    const recv = operations.submit({ op: 'recv', socket: left }, { onCompletion: note('recv') });
    const call = operations.submit({ op: 'call', socket: left, side: 'both', run: async () => { order.push('call begins'); await turns(2); } }, { onCompletion: note('call') });
    const send = operations.submit({ op: 'send', socket: left, bytes: utf8('x') }, { onCompletion: note('send') });
    await turns(2);
    expect(order).toEqual([]);
    await right.send(utf8('y'));
    await outcomes(recv, call, send);
    expect(order).toEqual(['call begins', 'recv', 'call', 'send']);
    left.destroy();
  });

  test('what a program sends by itself comes before or after an operation, never between its bytes', async () => {
    const [left, right] = narrowPair();
    const operations = createOperations();
    void left.send(new Uint8Array(10_000).fill(1));
    const submitted = operations.submit({ op: 'send', socket: left, bytes: new Uint8Array(10_000).fill(2) });
    void left.send(new Uint8Array(10_000).fill(3));
    const got = await right.recvExactly(30_000);
    await submitted.value;
    const runs = [...got].filter((byte, index) => byte !== got[index - 1]);
    expect(runs.toSorted()).toEqual([1, 2, 3]);
    left.destroy();
  });

  test('the sends of a batch leave as one write', async () => {
    const [left, right] = memoryPair();
    const operations = createOperations();
    const batch = operations.submitBatch(['a', 'b', 'c'].map((word) => ({ operation: { op: 'send', socket: left, bytes: utf8(word) } })));
    expect(text((await right.recv()) as Uint8Array)).toBe('abc');
    expect(await outcomes(...batch)).toEqual(['ok', 'ok', 'ok']);
    left.destroy();
  });

  test('a batch is accepted as a whole or not at all', async () => {
    const [left] = memoryPair();
    const operations = createOperations({ maxInFlight: 2, whenFull: 'refuse' });
    const send = { operation: { op: 'send', socket: left, bytes: utf8('x') } } as const;
    expect(() => operations.submitBatch([send, { operation: { op: 'send', socket: left, bytes: 1 as never } }])).toThrow(/bytes/);
    expect(() => operations.submitBatch([send, send, send])).toThrow(expect.objectContaining({ code: 'ERR_SOCK_OPERATION_FULL', message: expect.stringContaining('no room for 3 more operations') }));
    expect(() => operations.submitBatch([{ ...send, after: 'previous' }])).toThrow(/there is none before it/);
    expect([left.stats.bytesSent, operations.stats.submitted]).toEqual([0, 0]);
    expect(await outcomes(...operations.submitBatch([send, send]))).toEqual(['ok', 'ok']);
    left.destroy();
  });
});

describe('links', () => {
  test('an operation begins when the one before it has succeeded', async () => {
    const [left, right] = memoryPair();
    const operations = createOperations();
    const greeting = operations.submit({ op: 'recv', socket: left });
    const answer = operations.submit({ op: 'send', socket: left, bytes: utf8('me too') }, { after: greeting });
    await turns(2);
    expect([left.stats.bytesSent, answer.completion]).toEqual([0, undefined]);
    await right.send(utf8('hello'));
    await answer.value;
    // One that is over counts as well.
    expect(await operations.submit({ op: 'call', run: () => 1 }, { after: answer }).done).toMatchObject({ outcome: 'ok' });
    left.destroy();
  });

  test('when it has not, the others are cancelled in turn, with the reason; what is not linked goes on', async () => {
    const [left, right] = memoryPair();
    const operations = createOperations();
    const failing = operations.submit({ op: 'call', run: async () => { throw new Error('no'); } });
    const [second, third] = operations.submitBatch([
      { operation: { op: 'send', socket: left, bytes: utf8('never') }, after: failing },
      { operation: { op: 'send', socket: left, bytes: utf8('never') }, after: 'previous' },
    ]);
    const free = operations.submit({ op: 'send', socket: left, bytes: utf8('free') });
    expect(await outcomes(failing, second!, third!, free)).toEqual(['error', 'cancelled', 'cancelled', 'ok']);
    expect(second!.completion?.error).toMatchObject({ code: 'ERR_SOCK_OPERATION_LINK', message: expect.stringContaining('operation 1 (call), which it was linked to, ended as error'), cause: { message: 'no' } });
    expect(third!.completion?.error).toMatchObject({ code: 'ERR_SOCK_OPERATION_LINK', cause: { code: 'ERR_SOCK_OPERATION_LINK' } });
    expect(text((await right.recv()) as Uint8Array)).toBe('free');
    expect(await operations.submit({ op: 'call', run: () => 1 }, { after: failing }).done).toMatchObject({ outcome: 'cancelled', error: { code: 'ERR_SOCK_OPERATION_LINK' } });
    left.destroy();
  });

  test('a chain of 20,000 ends without a deep stack, also when its head fails', async () => {
    const operations = createOperations({ maxInFlight: 50_000 });
    let release: (error?: Error) => void = () => {};
    const run = (): Promise<void> => new Promise<void>((resolve, reject) => { release = (error) => (error === undefined ? resolve() : reject(error)); });
    for (const error of [undefined, new Error('no')]) {
      let last: Submitted = operations.submit({ op: 'call', run });
      for (let count = 0; count < 20_000; count += 1) last = operations.submit({ op: 'call', run: () => {} }, { after: last });
      await turns(1);
      release(error);
      expect((await last.done).outcome).toBe(error === undefined ? 'ok' : 'cancelled');
    }
  });
});

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
    expect([next.completion, operations.stats.partial]).toEqual([undefined, 1]);
    const rest = operations.continue(send.id);
    expect(rest.id).not.toBe(send.id);
    expect(() => operations.continue(send.id)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_OPERATION_UNKNOWN', message: expect.stringContaining('cannot be continued') }));
    const got = await right.recvExactly(30_004);
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

describe('limits', () => {
  test('what finds no room waits in line, in order, and tells when it has its place', async () => {
    const operations = createOperations({ maxInFlight: 2, maxWaiting: 2 });
    const [left, right] = memoryPair();
    const got = [1, 2, 3, 4].map(() => operations.submit({ op: 'recvExactly', socket: right, length: 1 }));
    expect(operations.stats).toMatchObject({ inFlight: 2, waiting: 2, submitted: 4 });
    expect(() => operations.submit({ op: 'timer', delay: 1 })).toThrow(expect.objectContaining({ code: 'ERR_SOCK_OPERATION_FULL', category: 'limit', retryable: true, message: expect.stringContaining('and 2 wait (maxWaiting 2)') }));
    let accepted = false;
    void got[2]!.accepted.then(() => { accepted = true; });
    await turns(1);
    expect(accepted).toBe(false);
    await left.send(utf8('abcd'));
    await got[2]!.accepted;
    expect(await Promise.all(got.map(async ({ value }) => text(await value)))).toEqual(['a', 'b', 'c', 'd']);
    left.destroy();
  });

  test('or is refused, where that is asked for', async () => {
    const operations = createOperations({ maxInFlight: 1, whenFull: 'refuse' });
    const timer = operations.submit({ op: 'timer', delay: '1h' });
    expect(() => operations.submit({ op: 'timer', delay: 1 })).toThrow(expect.objectContaining({ code: 'ERR_SOCK_OPERATION_FULL', message: expect.stringContaining('1 operations with 0 bytes are in flight (maxInFlight 1') }));
    operations.cancel(timer.id);
    expect((await operations.submit({ op: 'timer', delay: 1 }).done).outcome).toBe('ok');
  });

  test('bytes are counted while they are held, and one that is too large alone is refused', async () => {
    const operations = createOperations({ maxBytes: '1KiB' });
    const [left, right] = memoryPair();
    const [first, second] = [600, 600].map((length) => operations.submit({ op: 'recvExactly', socket: right, length }));
    expect(operations.stats).toMatchObject({ inFlight: 1, waiting: 1, bytesInFlight: 600 });
    expect(() => operations.submit({ op: 'send', socket: left, bytes: new Uint8Array(1025) })).toThrow(expect.objectContaining({ code: 'ERR_SOCK_OPERATION_TOO_LARGE', message: expect.stringContaining('send of 1025 bytes') }));
    await left.send(new Uint8Array(1200));
    expect(await outcomes(first!, second!)).toEqual(['ok', 'ok']);
    expect(operations.stats.bytesInFlight).toBe(0);
    left.destroy();
  });
});

describe('completions', () => {
  test('come in batches, each once; what is not taken keeps its place', async () => {
    const operations = createOperations<string>({ batched: true, maxInFlight: 2 });
    const submit = (word: string): unknown => operations.submit({ op: 'call', run: () => word }, { data: word });
    for (const word of ['a', 'b', 'c']) submit(word);
    await turns(2);
    expect(operations.stats).toMatchObject({ inFlight: 2, waiting: 1, completed: 2 });
    const seen: (string | undefined)[][] = [];
    for await (const completions of operations) {
      seen.push(completions.map(({ data, value }) => (expect(value).toBe(data), data)));
      if (seen.length === 2) break;
    }
    expect(seen).toEqual([['a', 'b'], ['c']]);
    expect(operations.stats.inFlight).toBe(0);
    operations.submit({ op: 'timer', delay: '1h' }, { data: 'd' });
    await operations.close();
    for await (const completions of operations) seen.push(completions.map(({ data, outcome }) => `${data} ${outcome}`));
    expect(seen.at(-1)).toEqual(['d cancelled']);
  });

  test('are never told inside submit, and a callback may submit', async () => {
    const operations = createOperations();
    const order: string[] = [];
    operations.submit({ op: 'timer', delay: 0 }, { onCompletion: ({ kind }) => {
      order.push(kind);
      const [left] = memoryPair();
      operations.submit({ op: 'send', socket: left, bytes: utf8('x') }, { onCompletion: () => order.push('send') });
      order.push('submitted');
      left.destroy();
    } });
    await operations.drain();
    expect(order).toEqual(['timer', 'submitted', 'send']);
  });

  test('a callback that throws or rejects is reported, and breaks nothing', async () => {
    const errors: [string, number][] = [];
    const operations = createOperations({ onError: (error, id) => { errors.push([(error as Error).message, id]); throw new Error('again'); } });
    const [left, right] = narrowPair();
    const fail = (word: string) => (): never => { throw new Error(word); };
    operations.submit({ op: 'call', run: () => 1 }, { onCompletion: fail('thrown') });
    operations.submit({ op: 'call', run: () => 1 }, { onCompletion: async () => fail('rejected')() });
    const send = operations.submit({ op: 'send', socket: left, bytes: pattern(30_000) }, { onProgress: fail('progress') });
    await right.recvExactly(30_000);
    expect((await send.done).outcome).toBe('ok');
    await operations.drain();
    await turns(1);
    for (const error of [['thrown', 1], ['rejected', 2], ['progress', 3]]) expect(errors).toContainEqual(error);
    expect(operations.stats.callbackErrors).toBe(errors.length);
    left.destroy();
  });
});

describe('the end', () => {
  test('drain waits for all, and a time-out of it ends the waiting alone', async () => {
    const operations = createOperations();
    const [left, right] = memoryPair();
    await operations.drain();
    const recv = operations.submit({ op: 'recv', socket: right });
    expect(await rejection(operations.drain({ timeout: 5 }))).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', message: 'drain did not finish within 5 ms' });
    expect(recv.completion).toBeUndefined();
    const drained = operations.drain();
    await left.send(utf8('x'));
    await drained;
    expect(recv.completion?.outcome).toBe('ok');
    left.destroy();
  });

  test('close cancels everything, wherever it stands, and completes each once; sockets stay open', async () => {
    const [left, right] = narrowPair();
    const told: string[] = [];
    const operations: Operations = createOperations({ maxInFlight: 4 });
    const onCompletion = ({ id, outcome }: Completion): void => void told.push(`${id} ${outcome}`);
    const send = operations.submit({ op: 'send', socket: left, bytes: pattern(30_000) }, { onCompletion });
    operations.submit({ op: 'send', socket: left, bytes: pattern(5) }, { onCompletion });
    const timer = operations.submit({ op: 'timer', delay: '1h' }, { onCompletion });
    operations.submit({ op: 'timer', delay: 1 }, { onCompletion, after: timer });
    operations.submit({ op: 'recv', socket: left }, { onCompletion });
    const closed = operations.close('bye');
    expect(() => operations.submit({ op: 'timer', delay: 1 })).toThrow(expect.objectContaining({ code: 'ERR_SOCK_OPERATION_CLOSED', message: expect.stringContaining('is closed') }));
    await Promise.all([closed, operations.close()]);
    expect(told.toSorted()).toEqual([1, 2, 3, 4, 5].map((id) => `${id} cancelled`));
    expect(send.completion).toMatchObject({ bytes: 4096, partial: false, error: { cause: 'bye' } });
    expect(operations.stats).toMatchObject({ inFlight: 0, waiting: 0, bytesInFlight: 0, partial: 0, unsettled: 0, completed: 5 });
    expect(operations.closed).toBe(true);
    for await (const _ of operations) expect.fail('nothing is left to tell');
    expect((await right.recvExactly(4096)).length).toBe(4096);
    left.destroy();
  });
});
