import type { BytesField, DurationField, IntField, Section, SectionInput, SectionValues } from '@sock/config';
import { bytes, duration, int, section } from '@sock/config';

const KIB = 1024;

/** What {@link coreSection} holds. */
export interface CoreFields {
  /**
   * Bytes accepted for sending and not yet written; a send waits when they are reached. **256 KiB**, 4 KiB to 1 GiB
   *
   * Why: fills a fast link while one write is under way; more only adds delay and memory.
   */
  readonly sendQueueBytes: BytesField;
  /**
   * Sends that wait for room at the same time; one more fails with `ERR_SOCK_LIMIT`. **16,384**, 1 to 1,000,000
   *
   * Why: a program that awaits its sends has a handful; one that never does must not fill the memory.
   */
  readonly maxWaitingSends: IntField;
  /**
   * Bytes received and not yet read at which the peer is stopped; one read of the runtime may come on top. **256 KiB**, 4 KiB to 1 GiB
   *
   * Why: lets the runtime read ahead while the program works.
   */
  readonly receiveQueueBytes: BytesField;
  /**
   * Sends up to this size are copied and resolve at once; larger ones are sent from the caller's buffer. **16 KiB**, 0 to 64 KiB
   *
   * Why: below it a copy costs less than waiting for the write.
   */
  readonly copyBelowBytes: BytesField;
  /**
   * Time for `close()` to write what was sent and its end; then the connection is destroyed. **5 s**, 1 ms to 10 min
   *
   * Why: a peer that reads nothing must not hold a close for ever.
   */
  readonly closeTimeout: DurationField;
  /**
   * Time for `close()` to wait for the peer's end; what arrives meanwhile is dropped. **1 s**, 0 to 10 min
   *
   * Why: closing with bytes on the way makes the kernel reset the connection, and the peer may lose what it did not read yet.
   */
  readonly lingerTimeout: DurationField;
}

/** The limits of one `Socket`, whatever carries it. Environment: `SOCK_CORE_…`. */
export const coreSection: Section<'core', CoreFields> = /*#__PURE__*/ section('core', {
  sendQueueBytes: /*#__PURE__*/ bytes({
    default: 256 * KIB,
    min: 4 * KIB,
    max: 1024 * KIB * KIB,
    doc: 'Bytes accepted and not yet written at which a send waits',
  }),
  maxWaitingSends: /*#__PURE__*/ int({
    default: 16_384,
    min: 1,
    max: 1_000_000,
    unit: 'sends',
    doc: 'Sends that wait for room at the same time',
  }),
  receiveQueueBytes: /*#__PURE__*/ bytes({
    default: 256 * KIB,
    min: 4 * KIB,
    max: 1024 * KIB * KIB,
    doc: 'Bytes received and not yet read at which the peer is stopped',
  }),
  copyBelowBytes: /*#__PURE__*/ bytes({
    default: 16 * KIB,
    min: 0,
    max: 64 * KIB,
    doc: 'Sends up to this size are copied and resolve at once',
  }),
  closeTimeout: /*#__PURE__*/ duration({
    default: '5s',
    min: '1ms',
    max: '10m',
    doc: 'Time for close() to write what was sent',
  }),
  lingerTimeout: /*#__PURE__*/ duration({
    default: '1s',
    min: '0ms',
    max: '10m',
    doc: 'Time for close() to wait for the peer\'s end',
  }),
});

/** Resolved limits of a socket. */
export type SocketLimits = SectionValues<Section<'core', CoreFields>>;

/** Limits as a caller may give them: any subset, sizes and times as text or number. */
export type SocketLimitsInput = SectionInput<Section<'core', CoreFields>>;
