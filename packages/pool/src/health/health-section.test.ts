import { expect, test } from 'vitest';
import type { HealthLimitsInput } from './health-section.ts';
import { healthLimits, healthSection } from './health-section.ts';

test('the defaults are those of the documentation', () => {
  expect(healthLimits()).toEqual({
    consecutiveFailures: 5, failurePercent: 50, minVolume: 20, window: 10_000, baseEjection: 1000, maxEjection: 30_000, jitter: 10, maxEjectedPercent: 50,
    probes: 1, probeTimeout: 10_000, backoffBase: 50, backoffMax: 10_000,
  });
  for (const { reason, doc } of Object.values(healthSection.fields)) expect([doc, reason]).not.toContain('');
});

test('times may be text, and 0 turns a rule off', () => {
  expect(healthLimits({ window: '1m', consecutiveFailures: 0, failurePercent: 0, jitter: 0 })).toMatchObject({ window: 60_000, consecutiveFailures: 0, failurePercent: 0, jitter: 0 });
});

test.each<[HealthLimitsInput, string]>([
  [{ consecutiveFailures: -1 }, 'poolHealth.consecutiveFailures: found -1 in pool(); allowed: whole number of failures, 0 to 1000000'],
  [{ failurePercent: 101 }, 'poolHealth.failurePercent: found 101 in pool(); allowed: whole number of percent, 0 to 100'],
  [{ minVolume: 0 }, 'poolHealth.minVolume: found 0'],
  [{ window: '99ms' }, 'poolHealth.window: found "99ms"'],
  [{ baseEjection: 0 }, 'poolHealth.baseEjection: found 0'],
  [{ maxEjection: '2d' }, 'poolHealth.maxEjection: found "2d"'],
  [{ jitter: 51 }, 'poolHealth.jitter: found 51'],
  [{ maxEjectedPercent: 101 }, 'poolHealth.maxEjectedPercent: found 101'],
  [{ probes: 0 }, 'poolHealth.probes: found 0'],
  [{ probeTimeout: 0 }, 'poolHealth.probeTimeout: found 0'],
  [{ backoffBase: 0 }, 'poolHealth.backoffBase: found 0'],
  [{ backoffMax: 0 }, 'poolHealth.backoffMax: found 0'],
  [{ baseEjection: '31s' }, 'poolHealth.baseEjection: found 31000 in pool(); allowed: a duration up to maxEjection, which is 30000 ms'],
  [{ backoffBase: 3, backoffMax: 2 }, 'poolHealth.backoffBase: found 3 in pool(); allowed: a duration up to backoffMax, which is 2 ms'],
  [{ probe: 1 } as HealthLimitsInput, 'poolHealth.probe: found an unknown name in pool()'],
])('%j is refused by the name of the option', (input, words) => {
  expect(() => healthLimits(input, 'pool()')).toThrow(expect.objectContaining({ code: 'ERR_SOCK_CONFIG', message: expect.stringContaining(words) }));
});

test('a first time that equals the longest is fine', () => {
  expect(healthLimits({ baseEjection: '30s', backoffBase: 2, backoffMax: 2 })).toMatchObject({ baseEjection: 30_000, backoffBase: 2 });
});
