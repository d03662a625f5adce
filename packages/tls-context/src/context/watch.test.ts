import { fileURLToPath } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';
import { watchFiles } from './watch.ts';

afterEach(() => vi.useRealTimers());

test('the watch of a context that was disposed of ends by itself, and reads nothing again', () => {
  vi.useFakeTimers();
  let isDisposed = false;
  const reload = vi.fn<() => void>();
  watchFiles({ files: () => [fileURLToPath(import.meta.url)], reload, get isDisposed() { return isDisposed; } }, { interval: 10 });
  vi.advanceTimersByTime(100);
  expect(vi.getTimerCount()).toBe(1);
  isDisposed = true;
  vi.advanceTimersByTime(10);
  expect(vi.getTimerCount()).toBe(0);
  expect(reload).not.toHaveBeenCalled();
});
