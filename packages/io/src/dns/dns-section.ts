import type { BooleanField, DurationField, IntField, OneOfField, Section } from '@sock/config';
import { boolean, duration, int, oneOf, section } from '@sock/config';

/** What {@link dnsCacheSection} holds. */
export interface DnsCacheFields {
  /**
   * How long an answer is kept that tells no time to live, as those of the system's resolver do. **30 s**, 0 (not at all) to 1 day
   *
   * Why: short enough for a service that moves, long enough to spare nearly all look-ups of a busy client.
   */
  readonly ttl: DurationField;
  /**
   * An answer is kept no longer than this, whatever time to live it tells. **1 h**, 0 to 7 days
   *
   * Why: a wrong record must not live on for days.
   */
  readonly maxTtl: DurationField;
  /**
   * How long it is kept that a name does not exist, or has no address; 0 is not at all. Failures of the name server are not kept. **5 s**, 0 to 1 h
   *
   * Why: spares a retry loop its look-ups, and a name that was just made is found soon.
   */
  readonly negativeTtl: DurationField;
  /**
   * When a look-up fails, an answer may be given that has been out of date for so long at most (RFC 8767), and for `negativeTtl` without asking
   * again. That a name does not exist is no failure. **0**, not at all, to 7 days
   *
   * Why: an old address may belong to somebody else by now; who wants it has to say so.
   */
  readonly staleIfError: DurationField;
  /**
   * Names that are kept; the one that was asked for longest ago makes room. **1,000**, 1 to 1,000,000
   *
   * Why: some hundred kilobytes.
   */
  readonly maxEntries: IntField;
  /**
   * Look-ups under way at the same time, one for each name; one more fails with `ERR_SOCK_LIMIT`. **1,000**, 1 to 1,000,000
   *
   * Why: names that a stranger chooses, and that nobody answers, must not fill the memory.
   */
  readonly maxPending: IntField;
}

/** Defaults and limits of `dnsCache`. Environment: `SOCK_DNS_CACHE_…`. */
export const dnsCacheSection: Section<'dnsCache', DnsCacheFields> = /*#__PURE__*/ section('dnsCache', {
  ttl: /*#__PURE__*/ duration({ default: '30s', max: '1d', doc: 'How long an answer is kept that tells no time to live' }),
  maxTtl: /*#__PURE__*/ duration({ default: '1h', max: '7d', doc: 'How long an answer is kept at most' }),
  negativeTtl: /*#__PURE__*/ duration({ default: '5s', max: '1h', doc: 'How long it is kept that a name has no address' }),
  staleIfError: /*#__PURE__*/ duration({ default: 0, max: '7d', doc: 'How far out of date an answer may be that is given when a look-up fails' }),
  maxEntries: /*#__PURE__*/ int({ default: 1000, min: 1, max: 1_000_000, unit: 'names', doc: 'Names that are kept' }),
  maxPending: /*#__PURE__*/ int({ default: 1000, min: 1, max: 1_000_000, unit: 'look-ups', doc: 'Look-ups under way at the same time' }),
});

/** What {@link resolverSection} holds. */
export interface ResolverFields {
  /**
   * Time for a name server to answer one query, the first time; it doubles with each round. **2 s**, 10 ms to 1 min
   *
   * Why: with `tries` it stays below the 10 s of `dnsTimeout`.
   */
  readonly queryTimeout: DurationField;
  /**
   * Rounds through the name servers. **2**, 1 to 10
   *
   * Why: UDP loses a packet now and then, hardly two.
   */
  readonly tries: IntField;
  /**
   * Time for one family's answer to come after the other's (RFC 8305 section 3). An answer that came without it is not kept by a cache. **50 ms**, 0 to 1 min
   *
   * Why: the RFC recommends it.
   */
  readonly resolutionDelay: DurationField;
  /**
   * The family whose addresses stand first, or the only one that is asked for. **ipv6-first**
   *
   * Why: RFC 8305; a family that is broken costs `attemptDelay`.
   */
  readonly families: OneOfField<'ipv6-first' | 'ipv4-first' | 'ipv6' | 'ipv4'>;
  /**
   * `localhost` and what ends with it is this machine, without a query (RFC 6761). **true**
   *
   * Why: the RFC demands it; a name server that answers otherwise is wrong or hostile.
   */
  readonly localhost: BooleanField;
}

/** Defaults and limits of `resolver`. Environment: `SOCK_RESOLVER_…`. */
export const resolverSection: Section<'resolver', ResolverFields> = /*#__PURE__*/ section('resolver', {
  queryTimeout: /*#__PURE__*/ duration({ default: '2s', min: '10ms', max: '1m', doc: 'Time for a name server to answer one query' }),
  tries: /*#__PURE__*/ int({ default: 2, min: 1, max: 10, unit: 'rounds', doc: 'Rounds through the name servers' }),
  resolutionDelay: /*#__PURE__*/ duration({ default: '50ms', max: '1m', doc: 'Time for the answer of one family to come after the one of the other' }),
  families: /*#__PURE__*/ oneOf(['ipv6-first', 'ipv4-first', 'ipv6', 'ipv4'], { default: 'ipv6-first', doc: 'The family whose addresses stand first, or the only one' }),
  localhost: /*#__PURE__*/ boolean({ default: true, doc: 'Answer for localhost without a query' }),
});
