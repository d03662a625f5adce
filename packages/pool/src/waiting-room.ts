import { formatDuration } from '@sock/config';
import { SocketError } from '@sock/core';
import type { Clock } from '@sock/core/timing';
import { TimerQueue } from '@sock/core/timing';
import { PoolError, reasonOf } from './errors.ts';
import type { Group } from './group.ts';
import type { Lease } from './lease.ts';
import { tell } from './pool-observer.ts';
import type { PoolSettings } from './pool-options.ts';
import type { Counting } from './pool-stats.ts';
import type { Stock } from './stock.ts';
import { runningClock } from './turn-clock.ts';
import type { Deadline } from './waiter.ts';
import { Waiter } from './waiter.ts';
import { WaiterList } from './waiter-list.ts';

/** How one call waits. */
export interface Patience {
  readonly priority: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Where it was called, if that is to be remembered. */
  readonly stack: Error | undefined;
}

/** Why a call is answered with an error: what counts it. */
export type Refusal = 'timeouts' | 'aborted' | 'overflowed' | 'circuitOpen' | 'failed' | 'closed';

/** All who wait, in a line for each group. Each is answered once. */
export class WaitingRoom<T, D> {
  readonly #settings: PoolSettings<T, D>;
  readonly #stock: Stock<T, D>;
  readonly #counters: Counting;
  readonly #all = new WaiterList<T, D>();
  readonly #clock: Clock;
  readonly #deadlines: TimerQueue<Deadline<T, D>>;
  /** The two ways to answer the promise that was made last. */
  #resolve: (lease: Lease<D>) => void = unset;
  #reject: (error: unknown) => void = unset;

  constructor(settings: PoolSettings<T, D>, stock: Stock<T, D>) {
    this.#settings = settings;
    this.#stock = stock;
    this.#counters = stock.counters;
    this.#clock = runningClock(settings.clock);
    this.#deadlines = new TimerQueue(this.#clock, (due) => this.#timedOut(due));
  }

  get length(): number {
    return this.#all.length;
  }

  /** Puts a call in line; when there is no room, somebody is turned away, perhaps this one. */
  enter(group: Group<T, D>, since: number, { priority, timeoutMs, signal, stack }: Patience): Promise<Lease<D>> {
    const { aging, maxWaiting, overflow } = this.#settings.limits;
    const lease = new Promise<Lease<D>>(this.#keepWays);
    const waiter = new Waiter<T, D>({ group, since, priority, agingMs: aging, stack, resolve: this.#resolve, reject: this.#reject });
    // Through them it would hold the lease, which is to be collected when it is lost.
    this.#resolve = this.#reject = unset;
    this.#all.add(waiter);
    group.waiters.add(waiter);
    if (this.#all.length > maxWaiting) this.#turnAway(overflow === 'newest' ? waiter : overflow === 'oldest' ? this.#oldest() : this.#last());
    if (waiter.answered) return lease;
    this.#counters.waited += 1;
    // An observer who heard of the one that was turned away may have fired it.
    if (signal?.aborted === true) {
      this.#aborted(waiter, signal);
      return lease;
    }
    if (signal !== undefined) waiter.watch(signal, () => this.#aborted(waiter, signal));
    waiter.deadline = { at: this.#clock.now() + timeoutMs, order: 0, place: -1, waiter, timeoutMs };
    this.#deadlines.add(waiter.deadline);
    return lease;
  }

  /** Takes out the first of a line. */
  next(group: Group<T, D>): Waiter<T, D> | undefined {
    const waiter = group.waiters.peek();
    if (waiter !== undefined) this.#leave(waiter);
    return waiter;
  }

  /** The first of a line gets the failure of a dial. */
  refuseFirst(group: Group<T, D>, error: unknown): void {
    const waiter = group.waiters.peek();
    if (waiter !== undefined) this.#refuse(waiter, 'failed', error);
  }

  refuseAll(group: Group<T, D>, error: unknown): void {
    while (group.waiters.length > 0) this.refuseFirst(group, error);
  }

  /** Nobody waits for endpoints whose circuits are all open. */
  refuseOpen(group: Group<T, D>, now: number): void {
    while (group.waiters.length > 0) this.#refuse(group.waiters.peek() as Waiter<T, D>, 'circuitOpen', circuitOpen(group, now));
  }

  /** The pool closes. */
  refuseEverybody(error: () => Error): void {
    for (let waiter = this.#all.oldest; waiter !== undefined; waiter = this.#all.oldest) this.#refuse(waiter, 'closed', error());
  }

  /** Counts and tells a call that is answered with an error. @returns the error */
  refused<E>(key: string, since: number, count: Refusal, error: E): E {
    const { observer, clock } = this.#settings;
    this.#counters[count] += 1;
    if (observer.refused !== undefined) tell(observer.refused, { key, connection: undefined, waitMs: clock.now() - since, error });
    return error;
  }

  /** Made once, and not for each promise. */
  readonly #keepWays = (resolve: (lease: Lease<D>) => void, reject: (error: unknown) => void): void => {
    this.#resolve = resolve;
    this.#reject = reject;
  };

  #refuse(waiter: Waiter<T, D>, count: Refusal, error: unknown): void {
    this.#leave(waiter);
    waiter.reject(this.refused(waiter.group.key, waiter.since, count, error));
  }

  #leave(waiter: Waiter<T, D>): void {
    waiter.group.waiters.remove(waiter);
    this.#all.remove(waiter);
    waiter.calm();
    if (waiter.deadline !== undefined) this.#deadlines.remove(waiter.deadline);
  }

  #timedOut({ waiter, timeoutMs }: Deadline<T, D>): void {
    const { group } = waiter;
    this.#refuse(waiter, 'timeouts', timeoutError(group, timeoutMs, group.waiters.length - 1, this.#stock.full));
  }

  #aborted(waiter: Waiter<T, D>, signal: AbortSignal | undefined): void {
    this.#refuse(waiter, 'aborted', abortedError(waiter.group.key, signal));
  }

  #turnAway(waiter: Waiter<T, D>): void {
    const { maxWaiting, overflow } = this.#settings.limits;
    const message = `acquire of ${waiter.group.key} was turned away: ${maxWaiting} calls wait already (maxWaiting), and the ${overflow} goes`;
    this.#refuse(waiter, 'overflowed', new PoolError('ERR_SOCK_POOL_FULL', message, 'limit', { retryable: true, cause: waiter.group.lastError }));
  }

  #oldest(): Waiter<T, D> {
    return this.#all.oldest as Waiter<T, D>;
  }

  /** The least urgent of all; of several, the one that came last. */
  #last(): Waiter<T, D> {
    let found: Waiter<T, D> | undefined;
    for (let waiter = this.#all.oldest; waiter !== undefined; waiter = waiter.younger) if (found === undefined || waiter.at >= found.at) found = waiter;
    return found as Waiter<T, D>;
  }
}

function unset(): void {}

/** @param full - the limit of all connections, when it is reached */
export function timeoutError<T, D>(group: Group<T, D>, timeoutMs: number, before: number, full: number | undefined): PoolError<'ERR_SOCK_POOL_TIMEOUT'> {
  const { key, leased, idle, checking, connecting, lastError } = group;
  const hooks = checking === 0 ? '' : ` ${checking} with a hook,`;
  const places = full === undefined ? '' : `; all ${full} places of the pool are taken, by whatever key (max)`;
  const failed = lastError === undefined ? '' : `; the last dial failed: ${reasonOf(lastError)}`;
  const message = `no connection to ${key} came free within ${formatDuration(timeoutMs)}: ${leased} leased, ${idle} idle,${hooks} ${connecting} being dialled, ${before} other calls wait${places}${failed}`;
  return new PoolError('ERR_SOCK_POOL_TIMEOUT', message, 'timeout', { retryable: true, cause: lastError });
}

export function abortedError(key: string, signal: AbortSignal | undefined): SocketError<'ERR_SOCK_ABORTED'> {
  return new SocketError('ERR_SOCK_ABORTED', `acquire of ${key} was aborted`, { phase: 'connect', category: 'aborted', cause: signal?.reason });
}

export function circuitOpen<T, D>(group: Group<T, D>, now: number): PoolError<'ERR_SOCK_POOL_CIRCUIT_OPEN'> {
  const opens = group.members.map(({ health }) => health?.openUntil ?? Infinity);
  const soonest = Math.max(0, Math.min(...opens) - now);
  const cause = group.lastError ?? group.members[0]?.health?.lastCause;
  const message = `${group.key} is left alone for ${Math.ceil(soonest)} ms more, after too many failures (circuit breaker); the last one: ${reasonOf(cause)}`;
  return new PoolError('ERR_SOCK_POOL_CIRCUIT_OPEN', message, 'refused', { retryable: true, cause });
}
