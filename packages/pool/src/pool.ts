import type { Duration } from '@sock/config';
import type { Cancel, Connector, Endpoint } from '@sock/core';
import { ClientPool } from './client-pool.ts';
import type { Lease } from './lease.ts';
import type { PoolOptions } from './pool-options.ts';
import type { PoolLimits } from './pool-section.ts';
import type { PoolState, PoolStats } from './pool-stats.ts';

/** Options of `acquire`. */
export interface AcquireOptions extends Cancel {
  /** Time to wait for a connection; 0 takes an idle one or fails at once. Default: **`acquireTimeout`** */
  readonly timeout?: Duration | undefined;
  /** Whoever has more of it is served first; `aging` makes up for it. Any number. Default: **0** */
  readonly priority?: number | undefined;
}

/** Options of `prewarm`. */
export interface PrewarmOptions extends Cancel {
  /** Connections that there are to be, those that are there included. Default: **`minPerKey`, at least 1** */
  readonly count?: number | undefined;
  /** Between one dial and the next. Default: **0** */
  readonly stagger?: Duration | undefined;
  /** Reject with the first failure, and dial no more. Default: **false** */
  readonly failFast?: boolean | undefined;
}

/** What `prewarm` came to. */
export interface PrewarmResult {
  /** Connections that were opened. */
  readonly opened: number;
  /** Why others were not. */
  readonly errors: readonly unknown[];
}

/** Options of `refresh`. */
export interface RefreshOptions<T> {
  /** Only connections to this one. Default: **all** */
  readonly target?: T | undefined;
  /** The time in which they are replaced, one after the other; 0 = now. Default: **10 s** */
  readonly over?: Duration | undefined;
}

/** What a draining came to. */
export interface DrainResult {
  /** Leases whose connections were broken off because they did not come back in time. */
  readonly forced: number;
}

/**
 * Connections that are kept for the next who needs one, by the key of the connector: those of different keys are never mixed.
 *
 * @typeParam T - targets
 * @typeParam D - the data of a connection
 */
export interface Pool<T = Endpoint, D = undefined> extends AsyncDisposable {
  readonly state: PoolState;
  /** Its limits, with the defaults; times in milliseconds. */
  readonly limits: PoolLimits;
  /** Resolves when it is stopped and every connection is closed. */
  readonly closed: Promise<void>;

  /**
   * A connection to `target`: an idle one, one that comes free, or a new one, whichever is first.
   *
   * @throws `ERR_SOCK_POOL_TIMEOUT`, `ERR_SOCK_ABORTED`, `ERR_SOCK_POOL_FULL`, `ERR_SOCK_POOL_CIRCUIT_OPEN`, `ERR_SOCK_POOL_CLOSED`, `ERR_SOCK_POOL_PREPARE`, and what
   * dialling throws when nothing else can come free
   */
  acquire(target: T, options?: AcquireOptions): Promise<Lease<D>>;

  /**
   * Runs `work` with a lease, which is released afterwards, and discarded when `work` throws: nobody knows then in the middle of what the connection is.
   *
   * @throws as {@link acquire}, and what `work` throws
   */
  use<R>(target: T, work: (lease: Lease<D>) => R | PromiseLike<R>, options?: AcquireOptions): Promise<R>;

  /** Opens connections before they are needed. @throws with `failFast` the first failure; `ERR_SOCK_ABORTED`, `ERR_SOCK_TIMEOUT`, `ERR_SOCK_POOL_CLOSED` */
  prewarm(target: T, options?: PrewarmOptions): Promise<PrewarmResult>;

  /** Replaces connections after a fail-over or a rotation: idle ones in the course of `over`, leased ones when they come back after that. @returns how many */
  refresh(options?: RefreshOptions<T>): number;

  /** Lends nothing from now on: calls of `acquire` wait. What is leased may come back. */
  suspend(): void;
  /** Lends again, those who wait first. */
  resume(): void;

  /** Lends nothing any more, for good; idle connections close, leased ones are waited for, and broken off after `timeout` (default: `drainTimeout`). */
  drain(options?: Cancel): Promise<DrainResult>;
  /** {@link drain}, without its result. */
  close(options?: Cancel): Promise<void>;
  /** Breaks everything off now. */
  destroy(cause?: unknown): void;

  /** A snapshot. */
  stats(): PoolStats;
}

/**
 * Makes a pool over a connector; see {@link PoolOptions} for what it can be told.
 *
 * @throws `ERR_SOCK_CONFIG`, `ERR_SOCK_POOL_ARGUMENT`
 * @example
 * ```ts
 * const pool = createPool(tcp(), { maxPerKey: 8 });
 * await using lease = await pool.acquire('127.0.0.1:6379');
 * await lease.socket.send(request);
 * ```
 */
export function createPool<T = Endpoint, D = undefined>(connector: Connector<T>, options?: PoolOptions<T, D>): Pool<T, D> {
  return new ClientPool<T, D>(connector, options);
}
