import { expect, test } from 'vitest';
import { ReadySignal } from './ready.ts';

test('every registration is its own, also of the same listener', () => {
  const signal = new ReadySignal();
  const seen: number[] = [];
  const listener = (mask: number): number => seen.push(mask);
  const stops = [signal.on(listener), signal.on(listener), signal.on(listener)];
  signal.emit(1);
  expect(seen).toEqual([1, 1, 1]);
  stops[1]?.();
  stops[1]?.();
  signal.emit(2);
  expect(seen).toEqual([1, 1, 1, 2, 2]);
  stops[0]?.();
  stops[2]?.();
  signal.emit(4);
  expect(seen).toHaveLength(5);
  signal.on(listener);
  signal.emit(8);
  expect(seen.at(-1)).toBe(8);
  expect(seen).toHaveLength(6);
});

test('a listener may take itself or another off while it is called', () => {
  const signal = new ReadySignal();
  const seen: string[] = [];
  const stopFirst = signal.on(() => {
    seen.push('first');
    stopFirst();
    stopThird();
  });
  signal.on(() => seen.push('second'));
  const stopThird = signal.on(() => seen.push('third'));
  signal.emit(1);
  signal.emit(1);
  expect(seen).toEqual(['first', 'second', 'second']);
});

test('a listener that leaves and comes again inside its call is called once for each change', () => {
  const signal = new ReadySignal();
  let calls = 0;
  let stop = (): void => {};
  const again = (): void => {
    calls += 1;
    stop();
    if (calls < 100) stop = signal.on(again);
  };
  const idle = signal.on(() => {});
  stop = signal.on(again);
  signal.emit(1);
  expect(calls).toBe(1);
  signal.emit(1);
  expect(calls).toBe(2);
  idle();
});
