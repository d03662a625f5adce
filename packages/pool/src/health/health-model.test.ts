import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ModelProbe } from './health-model.test-d.ts';
import { HealthModel } from './health-model.test-d.ts';
import type { HealthLimits } from './health-section.ts';
import { healthLimits } from './health-section.ts';
import type { CircuitState, Probe } from './member-health.ts';
import { MemberHealth } from './member-health.ts';

type Report = 'succeeded' | 'failed' | 'neutral' | 'dialled' | 'dialRefused' | 'dialFailed';
type Step =
  | { readonly do: 'tick'; readonly milliseconds: number }
  /** To the next change. */
  | { readonly do: 'jump' }
  | { readonly do: 'begin' }
  | { readonly do: 'may'; readonly may: boolean }
  /** The outcome of the nth last probe, reported or not; of none; of another endpoint's. */
  | { readonly do: Report; readonly probe: number; readonly beganBefore: number }
  | { readonly do: 'look' };

/** Probes that are none of this endpoint. */
const NONE = -1;
const FOREIGN = -2;

const weighted: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('tick' as const), milliseconds: fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 2000 })) }) },
  { weight: 3, arbitrary: fc.constant({ do: 'jump' as const }) },
  { weight: 4, arbitrary: fc.constant({ do: 'begin' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('may' as const), may: fc.boolean() }) },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constantFrom<Report>('succeeded', 'failed', 'failed', 'neutral', 'dialled', 'dialRefused', 'dialFailed'),
      probe: fc.oneof(fc.constant(NONE), fc.integer({ min: 0, max: 4 }), fc.constant(FOREIGN)),
      beganBefore: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 300 })),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'look' as const }) },
);

const someLimits: fc.Arbitrary<HealthLimits> = fc.record({
  consecutiveFailures: fc.integer({ min: 0, max: 3 }), failurePercent: fc.constantFrom(0, 30, 50, 100), minVolume: fc.integer({ min: 1, max: 6 }),
  window: fc.integer({ min: 100, max: 1000 }), baseEjection: fc.integer({ min: 1, max: 100 }), more: fc.integer({ min: 0, max: 500 }),
  jitter: fc.integer({ min: 0, max: 50 }), probes: fc.integer({ min: 1, max: 3 }), probeTimeout: fc.integer({ min: 1, max: 200 }),
  backoffBase: fc.integer({ min: 1, max: 50 }), above: fc.integer({ min: 0, max: 500 }),
}).map(({ more, above, ...limits }) => healthLimits({ ...limits, maxEjection: limits.baseEjection + more, backoffMax: limits.backoffBase + above }));

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** Another endpoint's probe. */
function foreignProbe(): Probe {
  const other = new MemberHealth(healthLimits({ consecutiveFailures: 1 }), { mayEject: () => true, onChange: () => {} }, () => 0);
  other.failed(0, 'down', undefined);
  return other.begin(60_000) as Probe;
}

/** Does all of it to both, and gives the machine and the time at which it stands. */
function run(limits: HealthLimits, random: number, steps: readonly Step[], looksAlways: boolean, visited?: Set<string>): { health: MemberHealth; model: HealthModel; now: number } {
  const model = new HealthModel(limits, random);
  const told: [CircuitState, unknown][] = [];
  const health = new MemberHealth(limits, { mayEject: () => model.may, onChange: (state, cause) => void told.push([state, cause]) }, () => random);
  const pairs: [Probe, ModelProbe][] = [];
  const foreign = foreignProbe();
  let now = 1000;
  const look = (): void => {
    const real = [health.admits(now), health.nextChange(now), health.openUntil, health.dialAt, health.lastCause, told.splice(0), health.snapshot(now)];
    const expected = model.shown(now);
    // The comparison of vitest takes many times as long.
    if (JSON.stringify(real) !== JSON.stringify(expected)) expect(real).toEqual(expected);
  };
  for (const [index, step] of steps.entries()) {
    if (step.do === 'tick') now += step.milliseconds;
    else if (step.do === 'may') model.may = step.may;
    else if (step.do === 'begin' || step.do === 'jump' || step.do === 'look') model.settle(now);
    visited?.add(`${model.state} ${step.do}`);
    if (step.do === 'look') look();
    else if (step.do === 'jump') {
      const next = health.nextChange(now);
      expect(next).toBe(model.nextChange(now));
      if (next !== Infinity) now = next;
    } else if (step.do === 'begin') {
      const [real, expected] = [health.begin(now), model.begin(now)];
      expect(real?.expiresAt).toBe(expected === undefined ? undefined : expected.beganAt + limits.probeTimeout);
      if (real !== undefined && expected !== undefined) pairs.push([real, expected]);
    } else if (step.do !== 'tick' && step.do !== 'may') {
      const [probe, expected] = step.probe === FOREIGN ? [foreign, undefined] : step.probe === NONE ? [] : (pairs.at(-1 - step.probe) ?? []);
      report(health, model, step, now, probe, expected, index);
    }
    if (looksAlways) {
      model.settle(now);
      look();
    }
  }
  model.settle(now);
  look();
  return { health, model, now };
}

function report(health: MemberHealth, model: HealthModel, step: Step & { do: Report }, now: number, probe: Probe | undefined, expected: ModelProbe | undefined, cause: number): void {
  const beganAt = now - step.beganBefore;
  if (step.do === 'dialFailed' || step.do === 'dialRefused') model.dialFailed(now, beganAt);
  if (step.do === 'dialled') model.dialAt = model.dialFailures = 0;
  if (step.do === 'failed' || step.do === 'dialFailed') {
    health[step.do](now, cause, probe, beganAt);
    model.failed(now, cause, expected, probe !== undefined, beganAt);
  } else if (step.do === 'dialled') {
    health.dialled();
  } else if (step.do === 'dialRefused') {
    health.dialRefused(now, cause, probe, beganAt);
    model.lastCause = cause;
    model.decides(expected);
  } else {
    health[step.do](now, probe);
    if (step.do === 'neutral') model.decides(expected);
    else model.succeeded(now, expected);
  }
}

test('the circuit does what the rules say, whatever comes, looked at or not', () => {
  const visited = new Set<string>();
  fc.assert(
    fc.property(someLimits, chance, fc.array(weighted, { maxLength: 40, size: 'max' }), fc.boolean(), (limits, random, steps, looksAlways) => {
      run(limits, random, steps, looksAlways, visited);
    }),
    { numRuns: 10_000 },
  );
  // Else it proves little.
  for (const state of ['closed', 'open', 'half-open']) {
    for (const what of ['begin', 'succeeded', 'failed', 'neutral', 'dialRefused', 'dialFailed', 'jump', 'look']) expect(visited).toContain(`${state} ${what}`);
  }
}, 60_000);

test('no circuit gets stuck: after the longest ejection, and the time of a probe, it admits, and one good probe after the other closes it', () => {
  fc.assert(
    fc.property(someLimits, chance, fc.array(weighted, { maxLength: 30, size: 'max' }), (limits, random, steps) => {
      const { health, now } = run(limits, random, steps, false);
      let later = now + Math.max(limits.maxEjection, limits.probeTimeout);
      expect(health.admits(later)).toBe(true);
      expect(health.dialAt).toBeLessThanOrEqual(now + limits.backoffMax);
      for (let probes = 0; probes < limits.probes && health.state(later) !== 'closed'; probes += 1) {
        expect(health.admits(later)).toBe(true);
        health.succeeded((later += 1), health.begin(later));
      }
      expect(health.state(later)).toBe('closed');
    }),
    { numRuns: 10_000 },
  );
}, 60_000);

test('whoever waits for each next change, and reports nothing, is let in for ever', () => {
  fc.assert(
    fc.property(someLimits, chance, fc.array(weighted, { maxLength: 30, size: 'max' }), (limits, random, steps) => {
      const { health, now } = run(limits, random, steps, false);
      let [at, admitted] = [now, 0];
      for (let changes = 0; changes < 20; changes += 1) {
        while (health.admits(at) && health.begin(at) !== undefined) admitted += 1;
        if (health.state(at) === 'closed') return;
        const next = health.nextChange(at);
        expect(next).toBeGreaterThan(at);
        expect(next).toBeLessThan(Infinity);
        at = next;
      }
      expect(admitted).toBeGreaterThan(10);
    }),
    { numRuns: 2000 },
  );
}, 60_000);
