import { checkNames, parseDuration } from '@sock/config';
import type { Cancel, Connector, Socket } from '@sock/core';
import { ENDED, ERROR, formatEndpoint, HANGUP, isSocketError } from '@sock/core';
import type { Connection } from './connection.ts';
import { Dialling } from './dialling.ts';
import { Draining } from './draining.ts';
import { PoolError } from './errors.ts';
import type { Group } from './group.ts';
import { Keeper } from './keeper.ts';
import { LeakWatch } from './leak-watch.ts';
import type { Lease } from './lease.ts';
import { Lending } from './lending.ts';
import type { AcquireOptions, DrainResult, Pool, PrewarmOptions, PrewarmResult, RefreshOptions } from './pool.ts';
import type { PoolOptions, PoolSettings } from './pool-options.ts';
import { poolSettings } from './pool-options.ts';
import type { PoolLimits } from './pool-section.ts';
import type { PoolState, PoolStats } from './pool-stats.ts';
import { poolStats } from './pool-stats.ts';
import { prewarm } from './prewarm.ts';
import { Stock } from './stock.ts';
import { Supply } from './supply.ts';
import { abortedError, timeoutError, WaitingRoom } from './waiting-room.ts';

/** A {@link Pool}: puts its rooms together, and is the door to them. */
export class ClientPool<T, D> implements Pool<T, D> {
  readonly #connector: Connector<T>;
  readonly #settings: PoolSettings<T, D>;
  readonly #stock: Stock<T, D>;
  readonly #room: WaitingRoom<T, D>;
  readonly #keeper: Keeper<T, D>;
  readonly #lending: Lending<T, D>;
  readonly #supply: Supply<T, D>;
  readonly #dialling: Dialling<T, D>;
  readonly #leaks: LeakWatch<T, D>;
  readonly #draining: Draining<T, D>;
  #suspended = false;

  constructor(connector: Connector<T>, options?: PoolOptions<T, D>) {
    if (typeof (connector as Partial<Connector<T>> | null | undefined)?.connect !== 'function' || typeof connector.key !== 'function') {
      throw new PoolError('ERR_SOCK_POOL_ARGUMENT', 'createPool() needs a connector, with key() and connect(), such as tcp()');
    }
    const settings = poolSettings(options);
    const stock = new Stock<T, D>(connector, settings);
    const room = new WaitingRoom<T, D>(settings, stock);
    const state = (): PoolState => this.state;
    const supply = (): Supply<T, D> => this.#supply;
    const leaks = new LeakWatch<T, D>(settings, stock, (connection, error) => this.#supply.lose(connection, 'lost', error));
    const keeper = new Keeper<T, D>(settings, stock, leaks, supply);
    this.#connector = connector;
    this.#settings = settings;
    this.#stock = stock;
    this.#room = room;
    this.#keeper = keeper;
    this.#leaks = leaks;
    this.#lending = new Lending<T, D>({ settings, stock, keeper, leaks, supply, state });
    this.#dialling = new Dialling<T, D>({
      connector, settings, stock, room, keeper, supply,
      onJoin: (connection) => leaks.join(connection),
    });
    this.#supply = new Supply<T, D>({
      settings, stock, room, keeper, state,
      dialling: () => this.#dialling,
      handOver: (connection, now) => this.#handOver(connection, now),
    });
    stock.onClosed = (group) => this.#supply.balance(group, settings.clock.now());
    this.#draining = new Draining<T, D>(settings, stock, {
      begin: (error) => {
        room.refuseEverybody(error);
        this.#dialling.abandon(error());
        keeper.drain();
      },
      end: () => keeper.stop(),
    });
  }

  get state(): PoolState {
    return this.#draining.state ?? (this.#suspended ? 'suspended' : 'running');
  }

  get limits(): PoolLimits {
    return this.#settings.limits;
  }

  get closed(): Promise<void> {
    return this.#draining.closed;
  }

  acquire(target: T, options?: AcquireOptions): Promise<Lease<D>> {
    try {
      const now = this.#settings.clock.now();
      if (this.#draining.state !== undefined) return Promise.reject(this.#room.refused(this.#connector.key(target), now, 'closed', this.#draining.refusal()));
      const group = this.#stock.group(target, now);
      if (this.#suspended || group.waiters.length > 0 || options?.signal?.aborted === true) return this.#waitForAny(group, now, options);
      const connection = this.#stock.take(group, now);
      if (connection === undefined) return this.#waitForAny(group, now, options);
      if (group.passedOver !== undefined) this.#supply.catchUp(group, now);
      if (group.owed > 0) this.#supply.balance(group, now);
      if (!this.#supply.needsLook(connection, now)) return Promise.resolve(this.#lending.lend(connection, now, now, this.#leaks.stack(this.acquire)));
      return this.#waitFor(connection, group, now, options);
    } catch (error) {
      // oxlint-disable-next-line prefer-promise-reject-errors -- passes on what the connector, or the program's own endpoints(), threw
      return Promise.reject(error);
    }
  }

  async use<R>(target: T, work: (lease: Lease<D>) => R | PromiseLike<R>, options?: AcquireOptions): Promise<R> {
    if (typeof work !== 'function') throw new PoolError('ERR_SOCK_POOL_ARGUMENT', `use() got ${typeof work}: it takes a function, which gets the lease`);
    const lease = await this.acquire(target, options);
    try {
      const result = await work(lease);
      if (!lease.released) lease.release();
      return result;
    } catch (error) {
      if (!lease.released) lease.discard(isOf(lease.socket, error) ? error : undefined);
      throw error;
    }
  }

  async prewarm(target: T, options: PrewarmOptions = {}): Promise<PrewarmResult> {
    checkNames('prewarm', options, ['count', 'stagger', 'failFast', 'signal', 'timeout']);
    if (this.#draining.state !== undefined) throw this.#draining.refusal();
    const { clock, limits } = this.#settings;
    return await prewarm(this.#stock.group(target, clock.now()), options, { clock, limits, supply: this.#supply, warmUps: this.#dialling.warmUps });
  }

  refresh(options: RefreshOptions<T> = {}): number {
    checkNames('refresh', options, ['target', 'over']);
    const { target, over = '10s' } = options;
    const overMs = parseDuration(over);
    const now = this.#settings.clock.now();
    const one = target === undefined ? undefined : this.#stock.groups.get(this.#connector.key(target));
    const groups = target === undefined ? [...this.#stock.groups.values()] : one === undefined ? [] : [one];
    // First, for endpoints() may throw: then nothing has happened.
    for (const group of groups) this.#stock.updateMembers(group);
    const old: Connection<T, D>[] = [];
    for (const group of groups) {
      group.generation += 1;
      if (group.warmth === 'warm') group.warmth = 'cold';
      for (const { connections } of group.members) old.push(...connections);
    }
    old.forEach((connection, index) => {
      const diesAt = now + (overMs * index) / old.length;
      if (diesAt >= connection.diesAt) return;
      connection.diesAt = diesAt;
      connection.refreshed = true;
      this.#keeper.by(diesAt);
    });
    return old.length;
  }

  suspend(): void {
    this.#suspended = true;
  }

  resume(): void {
    this.#suspended = false;
    const now = this.#settings.clock.now();
    for (const group of this.#stock.groups.values()) {
      this.#supply.balance(group, now);
      group.wake();
    }
  }

  drain(options?: Cancel): Promise<DrainResult> {
    return this.#draining.drain(options);
  }

  async close(options?: Cancel): Promise<void> {
    await this.drain(options);
  }

  destroy(cause?: unknown): void {
    this.#draining.force(cause);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  stats(): PoolStats {
    return poolStats(this.state, this.#stock, this.#room.length, this.#settings.clock.now());
  }

  /** Waits for whatever comes free, or is dialled. */
  #waitForAny(group: Group<T, D>, now: number, options: AcquireOptions | undefined): Promise<Lease<D>> {
    const lease = this.#wait(group, now, options);
    this.#supply.balance(group, now);
    return lease;
  }

  /** Waits for a connection that was taken already, until it was looked at. */
  #waitFor(connection: Connection<T, D>, group: Group<T, D>, now: number, options: AcquireOptions | undefined): Promise<Lease<D>> {
    try {
      return this.#wait(group, now, options);
    } finally {
      // Looked at also where the call does not wait: it finds it fit the next time.
      this.#supply.offer(connection, now);
    }
  }

  /** Whoever calls it begins what is to serve the call. */
  #wait(group: Group<T, D>, now: number, options: AcquireOptions | undefined): Promise<Lease<D>> {
    checkNames('acquire', options, ACQUIRE_NAMES);
    const signal = options?.signal;
    const priority = options?.priority === undefined ? 0 : options.priority;
    const timeoutMs = options?.timeout === undefined ? this.#settings.limits.acquireTimeout : parseDuration(options.timeout);
    if (typeof priority !== 'number' || Number.isNaN(priority)) throw new PoolError('ERR_SOCK_POOL_ARGUMENT', `acquire() got a priority of ${String(priority)}: it takes a number`);
    if (signal !== undefined && typeof (signal as Partial<AbortSignal> | null)?.addEventListener !== 'function') {
      throw new PoolError('ERR_SOCK_POOL_ARGUMENT', 'acquire() got a signal that is no AbortSignal');
    }
    if (signal?.aborted === true) throw this.#room.refused(group.key, now, 'aborted', abortedError(group.key, signal));
    if (timeoutMs === 0) throw this.#room.refused(group.key, now, 'timeouts', timeoutError(group, 0, group.waiters.length, this.#stock.full));
    return this.#room.enter(group, now, { priority, timeoutMs, signal, stack: this.#leaks.stack(this.acquire) });
  }

  #handOver(connection: Connection<T, D>, now: number): void {
    const waiter = this.#room.next(connection.member.group);
    // Nobody waits any more: whoever did has gone while it was looked at.
    if (waiter === undefined) return this.#supply.free(connection, now);
    this.#keeper.passedOn();
    waiter.resolve(this.#lending.lend(connection, now, waiter.since, waiter.stack));
  }
}

const ACQUIRE_NAMES = ['signal', 'timeout', 'priority'] as const;

/** What this connection did counts against its endpoint; what the program refused, or another connection did, does not. */
function isOf({ ready, remote }: Socket, error: unknown): boolean {
  if (!isSocketError(error) || error.code.startsWith('ERR_SOCK_POOL_') || error.category === 'usage' || error.category === 'aborted') return false;
  if ((ready & (ERROR | ENDED | HANGUP)) !== 0) return true;
  return error.endpoint !== undefined && remote !== undefined && formatEndpoint(error.endpoint) === formatEndpoint(remote);
}
