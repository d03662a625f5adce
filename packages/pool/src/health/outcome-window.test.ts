import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OutcomeWindow } from './outcome-window.ts';

test('an outcome is forgotten when the window has passed, and not before nine tenths of it have', () => {
  const window = new OutcomeWindow(1000);
  window.failed(50);
  expect([window.requests(50), window.failures(50)]).toEqual([1, 1]);
  expect(window.failures(999)).toBe(1);
  expect(window.failures(1000)).toBe(0);
  window.succeeded(1099);
  expect([window.requests(1999), window.failures(1999)]).toEqual([1, 0]);
  expect(window.requests(2000)).toBe(0);
});

test('a time before the last one counts as the last one', () => {
  const window = new OutcomeWindow(1000);
  window.succeeded(5000);
  window.failed(3000);
  expect([window.requests(4000), window.failures(5899)]).toEqual([2, 1]);
});

test('what is cleared is gone, also from the sums', () => {
  const window = new OutcomeWindow(1000);
  for (let now = 0; now < 1500; now += 50) window.failed(now);
  window.clear();
  expect([window.requests(1500), window.failures(1500)]).toEqual([0, 0]);
  window.failed(1500);
  expect([window.requests(2399), window.requests(2500)]).toEqual([1, 0]);
});

test('it counts what a list of all outcomes counts', () => {
  const step = fc.record({ after: fc.oneof(fc.double({ min: 0, max: 300, noNaN: true }), fc.integer({ min: 0, max: 20_000 })), what: fc.constantFrom('ok', 'failed', 'clear', 'ok') });
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 5000 }), fc.integer({ min: 0, max: 2_000_000_000 }), fc.array(step, { maxLength: 60 }), (windowMs, start, steps) => {
      const window = new OutcomeWindow(windowMs);
      const part = (time: number): number => Math.floor(time / Math.ceil(windowMs / 10));
      let all: { at: number; ok: boolean }[] = [];
      let now = start;
      for (const { after, what } of steps) {
        now += after;
        if (what === 'clear') {
          window.clear();
          all = [];
        } else {
          if (what === 'ok') window.succeeded(now);
          else window.failed(now);
          all.push({ at: now, ok: what === 'ok' });
        }
        const seen = all.filter(({ at }) => part(at) > part(now) - 10);
        if (window.requests(now) !== seen.length || window.failures(now) !== seen.filter(({ ok }) => !ok).length) {
          throw new Error(`at ${now}: ${window.requests(now)} and ${window.failures(now)}, for ${JSON.stringify(seen)}`);
        }
      }
    }),
    { numRuns: 10_000 },
  );
});
