import type { Cancel, Closable, Socket } from '@sock/core';
import type { LineWriterOptions, ReaderOptions } from '@sock/core/framing';
import type { Clock } from '@sock/core/timing';
import type { BroadcastOptions, BroadcastResult } from './broadcast.ts';
import type { Connection, ConnectionEnd, ConnectionOptions } from './connection.ts';
import { ConnectionRegistry } from './connection-registry.ts';
import type { DrainOptions, DrainReport } from './drain.ts';
import type { ConnectionKey } from './members.ts';
import type { RegistryLimitsInput } from './registry-section.ts';
import type { RegistryStats } from './tally.ts';

/** Options of {@link createRegistry}: its limits, see `registrySection`, and what is the program's. */
export interface RegistryOptions<D = undefined> extends RegistryLimitsInput {
  /** Whether a connection is at work, beside what `connection.begin()` tells. Asked often, so quick; one that throws counts as yes. Default: **no** */
  readonly busy?: ((connection: Connection<D>) => boolean) | undefined;
  /** Hears once of each connection that left, with the reason. What it throws is dropped. Default: **none**; `stats()` counts */
  readonly onEnd?: ((connection: Connection<D>, end: ConnectionEnd) => void) | undefined;
  /** Of `connection.in`. Default: **those of `reader()`** */
  readonly reader?: ReaderOptions | undefined;
  /** Of `connection.out.line()`. Default: **those of `lineWriter()`** */
  readonly lines?: LineWriterOptions | undefined;
  /** Where it has its time from. Default: **the runtime's** */
  readonly clock?: Clock | undefined;
}

/** Data that may be `undefined` may be left out. */
export type AddArguments<D> = undefined extends D ? [data?: D, options?: ConnectionOptions] : [data: D, options?: ConnectionOptions];

/**
 * The accepted connections of a program. It has every connection from `add()` until it has closed, whoever closed it: a connection that is closing has its
 * place still, as it has its descriptor. All look-ups, the count and the iteration agree after every call.
 *
 * Iterating visits each connection that is there at the start, and still is when its turn comes, once, oldest first; those that are added meanwhile are not
 * visited.
 *
 * @typeParam D - what the program keeps with each connection
 */
export interface Registry<D = undefined> extends Closable, Iterable<Connection<D>> {
  /** One way: `running`; `draining`: nobody is added any more, and the rest finishes; `stopped`: nobody is left. */
  readonly state: 'running' | 'draining' | 'stopped';
  /** Connections in it, those that are closing included. */
  readonly size: number;
  /**
   * Takes an accepted socket in. A socket that is refused is not touched, and still the caller's.
   *
   * @throws `ERR_SOCK_POOL_FULL` (`maxConnections`, `maxPerAddress`), `ERR_SOCK_POOL_DUPLICATE`, `ERR_SOCK_POOL_CLOSED` once it drains,
   * `ERR_SOCK_POOL_ARGUMENT` for what is no socket, `ERR_SOCK_CONFIG` for an `idleTimeout` that is none, and an option that does not exist
   */
  add(socket: Socket, ...rest: AddArguments<D>): Connection<D>;
  /** By its socket or its id (or itself: whether it is in this registry still). */
  get(key: ConnectionKey<D>): Connection<D> | undefined;
  /** Whether it is in this registry still. */
  has(key: ConnectionKey<D>): boolean;
  /**
   * Gives a connection up without closing it: its socket is the caller's, and its place is free. `connection.closed` tells `removed`.
   *
   * @returns the socket; `undefined` when there is no such connection
   */
  remove(key: ConnectionKey<D>): Socket | undefined;
  /**
   * Sends `bytes` to all, or to those of a filter. The caller's buffer is its own again as soon as the call has returned. All who have room get it at once, and
   * nobody waits for a slow peer unless `slow` says so. Messages of several broadcasts reach each peer in order, and whole.
   *
   * For one peer there is never more than its send queue (`sendQueueBytes`), the rest of one message, and with `slow: "wait"` up to
   * `maxWaitingBroadcasts` messages, of which all peers share one copy each.
   *
   * @returns who got it, who was skipped, who was dropped and who had gone; also when the signal fires while it waits
   * @throws `ERR_SOCK_POOL_ARGUMENT`, `ERR_SOCK_POOL_CLOSED` when the signal had fired before, what `filter` throws; nothing is sent then
   */
  broadcast(bytes: Uint8Array, options?: BroadcastOptions<D>): Promise<BroadcastResult<D>>;
  /** Counters and gauges: a snapshot. */
  stats(): RegistryStats;
  /** How many connections each address and IPv6 prefix has now: a snapshot. */
  addresses(): ReadonlyMap<string, number>;
  /**
   * Stops for good: refuses to add, closes those that have nothing to do at once (no work begun, no byte waiting to be read or written, and `busy` says
   * no), the others as soon as they have finished, and destroys the rest when the time is up. Calling it again joins in; the shortest time counts.
   *
   * @throws `ERR_SOCK_CONFIG` for a `timeout` that is none
   */
  drain(options?: DrainOptions): Promise<DrainReport<D>>;
  /** {@link drain}, for those who do not need the report. */
  close(options?: Cancel): Promise<void>;
  /** A drain without time. */
  destroy(cause?: unknown): void;
}

/**
 * Makes a registry of accepted connections.
 *
 * @throws `ERR_SOCK_CONFIG` for a limit out of range or an option that does not exist, `ERR_SOCK_POOL_ARGUMENT` for a function that is none
 * @example
 * ```ts
 * const registry = createRegistry<{ user: string }>({ maxConnections: 5000, maxPerAddress: 32, idleTimeout: '2m' });
 * const connection = registry.add(socket, { user: 'anonymous' });
 * void registry.broadcast(news, { except: connection });
 * ```
 */
export function createRegistry<D = undefined>(options?: RegistryOptions<D>): Registry<D> {
  return new ConnectionRegistry<D>(options);
}
