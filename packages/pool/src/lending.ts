import { SocketError } from '@sock/core';
import { failureOf, unclean } from './condition.ts';
import type { Connection } from './connection.ts';
import type { Keeper } from './keeper.ts';
import type { LeakWatch } from './leak-watch.ts';
import type { Lease, LeaseOwner } from './lease.ts';
import { PoolLease } from './lease.ts';
import { tell } from './pool-observer.ts';
import type { PoolSettings } from './pool-options.ts';
import type { PoolState } from './pool-stats.ts';
import { record } from './recording.ts';
import type { Stock } from './stock.ts';
import type { Supply } from './supply.ts';

/** What {@link Lending} stands on. */
export interface LendingParts<T, D> {
  readonly settings: PoolSettings<T, D>;
  readonly stock: Stock<T, D>;
  readonly keeper: Keeper<T, D>;
  readonly leaks: LeakWatch<T, D>;
  readonly supply: () => Supply<T, D>;
  readonly state: () => PoolState;
}

/** Lends connections and takes them back: the way of every acquire and release. */
export class Lending<T, D> implements LeaseOwner<T, D> {
  readonly #parts: LendingParts<T, D>;

  constructor(parts: LendingParts<T, D>) {
    this.#parts = parts;
  }

  /** @param since - when it was asked for @param stack - where, if that is to be remembered */
  lend(connection: Connection<T, D>, now: number, since: number, stack: Error | undefined): Lease<D> {
    const { settings: { recorders, observer }, stock: { counters }, keeper, leaks } = this.#parts;
    const reused = connection.uses > 0;
    connection.member.move(connection, 'leased');
    connection.uses += 1;
    connection.member.useful();
    connection.leasedAt = now;
    connection.activeAt = now;
    keeper.busy(connection);
    counters.acquired += 1;
    if (reused) counters.reused += 1;
    const lookAt = leaks.leased(connection, now, stack);
    if (lookAt !== Infinity) keeper.by(lookAt);
    if (recorders.wait !== undefined) record(recorders.wait, now - since);
    if (observer.acquired !== undefined) tell(observer.acquired, { key: connection.member.group.key, connection: connection.id, waitMs: now - since, reused });
    return new PoolLease(connection, this);
  }

  release(connection: Connection<T, D>): void {
    const { settings, supply, state } = this.#parts;
    const now = this.#returned(connection);
    // It was lost, or broken off because a draining took too long.
    if (connection.state === 'gone') return;
    const { member: { health }, probe, leasedAt } = connection;
    connection.probe = undefined;
    connection.activeAt = now;
    connection.idleSince = now;
    // First of all: nobody may use it from here on.
    const unfit = unclean(connection);
    if (unfit === 'reset') health?.failed(now, failureOf(connection), probe, leasedAt);
    else if (unfit !== undefined && connection.place.unanswered) health?.failed(now, unanswered(connection), probe, leasedAt);
    else health?.succeeded(now, probe);
    if (unfit === undefined && settings.reset !== undefined && (state() === 'running' || state() === 'suspended')) supply().reset(connection, now);
    else supply().keep(connection, now, unfit);
  }

  discard(connection: Connection<T, D>, cause: unknown): void {
    const now = this.#returned(connection);
    if (connection.state === 'gone') return;
    const { member: { health }, probe, leasedAt } = connection;
    connection.probe = undefined;
    if (cause === undefined) health?.neutral(now, probe);
    else health?.failed(now, cause, probe, leasedAt);
    this.#parts.supply().lose(connection, 'discarded', cause);
  }

  #returned({ leasedAt, member, id }: Connection<T, D>): number {
    const { settings: { clock, recorders, observer }, stock: { counters } } = this.#parts;
    const now = clock.now();
    counters.released += 1;
    if (recorders.use !== undefined) record(recorders.use, now - leasedAt);
    if (observer.released !== undefined) tell(observer.released, { key: member.group.key, connection: id, useMs: now - leasedAt });
    return now;
  }
}

/** A time-out like others, also where nobody told the lease of it. */
function unanswered<T, D>({ member, socket }: Connection<T, D>): SocketError<'ERR_SOCK_TIMEOUT'> {
  return new SocketError('ERR_SOCK_TIMEOUT', `${member.key} did not answer before its holder gave up`, { phase: 'recv', category: 'timeout', retryable: true, endpoint: socket.remote });
}
