import type { Backoff } from '@sock/core/retry';
import { backoff } from '@sock/core/retry';
import { DialBackoff } from './dial-backoff.ts';
import { Ejections } from './ejections.ts';
import type { HealthLimits } from './health-section.ts';
import { OutcomeWindow } from './outcome-window.ts';
import type { Probe } from './trial.ts';
import { Trial } from './trial.ts';

export type { Probe } from './trial.ts';

/**
 * `closed → open → half-open → closed`, or from half-open back to open.
 * - `closed`: in use.
 * - `open`: ejected until a time.
 * - `half-open`: a few attempts, the probes, find out whether it is back. It counts as ejected still.
 */
export type CircuitState = 'closed' | 'open' | 'half-open';

/** What the health of an endpoint needs of its group. */
export interface HealthHost {
  /** Asked before a closed circuit opens: whether the group can do without this one. Not asked when a half-open one opens again. */
  mayEject(): boolean;
  /**
   * Told after each move; everything can be asked, and called, from within.
   *
   * @param cause - for `open` the failure that opened it, for `half-open` the last failure, for `closed` nothing
   */
  onChange(state: CircuitState, cause: unknown): void;
}

/** The health of one endpoint at one moment. Times are those of the pool's clock, in milliseconds. */
export interface MemberHealthStats {
  readonly state: CircuitState;
  /** Failures since the last success. */
  readonly consecutiveFailures: number;
  /** Outcomes in the window, since the circuit closed last. */
  readonly requests: number;
  /** Failures among them. */
  readonly failures: number;
  /** Ejections in a row, less those that health has taken back; those at the longest time count once. */
  readonly ejections: number;
  /** When it turns half-open; 0 unless it is open. */
  readonly openUntil: number;
  /** Probes that hold a place; 0 unless it is half-open. */
  readonly probes: number;
  /** Dials that failed in a row. */
  readonly dialFailures: number;
  /** No dial before; 0 when none has to wait. */
  readonly dialAt: number;
  /** The `code` of the last failure, where it has one. */
  readonly lastCode: string | undefined;
}

/**
 * The health of one endpoint: a circuit breaker, and the back-off of its dials. A state machine without clock and timer: each call brings the time, which
 * never goes back.
 *
 * A closed circuit opens at a failure: when `consecutiveFailures` of them came in a row, or `failurePercent` of at least `minVolume` outcomes in the window
 * failed; and the host agrees. Else all stays as it is, and the next failure asks again.
 *
 * A half-open circuit closes when as many probes as there are places went well, and opens again when one fails. Only probes decide: an attempt without one
 * began before the circuit opened, and tells about the past. Nor does any outcome move an open one. Such outcomes are counted, for the statistics; when the circuit
 * closes, the counting begins anew.
 */
export class MemberHealth {
  readonly #limits: HealthLimits;
  readonly #host: HealthHost;
  readonly #window: OutcomeWindow;
  readonly #ejections: Ejections;
  readonly #dial: DialBackoff;
  #state: CircuitState = 'closed';
  #closedAt = -Infinity;
  #openUntil = 0;
  /** Where it is half-open, and only there. */
  #trial: Trial | undefined;
  #consecutive = 0;
  #lastCause: unknown;

  /**
   * @param random - chance: from 0 up to, and without, 1
   * @param dialBackoff - the wait before the next dial. Default: from `backoffBase` and `backoffMax`, jitter `full`. For an answer that is no number
   * of milliseconds from 0 on it waits `backoffMax`
   */
  constructor(limits: HealthLimits, host: HealthHost, random: () => number, dialBackoff?: Backoff) {
    this.#limits = limits;
    this.#host = host;
    this.#window = new OutcomeWindow(limits.window);
    this.#ejections = new Ejections(limits, random);
    this.#dial = new DialBackoff(dialBackoff ?? backoff({ base: limits.backoffBase, max: limits.backoffMax, random }), limits.backoffMax);
  }

  /** Where the circuit stands. An open one whose time is over becomes half-open here, and whenever anything else is asked; outcomes only report. */
  state(now: number): CircuitState {
    if (this.#state === 'open' && now >= this.#openUntil) this.#halfOpen();
    return this.#state;
  }

  /** Whether an attempt may begin: always when closed, never when open, and while a place for a probe is free when half-open. */
  admits(now: number): boolean {
    return this.#state === 'closed' || (this.state(now) === 'half-open' && this.#trial?.free(now) === true);
  }

  /**
   * An attempt begins, after `admits()` said yes. The answer is its place in a half-open circuit, to be handed over with its outcome; nothing when closed.
   * Nothing as well where `admits()` says no: such an attempt decides nothing.
   */
  begin(now: number): Probe | undefined {
    return this.#state !== 'closed' && this.admits(now) ? this.#trial?.take(now) : undefined;
  }

  /** An attempt, or a lease, went well. */
  succeeded(now: number, probe: Probe | undefined): void {
    this.#consecutive = 0;
    this.#window.succeeded(now);
    if (this.#trial?.giveBack(probe) === true && this.#trial.passed()) this.#close(now);
  }

  /**
   * An attempt, or a lease, failed.
   *
   * @param beganAt - when it began: one from before the circuit closed last does not count. Default: **now**
   */
  failed(now: number, cause: unknown, probe: Probe | undefined, beganAt: number = now): void {
    this.#lastCause = cause;
    // A probe that reports to a closed circuit is one of an earlier trial.
    if (this.#state === 'closed' && (probe !== undefined || beganAt < this.#closedAt)) return;
    this.#consecutive += 1;
    this.#window.failed(now);
    if (this.#state === 'closed' ? this.#isBad(now) && this.#host.mayEject() : this.#trial?.giveBack(probe) === true) this.#open(now, cause);
  }

  /** An attempt ended, and tells nothing of the endpoint: it was cancelled, say. */
  neutral(_now: number, probe: Probe | undefined): void {
    this.#trial?.giveBack(probe);
  }

  /** As `failed`; and the next dial has to wait until {@link MemberHealth.dialAt}. Dials that fail while one waits already make it no longer. */
  dialFailed(now: number, cause: unknown, probe: Probe | undefined, beganAt: number = now): void {
    this.#dial.failed(now, beganAt);
    this.failed(now, cause, probe, beganAt);
  }

  /** A dial went well: the next one need not wait. What comes of the attempt is still to be told. */
  dialled(): void {
    this.#dial.succeeded();
  }

  /** A dial failed beside connections that stand, whose outcomes tell more of the endpoint: the next dial has to wait, and that is all. */
  dialRefused(now: number, cause: unknown, probe: Probe | undefined, beganAt: number = now): void {
    this.#dial.failed(now, beganAt);
    this.#lastCause = cause;
    this.neutral(now, probe);
  }

  /** No dial before; 0, or a time that has passed, when none has to wait. */
  get dialAt(): number {
    return this.#dial.at;
  }

  /** What the last failure was; kept when the circuit closes. */
  get lastCause(): unknown {
    return this.#lastCause;
  }

  /** When it turns half-open; meaningful while it is open. */
  get openUntil(): number {
    return this.#openUntil;
  }

  /** The next time at which something changes by itself: an ejection, the time of a probe, or a wait before a dial is over. Later than `now`; `Infinity` for never. */
  nextChange(now: number): number {
    const state = this.state(now);
    const dialAt = this.#dial.at > now ? this.#dial.at : Infinity;
    if (state === 'open') return Math.min(this.#openUntil, dialAt);
    return Math.min(this.#trial?.nextExpiry(now) ?? Infinity, dialAt);
  }

  /** What is to be shown of it. */
  snapshot(now: number): MemberHealthStats {
    const state = this.state(now);
    return {
      state,
      consecutiveFailures: this.#consecutive,
      requests: this.#window.requests(now),
      failures: this.#window.failures(now),
      ejections: this.#ejections.inRow(now),
      openUntil: state === 'open' ? this.#openUntil : 0,
      probes: this.#trial?.held(now) ?? 0,
      dialFailures: this.#dial.failures,
      dialAt: this.#dial.at > now ? this.#dial.at : 0,
      lastCode: codeOf(this.#lastCause),
    };
  }

  #isBad(now: number): boolean {
    const { consecutiveFailures, failurePercent, minVolume } = this.#limits;
    if (consecutiveFailures > 0 && this.#consecutive >= consecutiveFailures) return true;
    if (failurePercent === 0) return false;
    const requests = this.#window.requests(now);
    return requests >= minVolume && this.#window.failures(now) * 100 >= failurePercent * requests;
  }

  #open(now: number, cause: unknown): void {
    this.#openUntil = now + this.#ejections.next(now);
    this.#move('open', undefined, cause);
  }

  #halfOpen(): void {
    this.#move('half-open', new Trial(this.#limits.probes, this.#limits.probeTimeout), this.#lastCause);
  }

  #close(now: number): void {
    this.#closedAt = now;
    this.#ejections.recovered(now);
    this.#window.clear();
    this.#move('closed', undefined, undefined);
  }

  /** The host is told last: it may call back. */
  #move(state: CircuitState, trial: Trial | undefined, cause: unknown): void {
    this.#state = state;
    this.#trial = trial;
    this.#host.onChange(state, cause);
  }
}

function codeOf(cause: unknown): string | undefined {
  const code: unknown = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
