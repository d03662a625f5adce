import type { DurationField, IntField, Section, SectionInput, SectionValues } from '@sock/config';
import { ConfigError, duration, int, section } from '@sock/config';

/** What {@link healthSection} holds. */
export interface HealthFields {
  /**
   * Failures in a row that open the circuit of an endpoint. **5**, 0 (never by count) to 1,000,000
   *
   * Why: one or two failures happen to a good endpoint, five in a row do not; and an endpoint that is down is found before the window fills.
   */
  readonly consecutiveFailures: IntField;
  /**
   * Share of failures among the outcomes of the window that opens it. **50 percent**, 0 (never by rate) to 100
   *
   * Why: an endpoint that fails every other time never fails five times in a row, and is of no use all the same.
   */
  readonly failurePercent: IntField;
  /**
   * Outcomes that the window must hold before their rate says anything. **20**, 1 to 1,000,000
   *
   * Why: one failure of two is half as well; of twenty it is no accident.
   */
  readonly minVolume: IntField;
  /**
   * How far back the rate looks. Kept in ten parts: an outcome counts for nine tenths of it at least. **10 s**, 100 ms to 1 h
   *
   * Why: long enough for 20 outcomes of a pool with little to do, and short enough for an old trouble to be forgotten.
   */
  readonly window: DurationField;
  /**
   * How long a circuit stays open the first time; each further time in a row doubles it. **1 s**, 1 ms to 1 d; `maxEjection` at most
   *
   * Why: a restart takes about so long, and a wrong guess costs little.
   */
  readonly baseEjection: DurationField;
  /**
   * The longest time that a circuit stays open. So much time in health also takes one step of the doubling back. **30 s**, 1 ms to 1 d
   *
   * Why: an endpoint that is back is found within half a minute.
   */
  readonly maxEjection: DurationField;
  /**
   * By how much chance may shorten such a time. **10 percent**, 0 to 50
   *
   * Why: clients that lost an endpoint together must not come back to it together.
   */
  readonly jitter: IntField;
  /**
   * Share of a pool's endpoints that may be ejected at the same time. One may always, where there are several. **50 percent**, 0 (none) to 100
   *
   * Why: when most of them fail, the fault is likely to be here or between, and the few that are left would be overrun. A single endpoint has a circuit
   * breaker, and no share.
   */
  readonly maxEjectedPercent: IntField;
  /**
   * Attempts that try an endpoint again at the same time when its ejection is over, and as many of them must go well. **1**, 1 to 1,000
   *
   * Why: one tells whether it is back, and a wrong guess costs one caller.
   */
  readonly probes: IntField;
  /**
   * How long such an attempt holds its place without a word. **10 s**, 1 ms to 1 d
   *
   * Why: a probe that nobody reports must not keep everyone out; and most attempts are over by then.
   */
  readonly probeTimeout: DurationField;
  /**
   * The longest wait before the dial after one that failed; each further failure in a row doubles it, and chance takes anything of it off.
   * **50 ms**, 1 ms to 1 h; `backoffMax` at most
   *
   * Why: one lost packet costs no one a second, and a closed port is no busy loop.
   */
  readonly backoffBase: DurationField;
  /**
   * No wait before a dial is longer. **10 s**, 1 ms to 1 d
   *
   * Why: callers wait for it, and usually not for longer.
   */
  readonly backoffMax: DurationField;
}

/** When an endpoint is taken out of use, and how it comes back. Environment: `SOCK_POOL_HEALTH_…`. */
export const healthSection: Section<'poolHealth', HealthFields> = /*#__PURE__*/ section('poolHealth', {
  consecutiveFailures: /*#__PURE__*/ int({
    default: 5, max: 1_000_000, unit: 'failures', doc: 'Failures in a row that open the circuit of an endpoint; 0 = never by count',
    reason: 'one or two failures happen to a good endpoint, five in a row do not',
  }),
  failurePercent: /*#__PURE__*/ int({
    default: 50, max: 100, unit: 'percent', doc: 'Share of failures among the outcomes of the window that opens it; 0 = never by rate',
    reason: 'an endpoint that fails every other time never fails five times in a row, and is of no use all the same',
  }),
  minVolume: /*#__PURE__*/ int({
    default: 20, min: 1, max: 1_000_000, unit: 'outcomes', doc: 'Outcomes that the window must hold before their rate says anything',
    reason: 'one failure of two is half as well; of twenty it is no accident',
  }),
  window: /*#__PURE__*/ duration({
    default: '10s', min: '100ms', max: '1h', doc: 'How far back the rate looks',
    reason: 'long enough for 20 outcomes of a pool with little to do, short enough for an old trouble to be forgotten',
  }),
  baseEjection: /*#__PURE__*/ duration({
    default: '1s', min: '1ms', max: '1d', doc: 'How long a circuit stays open the first time; doubles with each further time in a row',
    reason: 'a restart takes about so long, and a wrong guess costs little',
  }),
  maxEjection: /*#__PURE__*/ duration({
    default: '30s', min: '1ms', max: '1d', doc: 'The longest time that a circuit stays open',
    reason: 'an endpoint that is back is found within half a minute',
  }),
  jitter: /*#__PURE__*/ int({
    default: 10, max: 50, unit: 'percent', doc: 'By how much chance may shorten an ejection',
    reason: 'clients that lost an endpoint together must not come back to it together',
  }),
  maxEjectedPercent: /*#__PURE__*/ int({
    default: 50, max: 100, unit: 'percent', doc: 'Share of the endpoints that may be ejected at the same time; one may always, where there are several; 0 = none',
    reason: 'when most of them fail, the fault is likely to be here, and the few that are left would be overrun',
  }),
  probes: /*#__PURE__*/ int({
    default: 1, min: 1, max: 1000, unit: 'probes', doc: 'Attempts that try an ejected endpoint again at the same time; as many must go well',
    reason: 'one tells whether it is back, and a wrong guess costs one caller',
  }),
  probeTimeout: /*#__PURE__*/ duration({
    default: '10s', min: '1ms', max: '1d', doc: 'How long a probe holds its place without a word',
    reason: 'a probe that nobody reports must not keep everyone out',
  }),
  backoffBase: /*#__PURE__*/ duration({
    default: '50ms', min: '1ms', max: '1h', doc: 'The longest wait before the dial after one that failed; doubles with each further failure in a row',
    reason: 'one lost packet costs no one a second, and a closed port is no busy loop',
  }),
  backoffMax: /*#__PURE__*/ duration({
    default: '10s', min: '1ms', max: '1d', doc: 'No wait before a dial is longer',
    reason: 'callers wait for it, and usually not for longer',
  }),
});

/** Resolved limits of the health of endpoints; times in milliseconds. */
export type HealthLimits = SectionValues<Section<'poolHealth', HealthFields>>;

/** Limits as a caller may give them: any subset, times as text or number. */
export type HealthLimitsInput = SectionInput<Section<'poolHealth', HealthFields>>;

/**
 * Resolves limits, and holds them against each other.
 *
 * @param where - what to call the place in messages
 * @throws `ERR_SOCK_CONFIG` for a name that it does not have, a value out of range, and a first time that is longer than the longest
 */
export function healthLimits(input?: HealthLimitsInput, where: string = 'health'): HealthLimits {
  const limits = healthSection.resolve(input, where);
  notLonger(limits, 'baseEjection', 'maxEjection', where);
  notLonger(limits, 'backoffBase', 'backoffMax', where);
  return limits;
}

function notLonger(limits: HealthLimits, first: keyof HealthLimits, longest: keyof HealthLimits, where: string): void {
  if (limits[first] <= limits[longest]) return;
  const allowed = `a duration up to ${longest}, which is ${limits[longest]} ms`;
  throw new ConfigError([{ key: `poolHealth.${first}`, source: { kind: 'value', name: where }, found: String(limits[first]), allowed }]);
}
