import type { BooleanField, DurationField, IntField, OneOfField, Optional, Section, SectionInput, SectionValues } from '@sock/config';
import { boolean, duration, int, oneOf, section } from '@sock/config';

/** Which idle connection is used next. */
export type IdleOrder = 'lifo' | 'fifo';
/** Which of several endpoints is used next. */
export type Balance = 'least-busy' | 'round-robin';
/** Who is turned away when too many wait: the one that comes, the one that waits longest, the one of the lowest priority. */
export type Overflow = 'newest' | 'oldest' | 'lowest';
/** Of which leases it is remembered where they were acquired. */
export type LeakStacks = 'off' | 'sampled' | 'always';

/** What {@link poolSection} holds. */
export interface PoolFields {
  /** Connections to one endpoint: idle, leased, and on their way. **10**, 1 to 100,000. Why: most servers serve few connections fast rather than many slowly. */
  readonly maxPerKey: IntField;
  /** Connections in all. **1,000**, 1 to 1,000,000. Why: below the descriptors that a process usually has. */
  readonly max: IntField;
  /** Connections kept to each endpoint in use, busy ones included. **0**, 0 to 100,000. Why: whoever wants some warm knows how many. */
  readonly minPerKey: IntField;
  /** Idle connections kept to one endpoint. **As `maxPerKey`**, 0 to 100,000 */
  readonly maxIdlePerKey: Optional<IntField>;
  /** Idle connections kept in all. **As `max`**, 0 to 1,000,000 */
  readonly maxIdle: Optional<IntField>;
  /** Keys remembered; beyond them, the one that was used longest ago and has nothing under way is dropped with its idle connections. **1,000**, 1 to 1,000,000 */
  readonly maxKeys: IntField;
  /** Calls of `acquire` that wait, in all. **10,000**, 0 to 10,000,000. Why: a queue that only grows answers nobody in time. */
  readonly maxWaiting: IntField;
  /** Who is turned away when they are more: `newest`, `oldest` or `lowest` (priority). **`newest`**. Why: whoever waits has waited for something. */
  readonly overflow: OneOfField<Overflow>;
  /** Dials to one endpoint at the same time. **8**, 1 to 10,000. Why: a server that restarts gets no storm. */
  readonly maxConnecting: IntField;
  /** Time for `acquire`, unless the call says its own. **30 s**, 0 to 1 d */
  readonly acquireTimeout: DurationField;
  /** Time for one dial, `prepare` included; it goes on when the caller that it was begun for has gone. **10 s**, 1 ms to 1 h */
  readonly connectTimeout: DurationField;
  /** How long a connection may be idle. **30 s**, 1 ms to 7 d. Why: shorter than the minute after which servers and firewalls forget. */
  readonly idleTimeout: DurationField;
  /** How old a connection may become; a lease that has it is not disturbed. **30 min**, 1 ms to 30 d. Why: names and loads move. */
  readonly maxLife: DurationField;
  /** Percent by which the life of each connection differs at most, downwards. **10**, 0 to 100. Why: what was opened together must not be replaced together. */
  readonly lifeJitter: IntField;
  /** Leases that one connection serves. **No limit**, 1 to 1,000,000,000 */
  readonly maxUses: Optional<IntField>;
  /** Which idle connection is used next: `lifo`, `fifo`. **`lifo`**. Why: the others come to their idle time, and the pool shrinks. */
  readonly order: OneOfField<IdleOrder>;
  /** Which endpoint is used next, when a target has several: `least-busy`, `round-robin`. **`least-busy`** */
  readonly balance: OneOfField<Balance>;
  /** Waiting for so long counts as one more of priority. **1 s**, 1 ms to 1 h. Why: nobody waits for ever behind those that are more important. */
  readonly aging: DurationField;
  /** With `validate`: a connection that was idle for longer is looked at before it is leased. **1 s**, 0 to 1 d */
  readonly validateAfter: DurationField;
  /** With `ping`: how long a connection is idle before it is used for that. **15 s**, 1 ms to 1 d */
  readonly pingInterval: DurationField;
  /** Time for one `validate`, `ping` or `reset`. **5 s**, 1 ms to 1 h */
  readonly checkTimeout: DurationField;
  /** The first connection of a key is dialled alone, and the others wait for it, and for what it learns for them (a session to resume). **false** */
  readonly coalesceFirst: BooleanField;
  /** How long the others wait for what the first one learns, once it is there. **250 ms**, 0 to 1 min */
  readonly settleTimeout: DurationField;
  /** A lease that is held for longer is reported, once. **Never**, 1 ms to 30 d */
  readonly leakThreshold: Optional<DurationField>;
  /** Of which leases it is remembered where they were acquired, for that report: `off`, `sampled` (every 64th), `always`. **`sampled`**. Why: a stack costs several acquires. */
  readonly leakStacks: OneOfField<LeakStacks>;
  /** Time for `drain` and `close`; then what is still leased is broken off. **30 s**, 0 to 1 d */
  readonly drainTimeout: DurationField;
  /** Connections and timers of the pool keep the process running also while nobody uses them. **false**. Why: an idle pool is no work. */
  readonly ref: BooleanField;
}

/** The limits of one pool. Environment: `SOCK_POOL_…`. */
export const poolSection: Section<'pool', PoolFields> = /*#__PURE__*/ section('pool', {
  maxPerKey: /*#__PURE__*/ int({ default: 10, min: 1, max: 100_000, unit: 'connections', doc: 'Connections to one endpoint: idle, leased, and on their way' }),
  max: /*#__PURE__*/ int({ default: 1000, min: 1, max: 1_000_000, unit: 'connections', doc: 'Connections in all' }),
  minPerKey: /*#__PURE__*/ int({ default: 0, min: 0, max: 100_000, unit: 'connections', doc: 'Connections kept to each endpoint in use, busy ones included' }),
  maxIdlePerKey: /*#__PURE__*/ int({ min: 0, max: 100_000, unit: 'connections', doc: 'Idle connections kept to one endpoint; none = maxPerKey' }),
  maxIdle: /*#__PURE__*/ int({ min: 0, max: 1_000_000, unit: 'connections', doc: 'Idle connections kept in all; none = max' }),
  maxKeys: /*#__PURE__*/ int({ default: 1000, min: 1, max: 1_000_000, unit: 'keys', doc: 'Keys remembered; beyond them the least recently used idle one is dropped' }),
  maxWaiting: /*#__PURE__*/ int({ default: 10_000, min: 0, max: 10_000_000, unit: 'calls', doc: 'Calls of acquire that wait, in all' }),
  overflow: /*#__PURE__*/ oneOf(['newest', 'oldest', 'lowest'], { default: 'newest', doc: 'Who is turned away when more would wait' }),
  maxConnecting: /*#__PURE__*/ int({ default: 8, min: 1, max: 10_000, unit: 'dials', doc: 'Dials to one endpoint at the same time' }),
  acquireTimeout: /*#__PURE__*/ duration({ default: '30s', min: '0ms', max: '1d', doc: 'Time for acquire, unless the call says its own' }),
  connectTimeout: /*#__PURE__*/ duration({ default: '10s', min: '1ms', max: '1h', doc: 'Time for one dial, prepare included' }),
  idleTimeout: /*#__PURE__*/ duration({ default: '30s', min: '1ms', max: '7d', doc: 'How long a connection may be idle' }),
  maxLife: /*#__PURE__*/ duration({ default: '30m', min: '1ms', max: '30d', doc: 'How old a connection may become' }),
  lifeJitter: /*#__PURE__*/ int({ default: 10, min: 0, max: 100, unit: 'percent', doc: 'By how much the life of each connection differs at most, downwards' }),
  maxUses: /*#__PURE__*/ int({ min: 1, max: 1_000_000_000, unit: 'leases', doc: 'Leases that one connection serves; none = no limit' }),
  order: /*#__PURE__*/ oneOf(['lifo', 'fifo'], { default: 'lifo', doc: 'Which idle connection is used next' }),
  balance: /*#__PURE__*/ oneOf(['least-busy', 'round-robin'], { default: 'least-busy', doc: 'Which endpoint is used next, when a target has several' }),
  aging: /*#__PURE__*/ duration({ default: '1s', min: '1ms', max: '1h', doc: 'Waiting for so long counts as one more of priority' }),
  validateAfter: /*#__PURE__*/ duration({ default: '1s', min: '0ms', max: '1d', doc: 'With validate: a connection that was idle for longer is looked at before it is leased' }),
  pingInterval: /*#__PURE__*/ duration({ default: '15s', min: '1ms', max: '1d', doc: 'With ping: how long a connection is idle before it is used for that' }),
  checkTimeout: /*#__PURE__*/ duration({ default: '5s', min: '1ms', max: '1h', doc: 'Time for one validate, ping or reset' }),
  coalesceFirst: /*#__PURE__*/ boolean({ default: false, doc: 'The first connection of a key is dialled alone, and the others wait for it' }),
  settleTimeout: /*#__PURE__*/ duration({ default: '250ms', min: '0ms', max: '1m', doc: 'With coalesceFirst: how long the others wait for what the first connection learns' }),
  leakThreshold: /*#__PURE__*/ duration({ min: '1ms', max: '30d', doc: 'A lease that is held for longer is reported, once; none = never' }),
  leakStacks: /*#__PURE__*/ oneOf(['off', 'sampled', 'always'], { default: 'sampled', doc: 'Of which leases it is remembered where they were acquired' }),
  drainTimeout: /*#__PURE__*/ duration({ default: '30s', min: '0ms', max: '1d', doc: 'Time for drain and close; then what is still leased is broken off' }),
  ref: /*#__PURE__*/ boolean({ default: false, doc: 'Connections and timers of the pool keep the process running also while nobody uses them' }),
});

/** Resolved limits of a pool. */
export type PoolLimits = SectionValues<Section<'pool', PoolFields>>;

/** Limits as a caller may give them: any subset, times as text or number. */
export type PoolLimitsInput = SectionInput<Section<'pool', PoolFields>>;
