import { expect, test } from 'vitest';
import type { HealthLimitsInput } from './health-section.ts';
import { healthLimits } from './health-section.ts';
import type { CircuitState, HealthHost } from './member-health.ts';
import { MemberHealth } from './member-health.ts';

class Group implements HealthHost {
  readonly told: [CircuitState, unknown][] = [];
  may = true;
  asked = 0;

  mayEject(): boolean {
    this.asked += 1;
    return this.may;
  }

  onChange(state: CircuitState, cause: unknown): void {
    this.told.push([state, cause]);
  }
}

const never = (): number => {
  throw new Error('chance was asked');
};

/** An endpoint without jitter, and with times that are easy to read: open for 1 s, 2 s, 4 s; a probe has 10 s. */
function endpoint(input: HealthLimitsInput = {}, random: () => number = () => 0): { group: Group; health: MemberHealth } {
  const group = new Group();
  return { group, health: new MemberHealth(healthLimits({ jitter: 0, ...input }), group, random) };
}

/** One whose circuit opened at `now`, for 1 s. */
function opened(now: number, input: HealthLimitsInput = {}): { group: Group; health: MemberHealth } {
  const made = endpoint({ consecutiveFailures: 1, ...input });
  made.health.failed(now, 'down', undefined);
  expect(made.health.state(now)).toBe('open');
  return made;
}

test('what goes well costs no chance, no place and no word', () => {
  const { group, health } = endpoint({}, never);
  for (let now = 0; now < 100_000; now += 100) {
    expect(health.admits(now)).toBe(true);
    expect(health.begin(now)).toBe(undefined);
    health.succeeded(now, undefined);
  }
  expect([group.told, group.asked, health.nextChange(100_000), health.dialAt, health.lastCause]).toEqual([[], 0, Infinity, 0, undefined]);
});

test('as many failures in a row as the limit open it; one less does not, nor as many with a success between', () => {
  const { group, health } = endpoint({ consecutiveFailures: 3 });
  for (const what of ['failed', 'failed', 'ok', 'failed', 'failed'] as const) {
    if (what === 'ok') health.succeeded(0, undefined);
    else health.failed(0, what, undefined);
  }
  expect(health.state(0)).toBe('closed');
  health.failed(5, 'the third', undefined);
  expect([health.state(5), health.openUntil, group.told]).toEqual(['open', 1005, [['open', 'the third']]]);
  expect(health.admits(5)).toBe(false);
});

test('a rate opens it once there are outcomes enough', () => {
  const half = (input: HealthLimitsInput, outcomes: number): CircuitState => {
    const { health } = endpoint(input);
    for (let index = 0; index < outcomes / 2; index += 1) {
      health.succeeded(index, undefined);
      health.failed(index, 'every other', undefined);
    }
    return health.state(outcomes);
  };
  expect(half({ failurePercent: 50, minVolume: 20 }, 20)).toBe('open');
  expect(half({ failurePercent: 50, minVolume: 20 }, 18)).toBe('closed');
  expect(half({ failurePercent: 51, minVolume: 20 }, 2000)).toBe('closed');
  expect(half({ failurePercent: 0, minVolume: 20 }, 2000)).toBe('closed');
});

test('a failure that the window has forgotten is not in the rate', () => {
  const rate = (apart: number): CircuitState => {
    const { health } = endpoint({ consecutiveFailures: 0, minVolume: 10, window: '10s' });
    for (let index = 0; index < 10; index += 1) health.failed(index * apart, 'down', undefined);
    return health.state(9 * apart);
  };
  expect([rate(1000), rate(1001), rate(1200)]).toEqual(['open', 'open', 'closed']);
});

test('neither by count nor by rate: it never opens', () => {
  const { health } = endpoint({ consecutiveFailures: 0, failurePercent: 0 });
  for (let now = 0; now < 1000; now += 1) health.failed(now, 'down', undefined);
  expect(health.snapshot(1000)).toMatchObject({ state: 'closed', consecutiveFailures: 1000, failures: 1000 });
});

test('it stays closed while the group cannot do without it, and asks again with the next failure', () => {
  const { group, health } = endpoint({ consecutiveFailures: 2 });
  group.may = false;
  for (let now = 0; now < 5; now += 1) health.failed(now, 'down', undefined);
  expect([health.state(5), group.asked, health.snapshot(5).consecutiveFailures]).toEqual(['closed', 4, 5]);
  group.may = true;
  expect(health.state(6)).toBe('closed');
  health.failed(6, 'still', undefined);
  expect([health.state(6), group.asked, group.told]).toEqual(['open', 5, [['open', 'still']]]);
});

test('an open circuit turns half-open at its time, tells so once, and lets one probe through', () => {
  const { group, health } = opened(100);
  expect([health.admits(1099), health.begin(1099), health.nextChange(100)]).toEqual([false, undefined, 1100]);
  expect(health.admits(1100)).toBe(true);
  const probe = health.begin(1100);
  expect(probe?.expiresAt).toBe(11_100);
  expect([health.admits(1100), health.begin(1100), health.nextChange(1100)]).toEqual([false, undefined, 11_100]);
  expect(group.told).toEqual([['open', 'down'], ['half-open', 'down']]);
});

test('a probe that succeeded closes it, and counting begins anew', () => {
  const { group, health } = opened(0, { consecutiveFailures: 2, failurePercent: 1, minVolume: 1 });
  health.failed(1, 'late', undefined);
  const probe = health.begin(1000);
  health.succeeded(1500, probe);
  expect(health.snapshot(1500)).toMatchObject({ state: 'closed', consecutiveFailures: 0, requests: 0, failures: 0, ejections: 1 });
  expect(group.told.at(-1)).toEqual(['closed', undefined]);
  expect(health.nextChange(1500)).toBe(Infinity);
});

test.each(['failed', 'dialFailed'] as const)('a probe that %s opens it again for twice as long, whatever the group says', (report) => {
  const { group, health } = opened(0);
  group.may = false;
  health[report](1500, 'still down', health.begin(1000));
  expect([health.state(1500), health.openUntil, group.asked]).toEqual(['open', 3500, 1]);
  expect(group.told.at(-1)).toEqual(['open', 'still down']);
});

test('a probe that ends without a verdict gives its place back, and decides nothing', () => {
  const { health } = opened(0);
  const probe = health.begin(1000);
  health.neutral(1200, probe);
  expect([health.state(1200), health.admits(1200)]).toEqual(['half-open', true]);
  // Reported already.
  health.failed(1300, 'down', probe);
  health.succeeded(1300, probe);
  expect(health.state(1300)).toBe('half-open');
});

test('a probe that nobody reports gives its place back when its time is over', () => {
  const { health } = opened(0, { probeTimeout: '5s' });
  for (let now = 1000; now < 100_000; now += 5000) {
    expect(health.admits(now)).toBe(true);
    health.begin(now);
    expect([health.admits(now), health.admits(now + 4999)]).toEqual([false, false]);
  }
});

test('several probes run side by side, and as many must go well', () => {
  const { health } = opened(0, { probes: 3 });
  const probes = [health.begin(1000), health.begin(1000), health.begin(1000)];
  expect([health.admits(1000), health.snapshot(1000).probes]).toEqual([false, 3]);
  health.succeeded(1100, probes[0]);
  // The place of one that went well is not given again: two more are wanting, and two are under way.
  expect([health.state(1100), health.admits(1100)]).toEqual(['half-open', false]);
  health.neutral(1200, probes[1]);
  expect(health.admits(1200)).toBe(true);
  health.succeeded(1300, probes[2]);
  expect(health.state(1300)).toBe('half-open');
  health.succeeded(1400, health.begin(1300));
  expect(health.state(1400)).toBe('closed');
});

test('one of several probes that fails opens it, and the others have no say any more', () => {
  const { health } = opened(0, { probes: 2 });
  const [first, second] = [health.begin(1000), health.begin(1000)];
  health.failed(1000, 'down', first);
  expect([health.state(1000), health.openUntil]).toEqual(['open', 3000]);
  health.failed(1500, 'down', second);
  expect(health.openUntil).toBe(3000);
  health.succeeded(3000, second);
  expect(health.state(3000)).toBe('half-open');
});

test('a probe may report after its time, as long as the circuit is half-open for the same reason', () => {
  const slow = opened(0);
  slow.health.succeeded(60_000, slow.health.begin(1000));
  expect(slow.health.state(60_000)).toBe('closed');
  const dead = opened(0);
  const late = dead.health.begin(1000);
  dead.health.failed(12_000, 'down', dead.health.begin(11_000));
  expect([dead.health.state(12_000), dead.health.openUntil]).toEqual(['open', 14_000]);
  expect(dead.health.state(14_000)).toBe('half-open');
  dead.health.failed(14_000, 'down', late);
  expect(dead.health.state(14_000)).toBe('half-open');
  dead.health.succeeded(14_000, dead.health.begin(14_000));
  dead.health.failed(14_001, 'down', late);
  expect([dead.health.state(14_001), dead.health.lastCause]).toEqual(['closed', 'down']);
});

test('attempts that began before it opened neither close it, nor open it again, nor prolong it', () => {
  const { group, health } = opened(0);
  health.succeeded(10, undefined);
  health.failed(20, 'late', undefined);
  expect([health.state(20), health.openUntil, health.lastCause]).toEqual(['open', 1000, 'late']);
  expect(health.state(1000)).toBe('half-open');
  health.succeeded(1000, undefined);
  health.failed(1001, 'later', undefined);
  expect([health.state(1001), health.admits(1001)]).toEqual(['half-open', true]);
  expect(group.told.map(([state]) => state)).toEqual(['open', 'half-open']);
  expect(health.snapshot(1001)).toMatchObject({ consecutiveFailures: 1, requests: 5, failures: 3, lastCode: undefined });
});

test('nor do those that fail after it closed, where the pool tells when they began', () => {
  const { health } = opened(0);
  health.succeeded(1500, health.begin(1000));
  health.failed(2000, 'ten seconds of silence', undefined, 1499);
  health.dialFailed(2000, 'ten seconds of silence', undefined, 1499);
  expect(health.snapshot(2000)).toMatchObject({ state: 'closed', consecutiveFailures: 0, requests: 0 });
  expect(health.lastCause).toBe('ten seconds of silence');
  health.failed(2000, 'down', undefined, 1500);
  expect(health.state(2000)).toBe('open');
});

test('a probe of another endpoint decides nothing here', () => {
  const [here, there] = [opened(0), opened(0)];
  const foreign = there.health.begin(1000);
  here.health.succeeded(1000, foreign);
  here.health.failed(1000, 'down', foreign);
  expect(here.health.state(1000)).toBe('half-open');
  here.health.succeeded(1000, here.health.begin(1000));
  expect([here.health.state(1000), there.health.snapshot(1000).probes]).toEqual(['closed', 1]);
});

test('a dial that failed makes the next one wait; one that went well does not', () => {
  const { health } = endpoint({ backoffBase: 100, backoffMax: 1000, consecutiveFailures: 0 }, () => 0.5);
  health.dialFailed(0, Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }), undefined);
  expect([health.dialAt, health.nextChange(0), health.nextChange(50)]).toEqual([50, 50, Infinity]);
  health.dialFailed(50, 'refused', undefined);
  expect([health.dialAt, health.admits(50)]).toEqual([150, true]);
  expect(health.snapshot(60)).toMatchObject({ dialAt: 150, dialFailures: 2, consecutiveFailures: 2 });
  expect(health.snapshot(150)).toMatchObject({ dialAt: 0, dialFailures: 2 });
  health.failed(151, 'a lease', undefined);
  expect(health.dialAt).toBe(150);
  health.dialled();
  health.succeeded(200, undefined);
  expect([health.dialAt, health.snapshot(200).dialFailures, health.snapshot(200).consecutiveFailures]).toEqual([0, 0, 0]);
});

test('a dial that went well ends the back-off, and tells nothing of what it was for', () => {
  const { health } = opened(0);
  const probe = health.begin(1000);
  health.dialFailed(1000, 'refused', undefined);
  health.dialled();
  expect(health.snapshot(1000)).toMatchObject({ state: 'half-open', probes: 1, dialFailures: 0, dialAt: 0, consecutiveFailures: 2 });
  health.succeeded(1001, probe);
  expect(health.state(1001)).toBe('closed');
});

test('a back-off of one\'s own is asked instead', () => {
  const health = new MemberHealth(healthLimits(), new Group(), never, (failures) => failures * 7);
  health.dialFailed(100, 'refused', undefined);
  expect(health.dialAt).toBe(107);
});

test('the next change is the nearer of ejection, or probe, and dial', () => {
  const { health } = endpoint({ consecutiveFailures: 1, baseEjection: 80, backoffBase: 100, backoffMax: 100, probeTimeout: 15 }, () => 0.9);
  health.dialFailed(0, 'refused', undefined);
  expect([0, 79, 80, 89].map((now) => health.nextChange(now))).toEqual([80, 80, 90, 90]);
  health.begin(89);
  expect([89, 90, 103, 104].map((now) => health.nextChange(now))).toEqual([90, 104, 104, Infinity]);
});

test('the host is told when all is done, and may ask and call from within', () => {
  const seen: unknown[] = [];
  const host: HealthHost = {
    mayEject: () => true,
    onChange: (state) => {
      seen.push([state, health.state(now), health.admits(now), health.nextChange(now), health.dialAt, health.snapshot(now).consecutiveFailures]);
      if (state === 'half-open') health.succeeded(now, health.begin(now));
    },
  };
  const health = new MemberHealth(healthLimits({ consecutiveFailures: 1, jitter: 0 }), host, () => 0.5);
  let now = 0;
  health.dialFailed(now, 'refused', undefined);
  now = 1000;
  expect(health.state(now)).toBe('closed');
  expect(seen).toEqual([['open', 'open', false, 25, 25, 1], ['half-open', 'half-open', true, Infinity, 25, 1], ['closed', 'closed', true, Infinity, 25, 0]]);
});

test('a host that throws leaves the circuit where it moved to', () => {
  const host: HealthHost = { mayEject: () => true, onChange: () => { throw new Error('host'); } };
  const health = new MemberHealth(healthLimits({ consecutiveFailures: 1, jitter: 0 }), host, () => 0);
  expect(() => health.failed(0, 'down', undefined)).toThrow('host');
  expect([health.admits(0), health.openUntil, health.state(999)]).toEqual([false, 1000, 'open']);
});

test.each<[unknown, string | undefined]>([
  [Object.assign(new Error('reset'), { code: 'ERR_SOCK_RESET' }), 'ERR_SOCK_RESET'], [{ code: 5 }, undefined], [null, undefined], ['text', undefined],
])('the code of the last failure is shown where there is one: %j', (cause, code) => {
  const { health } = endpoint();
  health.failed(0, cause, undefined);
  expect([health.lastCause, health.snapshot(0).lastCode]).toEqual([cause, code]);
});
