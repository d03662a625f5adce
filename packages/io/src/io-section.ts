import type { BooleanField, DurationField, IntField, Section, SectionInput, SectionValues } from '@sock/config';
import { boolean, duration, int, section } from '@sock/config';

/** What {@link ioSection} holds. */
export interface IoFields {
  /** Small writes leave at once instead of waiting for the peer's acknowledgement (TCP_NODELAY). **true** */
  readonly noDelay: BooleanField;
  /** The system probes a silent connection, so that a vanished peer is noticed (SO_KEEPALIVE). **true** */
  readonly keepAlive: BooleanField;
  /** Silence before the first probe. **60 s**, 1 s to 2 h */
  readonly keepAliveDelay: DurationField;
  /** Time for a name to resolve. **10 s**, 1 ms to 5 min */
  readonly dnsTimeout: DurationField;
  /** Time for each address to answer a connect. **30 s**, 1 ms to 10 min */
  readonly connectTimeout: DurationField;
  /** Connections that the system completes before the program sees them; the system may cap it lower. **511**, 1 to 65,535 */
  readonly backlog: IntField;
  /** Accepted connections that wait for `accept()`; more are refused. **128**, 1 to 65,535 */
  readonly maxWaiting: IntField;
}

/** Defaults and limits of `connect` and `listen`. Environment: `SOCK_IO_…`. */
export const ioSection: Section<'io', IoFields> = /*#__PURE__*/ section('io', {
  noDelay: /*#__PURE__*/ boolean({
    default: true,
    doc: 'Send small writes at once (TCP_NODELAY)',
    reason: 'a socket gathers the sends of one turn itself; the system\'s delay would only add to it',
  }),
  keepAlive: /*#__PURE__*/ boolean({
    default: true,
    doc: 'Probe silent connections (SO_KEEPALIVE)',
    reason: 'without it a vanished peer is never noticed by a side that only reads',
  }),
  keepAliveDelay: /*#__PURE__*/ duration({
    default: '60s', min: '1s', max: '2h',
    doc: 'Silence before the first keep-alive probe',
    reason: 'below the idle limits of common firewalls',
  }),
  dnsTimeout: /*#__PURE__*/ duration({
    default: '10s', min: '1ms', max: '5m',
    doc: 'Time for a name to resolve',
    reason: 'two tries of a usual resolver',
  }),
  connectTimeout: /*#__PURE__*/ duration({
    default: '30s', min: '1ms', max: '10m',
    doc: 'Time for each address to answer a connect',
    reason: 'longer than four SYN retransmissions, shorter than the system\'s two minutes',
  }),
  backlog: /*#__PURE__*/ int({
    default: 511, min: 1, max: 65_535, unit: 'connections',
    doc: 'Connections that the system completes before the program sees them',
    reason: 'what Node and most servers use',
  }),
  maxWaiting: /*#__PURE__*/ int({
    default: 128, min: 1, max: 65_535, unit: 'connections',
    doc: 'Accepted connections that wait for accept(); more are refused',
    reason: 'absorbs a burst without holding a flood in memory',
  }),
});

/** Resolved values of {@link ioSection}. */
export type IoValues = SectionValues<Section<'io', IoFields>>;

/** {@link ioSection}'s fields as a caller may give them. */
export type IoInput = SectionInput<Section<'io', IoFields>>;
