import type { DurationField, IntField, Optional, Section, SectionInput, SectionValues } from '@sock/config';
import { duration, int, section } from '@sock/config';

/** What {@link registrySection} holds. */
export interface RegistryFields {
  /**
   * Connections in the registry at the same time, those that are closing included; one more is refused with `ERR_SOCK_POOL_FULL`. **10,000**,
   * 1 to 10,000,000
   *
   * Why: each holds a descriptor, and up to half a megabyte of queues when its peer is slow.
   */
  readonly maxConnections: IntField;
  /**
   * Of these from one IPv4 address or IPv6 prefix; one more is refused with `ERR_SOCK_POOL_FULL`. Peers without an IP address are not held to it.
   * **No limit**, 1 to 10,000,000
   *
   * Why: behind a proxy, all connections come from one address.
   */
  readonly maxPerAddress: Optional<IntField>;
  /** Bits of an IPv6 address that count as one peer. **64**, 1 to 128. Why: the smallest network that a subscriber is given. */
  readonly ipv6PrefixBits: IntField;
  /**
   * A connection that has moved no byte for so long, and is not busy, is closed gracefully. A connection may have its own. **None**, 1 ms to 24 days
   *
   * Why: how long a peer may be silent is a matter of the protocol. A server on the Internet should set it.
   */
  readonly idleTimeout: Optional<DurationField>;
  /**
   * The most time that the close of a connection may take, whatever its socket's own limits; then it is destroyed. **10 s**, 1 ms to 10 min
   *
   * Why: a little more than a socket gives itself. A peer that does not answer must not hold a place for ever.
   */
  readonly closeTimeout: DurationField;
  /**
   * Time for `drain()` and `close()` when the call has no `timeout`; then the rest is destroyed. **30 s**, 0 to 1 d
   *
   * Why: what process managers give a service to stop.
   */
  readonly drainTimeout: DurationField;
  /**
   * How long a broadcast with `slow: "wait"` waits for slow peers when the call has no `timeout`; then they are skipped. **5 s**, 0 to 1 h
   *
   * Why: news is old after that.
   */
  readonly broadcastTimeout: DurationField;
  /**
   * Broadcasts that wait for one slow peer at the same time; with more, it is skipped (or dropped) at once. **16**, 1 to 65,536
   *
   * Why: a program that does not wait for its broadcasts must not fill the memory for a peer that reads nothing.
   */
  readonly maxWaitingBroadcasts: IntField;
}

/** The limits of one registry of connections. Environment: `SOCK_REGISTRY_…`. */
export const registrySection: Section<'registry', RegistryFields> = /*#__PURE__*/ section('registry', {
  maxConnections: /*#__PURE__*/ int({
    default: 10_000, min: 1, max: 10_000_000, unit: 'connections',
    doc: 'Connections at the same time; one more is refused with ERR_SOCK_POOL_FULL',
    reason: 'each holds a descriptor, and up to half a megabyte of queues when its peer is slow',
  }),
  maxPerAddress: /*#__PURE__*/ int({
    min: 1, max: 10_000_000, unit: 'connections',
    doc: 'Of these from one IPv4 address or IPv6 prefix; none = no limit',
    reason: 'behind a proxy, all connections come from one address',
  }),
  ipv6PrefixBits: /*#__PURE__*/ int({
    default: 64, min: 1, max: 128, unit: 'bits',
    doc: 'Bits of an IPv6 address that count as one peer',
    reason: 'the smallest network that a subscriber is given',
  }),
  idleTimeout: /*#__PURE__*/ duration({
    min: '1ms', max: '24d',
    doc: 'A connection that has moved no byte for so long, and is not busy, is closed; none = never',
    reason: 'how long a peer may be silent is a matter of the protocol',
  }),
  closeTimeout: /*#__PURE__*/ duration({
    default: '10s', min: '1ms', max: '10m',
    doc: 'The most time that the close of a connection may take; then it is destroyed',
    reason: 'a little more than a socket gives itself',
  }),
  drainTimeout: /*#__PURE__*/ duration({
    default: '30s', min: '0ms', max: '1d',
    doc: 'Time for drain() and close() when the call has no timeout; then the rest is destroyed',
    reason: 'what process managers give a service to stop',
  }),
  broadcastTimeout: /*#__PURE__*/ duration({
    default: '5s', min: '0ms', max: '1h',
    doc: 'How long a broadcast waits for slow peers when the call has no timeout',
    reason: 'news is old after that',
  }),
  maxWaitingBroadcasts: /*#__PURE__*/ int({
    default: 16, min: 1, max: 65_536, unit: 'broadcasts',
    doc: 'Broadcasts that wait for one slow peer at the same time; with more, it is skipped or dropped at once',
    reason: 'a program that does not wait for its broadcasts must not fill the memory',
  }),
});

/** Resolved limits of a registry. */
export type RegistryLimits = SectionValues<Section<'registry', RegistryFields>>;

/** Limits as a caller may give them: any subset, times as text or number. */
export type RegistryLimitsInput = SectionInput<Section<'registry', RegistryFields>>;
