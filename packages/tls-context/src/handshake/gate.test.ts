import { turns } from '@sock/testkit';
import { expect, test } from 'vitest';
import { HandshakeGate } from './gate.ts';

test('a place that is free is had at once, and a full gate has none', async () => {
  const gate = new HandshakeGate(1);
  const leave = gate.tryEnter();
  expect([gate.running, gate.tryEnter()]).toEqual([1, undefined]);
  const waiting = gate.enter({}, undefined);
  leave?.();
  leave?.();
  expect(gate.running).toBe(1);
  (await waiting)();
  expect(gate.running).toBe(0);
});

test('a higher limit lets in at once as many as wait, the first first, and no more than it says', async () => {
  const gate = new HandshakeGate(1);
  const entered: number[] = [];
  const leave = await gate.enter({}, undefined);
  const waiting = [0, 1, 2, 3].map(async (index) => {
    const go = await gate.enter({}, undefined);
    entered.push(index);
    return go;
  });
  await turns(2);
  expect(entered).toEqual([]);
  gate.limit = 3;
  await turns(2);
  expect([entered, gate.running]).toEqual([[0, 1], 3]);
  // A lower one sends nobody away, and lets nobody in until enough have left.
  gate.limit = 1;
  leave();
  (await waiting[0])?.();
  await turns(2);
  expect([entered, gate.running]).toEqual([[0, 1], 1]);
  (await waiting[1])?.();
  (await waiting[2])?.();
  (await waiting[3])?.();
  expect([entered, gate.running]).toEqual([[0, 1, 2, 3], 0]);
});
