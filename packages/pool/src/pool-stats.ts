import type { MemberHealthStats } from './health/member-health.ts';
import type { EvictReason } from './pool-observer.ts';
import type { Stock } from './stock.ts';

/** `running`, and perhaps `suspended` for a while; then `draining`; then `stopped`. */
export type PoolState = 'running' | 'suspended' | 'draining' | 'stopped';

/** What a pool did so far. */
export interface PoolCounters {
  /** Leases handed out. */
  readonly acquired: number;
  /** Of these, on a connection that had one before. */
  readonly reused: number;
  /** Calls of `acquire` that had to wait. */
  readonly waited: number;
  /** Calls that ended with a time-out. */
  readonly timeouts: number;
  /** Calls that their signal ended. */
  readonly aborted: number;
  /** Calls that were turned away because too many waited. */
  readonly overflowed: number;
  /** Calls that were refused because the circuit of every endpoint was open. */
  readonly circuitOpen: number;
  /** Calls that ended with the failure of a dial. */
  readonly failed: number;
  /** Calls that came when the pool lent nothing any more, or were waiting then. */
  readonly closed: number;
  /** Leases that came back. */
  readonly released: number;
  /** Dials begun. */
  readonly dialled: number;
  /** Dials that succeeded. */
  readonly created: number;
  /** Dials that failed. */
  readonly dialsFailed: number;
  /** Dials that the end of the pool gave up. */
  readonly dialsAbandoned: number;
  /** `validate`, `ping` and `reset`: how often they ran. */
  readonly checks: number;
  /** Leases reported as held for too long. */
  readonly leaksHeld: number;
  /** Leases that were lost. */
  readonly leaksLost: number;
  /** Connections that left, by reason. */
  readonly evicted: Readonly<Record<EvictReason, number>>;
}

/** One endpoint of a target at one moment. */
export interface EndpointStats {
  readonly key: string;
  readonly idle: number;
  readonly leased: number;
  readonly checking: number;
  readonly connecting: number;
  /** None with `health: false`. */
  readonly health: MemberHealthStats | undefined;
}

/** One key at one moment. */
export interface KeyStats {
  readonly key: string;
  readonly waiting: number;
  readonly endpoints: readonly EndpointStats[];
}

/** A pool at one moment. */
export interface PoolStats extends PoolCounters {
  readonly state: PoolState;
  readonly idle: number;
  readonly leased: number;
  /** In the hands of `validate`, `ping` or `reset`. */
  readonly checking: number;
  readonly connecting: number;
  /** `idle + leased + checking + connecting`: what the limits count. */
  readonly size: number;
  readonly waiting: number;
  /** Connections that have left the pool and are not closed yet. */
  readonly closing: number;
  readonly keys: readonly KeyStats[];
}

const REASONS: readonly EvictReason[] = [
  'idle', 'life', 'uses', 'surplus', 'room', 'ended', 'reset', 'unexpected', 'dirty', 'unfit', 'discarded', 'refreshed', 'ejected', 'lost', 'drained', 'forced',
];

/** {@link PoolCounters} that count. */
export type Counting = { -readonly [Name in keyof Omit<PoolCounters, 'evicted'>]: number } & { readonly evicted: Record<EvictReason, number> };

export function noCounts(): Counting {
  return {
    acquired: 0, reused: 0, waited: 0, timeouts: 0, aborted: 0, overflowed: 0, circuitOpen: 0, failed: 0, closed: 0, released: 0, dialled: 0, created: 0, dialsFailed: 0, dialsAbandoned: 0,
    checks: 0, leaksHeld: 0, leaksLost: 0,
    evicted: Object.fromEntries(REASONS.map((reason) => [reason, 0])) as Record<EvictReason, number>,
  };
}

export function poolStats<T, D>(state: PoolState, { groups, counts, counters, closing, size }: Stock<T, D>, waiting: number, now: number): PoolStats {
  const keys = [...groups.values()].map(({ key, waiters, members }): KeyStats => ({
    key,
    waiting: waiters.length,
    endpoints: members.map((member) => ({
      key: member.key,
      idle: member.idle.length,
      leased: member.leased,
      checking: member.checking,
      connecting: member.dials.size,
      health: member.health?.snapshot(now),
    })),
  }));
  return { ...counters, evicted: { ...counters.evicted }, state, ...counts, size, waiting, closing: closing.size, keys };
}
