import type { BooleanField, DurationField, IntField, Section, SectionInput, SectionValues } from '@sock/config';
import { boolean, duration, int, section } from '@sock/config';

/** What {@link ioSection} holds. */
export interface IoFields {
  /**
   * Small writes leave at once instead of waiting for the peer's acknowledgement (TCP_NODELAY). **true**
   *
   * Why: a socket gathers the sends of one turn itself; the system's delay would only add to it.
   */
  readonly noDelay: BooleanField;
  /**
   * The system probes a silent connection, so that a vanished peer is noticed (SO_KEEPALIVE). **true**
   *
   * Why: without it a vanished peer is never noticed by a side that only reads.
   */
  readonly keepAlive: BooleanField;
  /**
   * Silence before the first probe. **60 s**, 1 s to 2 h
   *
   * Why: below the idle limits of common firewalls.
   */
  readonly keepAliveDelay: DurationField;
  /**
   * Time for a name to resolve. **10 s**, 1 ms to 5 min
   *
   * Why: two tries of a usual resolver.
   */
  readonly dnsTimeout: DurationField;
  /**
   * Time for each address to answer a connect. **30 s**, 1 ms to 10 min
   *
   * Why: longer than four SYN retransmissions, shorter than the system's two minutes.
   */
  readonly connectTimeout: DurationField;
  /**
   * Time after which the next address of a name is tried as well while one has not answered; one that fails is followed at once.
   * **250 ms**, 10 ms to 10 min
   *
   * Why: RFC 8305 recommends it, and demands the 10.
   */
  readonly attemptDelay: DurationField;
  /**
   * Addresses of a name that are being tried at the same time; 1 is one after the other. **4**, 1 to 10
   *
   * Why: two of each family. Where so many are silent more seldom help, and a name with many addresses must not cost a socket for each.
   */
  readonly maxAttempts: IntField;
  /**
   * Connections that the system completes before the program sees them; the system may cap it lower. **511**, 1 to 65,535
   *
   * Why: what Node and most servers use.
   */
  readonly backlog: IntField;
  /**
   * Accepted connections that wait for `accept()`; more are refused. **128**, 1 to 65,535
   *
   * Why: absorbs a burst without holding a flood in memory.
   */
  readonly maxWaiting: IntField;
}

/** Defaults and limits of `connect` and `listen`. Environment: `SOCK_IO_…`. */
export const ioSection: Section<'io', IoFields> = /*#__PURE__*/ section('io', {
  noDelay: /*#__PURE__*/ boolean({
    default: true,
    doc: 'Send small writes at once (TCP_NODELAY)',
  }),
  keepAlive: /*#__PURE__*/ boolean({
    default: true,
    doc: 'Probe silent connections (SO_KEEPALIVE)',
  }),
  keepAliveDelay: /*#__PURE__*/ duration({
    default: '60s', min: '1s', max: '2h',
    doc: 'Silence before the first keep-alive probe',
  }),
  dnsTimeout: /*#__PURE__*/ duration({
    default: '10s', min: '1ms', max: '5m',
    doc: 'Time for a name to resolve',
  }),
  connectTimeout: /*#__PURE__*/ duration({
    default: '30s', min: '1ms', max: '10m',
    doc: 'Time for each address to answer a connect',
  }),
  attemptDelay: /*#__PURE__*/ duration({
    default: '250ms', min: '10ms', max: '10m',
    doc: 'Time after which the next address is tried as well',
  }),
  maxAttempts: /*#__PURE__*/ int({
    default: 4, min: 1, max: 10, unit: 'addresses',
    doc: 'Addresses that are tried at the same time',
  }),
  backlog: /*#__PURE__*/ int({
    default: 511, min: 1, max: 65_535, unit: 'connections',
    doc: 'Connections that the system completes before the program sees them',
  }),
  maxWaiting: /*#__PURE__*/ int({
    default: 128, min: 1, max: 65_535, unit: 'connections',
    doc: 'Accepted connections that wait for accept(); more are refused',
  }),
});

/** Resolved values of {@link ioSection}. */
export type IoValues = SectionValues<Section<'io', IoFields>>;

/** {@link ioSection}'s fields as a caller may give them. */
export type IoInput = SectionInput<Section<'io', IoFields>>;
