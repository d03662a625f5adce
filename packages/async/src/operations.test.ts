import type { Connector, Listener, Upgrade } from '@sock/core';
import { SocketError } from '@sock/core';
import { memoryPair } from '@sock/core/memory';
import { bytes as utf8, leakGuard, rejection, text, turns } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { fakeClock } from './fake-clock.test-d.ts';
import { createOperations } from './index.ts';
import { outcomes } from './outcomes.test-d.ts';

leakGuard();

const one = (): number => 1;

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
