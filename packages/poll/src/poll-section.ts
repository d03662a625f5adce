import type { DurationField, IntField, Optional, Section, SectionInput, SectionValues } from '@sock/config';
import { duration, int, section } from '@sock/config';

/** What {@link pollSection} holds. */
export interface PollFields {
  /**
   * Events that one wait answers with at most; the others come with the next one, in turn. **1,024**, 1 to 1,000,000
   *
   * Why: enough to make the cost of a wait small against that of its events, and few enough for timers to be on time.
   */
  readonly maxEvents: IntField;
  /**
   * What may be watched at the same time, and as many timers; one more fails with `ERR_SOCK_POLL_FULL`. **100,000**, 1 to 10,000,000
   *
   * Why: more than a process usually has descriptors for, and far less than its memory holds.
   */
  readonly maxRegistered: IntField;
  /**
   * How long a wait without a `timeout` of its own lasts. **For ever**, 0 to 24 days
   *
   * Why: timers and `wake()` end a wait as well, and nothing is gained by waking for nothing.
   */
  readonly defaultTimeout: Optional<DurationField>;
}

/** The limits of one poll. Environment: `SOCK_POLL_…`. */
export const pollSection: Section<'poll', PollFields> = /*#__PURE__*/ section('poll', {
  maxEvents: /*#__PURE__*/ int({
    default: 1024,
    min: 1,
    max: 1_000_000,
    unit: 'events',
    doc: 'Events that one wait answers with at most; the others come with the next one',
  }),
  maxRegistered: /*#__PURE__*/ int({
    default: 100_000,
    min: 1,
    max: 10_000_000,
    unit: 'registrations',
    doc: 'What may be watched at the same time, and as many timers; one more fails with ERR_SOCK_POLL_FULL',
  }),
  defaultTimeout: /*#__PURE__*/ duration({
    max: '24d',
    doc: 'How long a wait without a timeout of its own lasts; none = for ever',
  }),
});

/** Resolved limits of a poll. */
export type PollLimits = SectionValues<Section<'poll', PollFields>>;

/** Limits as a caller may give them: any subset, times as text or number. */
export type PollLimitsInput = SectionInput<Section<'poll', PollFields>>;
