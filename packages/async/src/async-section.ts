import type { BooleanField, BytesField, DurationField, IntField, OneOfField, Optional, Section, SectionInput, SectionValues } from '@sock/config';
import { boolean, bytes, duration, int, oneOf, section } from '@sock/config';

/** What {@link asyncSection} holds. */
export interface AsyncFields {
  /**
   * Operations accepted and not completed, at the same time. **4,096**, 1 to 1,000,000
   *
   * Why: keeps thousands of sockets busy, and a program that submits without looking cannot fill the memory.
   */
  readonly maxInFlight: IntField;
  /**
   * Bytes that the operations in flight hold: of `send` and `sendv` their buffers, of `recvExactly` its length, of `call` what it says.
   * One that alone is larger is refused with `ERR_SOCK_OPERATION_TOO_LARGE`. **64 MiB**, 1 KiB to 64 GiB
   *
   * Why: a count alone says nothing about memory.
   */
  readonly maxBytes: BytesField;
  /**
   * The time-out of operations that have none of their own, but not of timers. **None**, 1 ms to 24 days
   *
   * Why: how long a peer may take is a matter of the protocol.
   */
  readonly defaultTimeout: Optional<DurationField>;
  /**
   * What a submission does that finds no room: `wait` in line, or `refuse` with `ERR_SOCK_OPERATION_FULL`. **`wait`**
   *
   * Why: most programs would only try again.
   */
  readonly whenFull: OneOfField<'wait' | 'refuse'>;
  /**
   * Submissions that wait in line for room at the same time; one more fails with `ERR_SOCK_OPERATION_FULL`. **16,384**, 1 to 1,000,000
   *
   * Why: a program that never awaits `accepted` must not fill the memory.
   */
  readonly maxWaiting: IntField;
  /**
   * How long the work of an operation that was cancelled or has expired may take to stop. Then it is completed without it. **1 s**, 0 to 1 min
   *
   * Why: only work that has stopped can tell how many bytes it moved; work that does not listen must not hold up a completion for ever.
   */
  readonly cancelGrace: DurationField;
  /**
   * Whether completions are drained in batches (`for await`), unless they have a callback. **false**
   *
   * Why: completions that nobody drains keep their places in flight.
   */
  readonly batched: BooleanField;
}

/** Limits and defaults of one queue of operations. Environment: `SOCK_ASYNC_…`. */
export const asyncSection: Section<'async', AsyncFields> = /*#__PURE__*/ section('async', {
  maxInFlight: /*#__PURE__*/ int({ default: 4096, min: 1, max: 1_000_000, unit: 'operations', doc: 'Operations accepted and not completed, at the same time' }),
  maxBytes: /*#__PURE__*/ bytes({ default: '64MiB', min: '1KiB', max: '64GiB', doc: 'Bytes that the operations in flight hold' }),
  defaultTimeout: /*#__PURE__*/ duration({ min: 1, max: '24d', doc: 'The time-out of operations that have none of their own, but not of timers; none = for ever' }),
  whenFull: /*#__PURE__*/ oneOf(['wait', 'refuse'], { default: 'wait', doc: 'What a submission does that finds no room' }),
  maxWaiting: /*#__PURE__*/ int({ default: 16_384, min: 1, max: 1_000_000, unit: 'operations', doc: 'Submissions that wait for room; one more fails with ERR_SOCK_OPERATION_FULL' }),
  cancelGrace: /*#__PURE__*/ duration({ default: '1s', min: 0, max: '1m', doc: 'How long the work of an operation that was cancelled or has expired may take to stop' }),
  batched: /*#__PURE__*/ boolean({ default: false, doc: 'Whether completions are drained in batches, unless they have a callback' }),
});

/** Resolved limits and defaults. */
export type AsyncLimits = SectionValues<Section<'async', AsyncFields>>;

/** Limits and defaults as a caller may give them: any subset, times and sizes as text or number. */
export type AsyncLimitsInput = SectionInput<Section<'async', AsyncFields>>;
