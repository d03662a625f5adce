// Support of the tests: not compiled into dist, and not published.
import type { HealthLimits } from './health-section.ts';
import type { CircuitState } from './member-health.ts';

/** A probe as the rules see it: no places, no lists; only when it began, and whether it was told of. */
export interface ModelProbe { readonly beganAt: number; readonly trial: number; reported: boolean }

/** The rules of an endpoint's health, slow and simple: read from a list of all that happened. */
export class HealthModel {
  state: CircuitState = 'closed';
  may = true;
  readonly told: [CircuitState, unknown][] = [];
  outcomes: { readonly at: number; readonly ok: boolean }[] = [];
  readonly probes: ModelProbe[] = [];
  /** Which half-open time this is. */
  trial = 0;
  passed = 0;
  closedAt = 0;
  openUntil = 0;
  lastCause: unknown;
  /** The step of the ladder of ejection times; -1 for none. */
  step = -1;
  dialFailures = 0;
  dialAt = 0;
  readonly limits: HealthLimits;
  readonly chance: number;

  constructor(limits: HealthLimits, chance: number) {
    this.limits = limits;
    this.chance = chance;
  }

  settle(now: number): void {
    if (this.state !== 'open' || now < this.openUntil) return;
    this.trial += 1;
    this.passed = 0;
    this.move('half-open', this.lastCause);
  }

  out(now: number): ModelProbe[] {
    return this.probes.filter(({ beganAt, trial, reported }) => trial === this.trial && !reported && now < beganAt + this.limits.probeTimeout);
  }

  admits(now: number): boolean {
    if (this.state === 'half-open') return this.out(now).length < this.limits.probes - this.passed;
    return this.state === 'closed';
  }

  begin(now: number): ModelProbe | undefined {
    if (this.state !== 'half-open' || !this.admits(now)) return undefined;
    const probe = { beganAt: now, trial: this.trial, reported: false };
    this.probes.push(probe);
    return probe;
  }

  /** Whether the outcome of a half-open circuit's attempt is one that decides. */
  decides(probe: ModelProbe | undefined): boolean {
    if (this.state !== 'half-open' || probe === undefined || probe.trial !== this.trial || probe.reported) return false;
    probe.reported = true;
    return true;
  }

  succeeded(now: number, probe: ModelProbe | undefined): void {
    this.outcomes.push({ at: now, ok: true });
    if (!this.decides(probe)) return;
    this.passed += 1;
    if (this.passed < this.limits.probes) return;
    this.outcomes = [];
    this.closedAt = now;
    this.move('closed', undefined);
  }

  failed(now: number, cause: unknown, probe: ModelProbe | undefined, given: boolean, beganAt: number): void {
    this.lastCause = cause;
    if (this.state === 'closed' && (given || (this.trial > 0 && beganAt < this.closedAt))) return;
    this.outcomes.push({ at: now, ok: false });
    if (this.state === 'closed' ? this.bad(now) && this.may : this.decides(probe)) this.open(now, cause);
  }

  dialFailed(now: number, beganAt: number): void {
    if (now < this.dialAt) return;
    const { backoffBase, backoffMax } = this.limits;
    if (this.dialFailures === 0 || beganAt >= this.dialAt) this.dialFailures += 1;
    this.dialAt = now + Math.floor(this.chance * Math.min(backoffMax, backoffBase * 2 ** (this.dialFailures - 1)));
  }

  inRow(): number {
    return this.outcomes.length - 1 - this.outcomes.findLastIndex(({ ok }) => ok);
  }

  seen(now: number): { requests: number; failures: number } {
    const part = (at: number): number => Math.floor(at / Math.ceil(this.limits.window / 10));
    const seen = this.outcomes.filter(({ at }) => part(at) > part(now) - 10);
    return { requests: seen.length, failures: seen.filter(({ ok }) => !ok).length };
  }

  bad(now: number): boolean {
    const { consecutiveFailures, failurePercent, minVolume } = this.limits;
    const { requests, failures } = this.seen(now);
    return (consecutiveFailures > 0 && this.inRow() >= consecutiveFailures)
      || (failurePercent > 0 && requests >= minVolume && failures / requests >= failurePercent / 100);
  }

  /** The step that is left after so much health. */
  stepAt(now: number): number {
    if (this.state !== 'closed' || this.step < 0) return this.step;
    let [left, until] = [this.step, this.closedAt + this.limits.maxEjection];
    while (left >= 0 && until <= now) [left, until] = [left - 1, until + this.limits.maxEjection];
    return left;
  }

  open(now: number, cause: unknown): void {
    const { baseEjection, maxEjection, jitter } = this.limits;
    const ladder = [baseEjection];
    while ((ladder.at(-1) as number) < maxEjection) ladder.push(Math.min(maxEjection, (ladder.at(-1) as number) * 2));
    this.step = Math.min(ladder.length - 1, this.stepAt(now) + 1);
    this.openUntil = now + (ladder[this.step] as number) * (1 - (jitter / 100) * this.chance);
    this.move('open', cause);
  }

  nextChange(now: number): number {
    const times = [this.dialAt];
    if (this.state === 'open') times.push(this.openUntil);
    if (this.state === 'half-open') times.push(...this.out(now).map(({ beganAt }) => beganAt + this.limits.probeTimeout));
    return Math.min(Infinity, ...times.filter((time) => time > now));
  }

  move(state: CircuitState, cause: unknown): void {
    this.state = state;
    this.told.push([state, cause]);
  }

  /** All that can be asked, and what was told since it was asked last. */
  shown(now: number): unknown {
    const openUntil = this.state === 'open' ? this.openUntil : 0;
    const dialAt = this.dialAt > now ? this.dialAt : 0;
    const probes = this.state === 'half-open' ? this.out(now).length : 0;
    return [this.admits(now), this.nextChange(now), this.openUntil, this.dialAt, this.lastCause, this.told.splice(0), {
      state: this.state, consecutiveFailures: this.inRow(), ...this.seen(now), ejections: this.stepAt(now) + 1,
      openUntil, probes, dialFailures: this.dialFailures, dialAt, lastCode: undefined,
    }];
  }
}
