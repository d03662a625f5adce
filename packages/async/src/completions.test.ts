import { memoryPair } from '@sock/core/memory';
import { bytes as utf8, leakGuard, pattern, rejection, turns } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import type { Completion, Operations } from './index.ts';
import { createOperations } from './index.ts';
import { narrowPair } from './outcomes.test-d.ts';

leakGuard();

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
