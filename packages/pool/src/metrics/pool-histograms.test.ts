import { leakGuard } from '@sock/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { settle } from '../fake-clock.test-d.ts';
import { seriesOf } from '../telemetry/exposition-parser.test-d.ts';
import { world } from '../telemetry/pool-events.test-d.ts';
import { prometheusText } from '../telemetry/prometheus.ts';
import { poolHistograms } from './pool-histograms.ts';

leakGuard();

const NONE = { count: 0, sum: 0, min: 0, mean: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 };

test('waits, dials and uses of a pool are measured, in milliseconds', async () => {
  const times = poolHistograms();
  const it = world({ recorders: times.recorders });
  expect(times.snapshot()).toEqual({ wait: NONE, create: NONE, use: NONE });
  it.server.slow = true;
  const lease = it.acquire();
  await it.clock.advance(250);
  it.server.open();
  await settle();
  await it.clock.advance(500);
  (await lease).release();
  (await it.acquire()).release();
  const { wait, create, use } = times.snapshot();
  expect([wait.count, create.count, use.count]).toEqual([2, 1, 2]);
  expect([wait.sum, wait.mean, create.sum, use.sum]).toEqual([250.000001, 125.0000005, 250, 500.000001]);
  for (const [found, expected] of [[create.min, 250], [create.p50, 250], [create.max, 250], [wait.p99, 250], [wait.min, 0.000001], [use.p999, 500], [times.use.percentile(100), 500]] as const) {
    expect(Math.abs(found - expected)).toBeLessThanOrEqual(expected / 1000);
  }
  expect(seriesOf(prometheusText({ name: 'p', pool: it.pool, times }), 'sock_pool_create_seconds_sum', { pool: 'p' })).toBe(0.25);
  times.reset();
  expect([times.snapshot(), times.wait.count, times.wait.percentile(50)]).toEqual([{ wait: NONE, create: NONE, use: NONE }, 0, 0]);
  it.end();
});

test('a snapshot is right to three figures, or to as many as it was told', () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 1e12 }), { minLength: 1, maxLength: 50 }), fc.integer({ min: 1, max: 4 }), (values, figures) => {
    const { wait } = poolHistograms({ figures });
    for (const value of values) wait.record(value);
    const sorted = values.toSorted((a, b) => a - b);
    const at = (percent: number): number => sorted[Math.max(1, Math.round((percent / 100) * sorted.length)) - 1] as number;
    const { count, sum, min, p50, p90, max } = wait.snapshot();
    expect(count).toBe(values.length);
    expect(sum).toBeCloseTo(values.reduce((all, value) => all + value, 0) / 1e6, 6);
    for (const [found, expected] of [[min, at(0.001)], [p50, at(50)], [p90, at(90)], [max, at(100)]] as const) {
      expect(Math.abs(found * 1e6 - expected)).toBeLessThanOrEqual(expected / 10 ** figures + 1);
    }
    expect(min <= p50 && p50 <= p90 && p90 <= max).toBe(true);
  }), { numRuns: 200 });
});

test('the sum never falls, however many there are, and a time longer than the histogram takes is counted all the same', () => {
  const { wait } = poolHistograms({ figures: 1 });
  wait.record(1e17);
  let last = wait.snapshot();
  expect(last.count).toBe(1);
  for (let round = 0; round < 1000; round += 1) {
    wait.record(1 + round * 7);
    const { count, sum } = wait.snapshot();
    expect(sum).toBeGreaterThanOrEqual(last.sum);
    expect(count).toBe(last.count + 1);
    last = wait.snapshot();
  }
});

test('options are checked by name and range', () => {
  for (const [options, message] of [[{ figure: 3 }, /figure.*figures/s], [{ figures: 0 }, /figures.*1 to 5/s], [{ figures: 6 }, /1 to 5/], [{ figures: 1.5 }, /1 to 5/]] as const) {
    const call = (): unknown => poolHistograms(options as object);
    expect(call).toThrow(message);
    expect(call).toThrow(expect.objectContaining({ code: 'ERR_SOCK_CONFIG' }));
  }
  expect(poolHistograms({ figures: 5 }).wait.count).toBe(0);
});

test('an endless time counts as the longest, and the sum stays a number', () => {
  const { wait } = poolHistograms();
  wait.record(Infinity);
  wait.record(1_000_000);
  const { count, sum, mean } = wait.snapshot();
  expect([count, Number.isFinite(sum), Number.isFinite(mean)]).toEqual([2, true, true]);
});
