import { memoryPair } from '@sock/core/memory';
import { bytes as utf8, leakGuard, text, turns } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import type { Submitted } from './index.ts';
import { createOperations } from './index.ts';
import { narrowPair, outcomes } from './outcomes.test-d.ts';

leakGuard();

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
    expect(runs.toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
    left.destroy();
  });

  test('a socket that others watch as well is asked once for each change, while a send waits for room', async () => {
    const [left, right] = narrowPair();
    const operations = createOperations();
    let told = 0;
    for (let count = 0; count < 3; count += 1) left.onReady(() => void (told += 1));
    void left.send(new Uint8Array(20_000));
    const [first, second] = [1, 2].map((byte) => operations.submit({ op: 'send', socket: left, bytes: new Uint8Array(6000).fill(byte) }));
    expect((await right.recvExactly(32_000)).subarray(-6000)).toEqual(new Uint8Array(6000).fill(2));
    await outcomes(first!, second!);
    expect(told).toBeGreaterThan(0);
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
