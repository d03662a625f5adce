import type { Connector } from '@sock/core';
import { isRetryable } from '@sock/core/retry';
import { failureOf, NEWS, newsOf } from './condition.ts';
import { Connection } from './connection.ts';
import type { Dialled } from './dial.ts';
import { Dial } from './dial.ts';
import type { Group } from './group.ts';
import type { Keeper } from './keeper.ts';
import type { Member } from './member.ts';
import { tell } from './pool-observer.ts';
import type { PoolSettings } from './pool-options.ts';
import { record } from './recording.ts';
import type { Stock } from './stock.ts';
import type { Supply } from './supply.ts';
import type { WaitingRoom } from './waiting-room.ts';

/** What {@link Dialling} stands on. */
export interface DiallingParts<T, D> {
  readonly connector: Connector<T>;
  readonly settings: PoolSettings<T, D>;
  readonly stock: Stock<T, D>;
  readonly room: WaitingRoom<T, D>;
  readonly keeper: Keeper<T, D>;
  /** Where connections go. */
  readonly supply: () => Supply<T, D>;
  /** A connection joins the pool. */
  readonly onJoin: (connection: Connection<T, D>) => void;
}

/** How long after `endpoints()` has thrown it is asked again for those who wait. */
const ASK_AGAIN_MS = 100;

/** Dials, as the limits and the health of the endpoints allow, and makes connections of what was dialled. */
export class Dialling<T, D> {
  /** Ends calls of `prewarm`, which the end of the pool ends. */
  readonly warmUps: Set<(error: unknown) => void> = new Set();
  readonly #parts: DiallingParts<T, D>;
  #ids = 0;

  constructor(parts: DiallingParts<T, D>) {
    this.#parts = parts;
  }

  /** Dials one of the group's endpoints. @param onEnd - hears of its end @returns false when none may be dialled now */
  any(group: Group<T, D>, now: number, onEnd?: (ok: boolean, error?: unknown) => void): boolean {
    const { stock, room, keeper, settings: { limits: { balance } } } = this.#parts;
    try {
      stock.updateMembers(group);
    } catch (error) {
      // Thrown by the program's endpoints(), perhaps in a timer or in somebody else's release(): those who wait are told, as of a dial that failed.
      group.lastError = error;
      if (group.busy === 0) room.refuseAll(group, error);
      else keeper.by(now + ASK_AGAIN_MS);
      return false;
    }
    for (const member of group.toDial(balance)) if (this.one(member, now, onEnd)) return true;
    // Whoever waits for a time is woken at it.
    for (const { health } of group.members) if (health !== undefined) keeper.by(health.nextChange(now));
    return false;
  }

  /** Dials this endpoint. */
  one(member: Member<T, D>, now: number, onEnd?: (ok: boolean, error?: unknown) => void): boolean {
    const { connector, settings, stock, supply } = this.#parts;
    if (!stock.mayDial(member, now)) return false;
    // A spare connection is worth no other one of its own key.
    if (!stock.makeRoom(member.group.waiters.length === 0 ? member.group : undefined)) {
      supply().starve(member.group);
      return false;
    }
    const dial = new Dial<T, D>(member, now, member.health?.begin(now), onEnd);
    member.dialling(dial);
    member.group.used(member);
    stock.counters.dialled += 1;
    void dial.run(connector, settings).then((dialled) => this.#dialled(dial, dialled), (error: unknown) => this.#failed(dial, error));
    return true;
  }

  /** Gives all dials up. */
  abandon(cause: unknown): void {
    for (const end of this.warmUps) end(cause);
    for (const group of this.#parts.stock.groups.values()) for (const member of group.members) for (const dial of member.dials) dial.abandon(cause);
  }

  #dialled(dial: Dial<T, D>, { socket, data }: Dialled<D>): void {
    const { settings: { clock, observer, recorders }, stock, keeper, supply } = this.#parts;
    const { member, startedAt, onEnd } = dial;
    const { group } = member;
    const now = clock.now();
    member.dialled(dial);
    member.health?.dialled();
    group.lastError = undefined;
    stock.counters.created += 1;
    record(recorders.create, now - startedAt);
    const connection = this.#newConnection(dial, { socket, data }, now);
    if (observer.created !== undefined) tell(observer.created, { key: group.key, connection: connection.id, createMs: now - startedAt });
    onEnd?.(true);
    group.outdated = this.#outdated(group);
    if (group.outdated && group.waiters.length === 0) supply().lose(connection, 'refreshed');
    else supply().joined(connection, now);
    if (group.outdated) connection.diesAt = now;
    keeper.warm(group, socket, () => supply().balance(group, clock.now()));
    // There is room for the next dial, as far as maxConnecting goes: who waits need not wait for a lease that comes back. One that did not stay is no reason.
    if (connection.state !== 'gone') supply().freed(group, now);
  }

  #newConnection(dial: Dial<T, D>, { socket, data }: Dialled<D>, now: number): Connection<T, D> {
    const { settings: { limits: { maxLife, lifeJitter }, random }, supply, onJoin } = this.#parts;
    const { member, probe } = dial;
    const connection = new Connection<T, D>(++this.#ids, member, socket, data, now, maxLife * (1 - (random() * lifeJitter) / 100));
    connection.probe = probe;
    if (dial.generation < member.group.generation) {
      connection.diesAt = now;
      connection.refreshed = true;
    }
    member.adopt(connection);
    onJoin(connection);
    connection.unwatch = socket.onReady((ready) => {
      if (connection.state === 'idle' && (ready & NEWS) !== 0) supply().lose(connection, newsOf(ready), failureOf(connection));
    });
    return connection;
  }

  #failed(dial: Dial<T, D>, error: unknown): void {
    const { settings: { clock, observer }, stock, room, supply } = this.#parts;
    const { member, startedAt, probe, onEnd, abandoned } = dial;
    const { group, health } = member;
    const now = clock.now();
    member.dialled(dial);
    member.useless(now);
    onEnd?.(false, error);
    if (abandoned) {
      stock.counters.dialsAbandoned += 1;
      return health?.neutral(now, probe);
    }
    group.lastError = error;
    stock.counters.dialsFailed += 1;
    // Connections that stand tell more of an endpoint than one that it does not take beside them.
    if (member.connections.size > 0) health?.dialRefused(now, error, probe, startedAt);
    else health?.dialFailed(now, error, probe, startedAt);
    if (observer.dialFailed !== undefined) tell(observer.dialFailed, { key: group.key, connection: undefined, createMs: now - startedAt, error });
    // Without a back-off nothing but this keeps a dead endpoint from being dialled without end; and what is final will not be better for the next dial.
    if (health === undefined || !isRetryable(error)) room.refuseFirst(group, error);
    supply().freed(group, now, error);
    if (group.busy === 0) room.refuseAll(group, error);
    group.wake();
  }

  /** Whether the connector still has the group's key for its target. Where it has not, what was dialled may already be of another trust, and is not kept. */
  #outdated({ key, target }: Group<T, D>): boolean {
    try {
      return this.#parts.connector.key(target) !== key;
    } catch {
      // It threw at somebody's acquire as well, who was told.
      return true;
    }
  }
}
