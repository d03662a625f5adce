import { leakGuard } from '@sock/testkit';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { LONGEST_TIMER_MS, systemClock } from './clock.ts';

leakGuard();
afterEach(() => void vi.useRealTimers());

describe('the clock of the runtime', () => {
  test('calls once, when the time has come and not before, and never inside the call', async () => {
    vi.useFakeTimers();
    const told: string[] = [];
    systemClock.after(0, () => told.push('at once'));
    systemClock.after(10.2, () => told.push('later'));
    expect(told).toEqual([]);
    await vi.advanceTimersByTimeAsync(10);
    expect(told).toEqual(['at once']);
    await vi.advanceTimersByTimeAsync(1);
    expect(told).toEqual(['at once', 'later']);
    await vi.advanceTimersByTimeAsync(1000);
    expect(told).toHaveLength(2);
  });

  test('takes a timer back, and to take it back again or late is harmless', () => {
    vi.useFakeTimers();
    const run = vi.fn<() => void>();
    const [cancel, late] = [systemClock.after(5, run), systemClock.after(5, run)];
    cancel();
    cancel();
    vi.advanceTimersByTime(5);
    late();
    expect([run.mock.calls.length, vi.getTimerCount()]).toEqual([1, 0]);
  });

  test('waits longer than a timer of the runtime can, and such a wait is taken back in each of its parts', () => {
    vi.useFakeTimers();
    const run = vi.fn<() => void>();
    systemClock.after(2 * LONGEST_TIMER_MS + 5, run);
    vi.advanceTimersByTime(LONGEST_TIMER_MS);
    vi.advanceTimersByTime(LONGEST_TIMER_MS);
    vi.advanceTimersByTime(4);
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(run).toHaveBeenCalledTimes(1);
    for (const passed of [0, LONGEST_TIMER_MS]) {
      const cancel = systemClock.after(LONGEST_TIMER_MS + 5, run);
      vi.advanceTimersByTime(passed);
      cancel();
      expect(vi.getTimerCount()).toBe(0);
    }
  });

  test('sets no timer for what never comes', () => {
    vi.useFakeTimers();
    const cancel = systemClock.after(Infinity, () => {});
    expect(vi.getTimerCount()).toBe(0);
    cancel();
  });

  test('an unref timer keeps no program alive, a short one or a long one; others do', () => {
    const active = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = active();
    const cancels = [1000, LONGEST_TIMER_MS + 5].map((milliseconds) => systemClock.after(milliseconds, () => {}, { unref: true }));
    expect(active()).toBe(before);
    cancels.push(systemClock.after(1000, () => {}), systemClock.after(1000, () => {}, { unref: false }));
    expect(active()).toBe(before + 2);
    for (const cancel of cancels) cancel();
    expect(active()).toBe(before);
  });
});
