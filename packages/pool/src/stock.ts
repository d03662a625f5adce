import type { Connector, Socket } from '@sock/core';
import type { Connection } from './connection.ts';
import { PoolError } from './errors.ts';
import { farewell } from './farewell.ts';
import { Group } from './group.ts';
import { mayEjectOneMore } from './health/ejection-share.ts';
import { MemberHealth } from './health/member-health.ts';
import type { PoolCounts } from './member.ts';
import { Member } from './member.ts';
import type { EvictReason } from './pool-observer.ts';
import { tell } from './pool-observer.ts';
import type { PoolSettings } from './pool-options.ts';
import type { Counting } from './pool-stats.ts';
import { noCounts } from './pool-stats.ts';

/** How connections end that nothing is wrong with: gracefully. Others are broken off. */
const GRACEFUL: ReadonlySet<EvictReason> = /*#__PURE__*/ new Set(['idle', 'life', 'uses', 'surplus', 'room', 'ended', 'refreshed', 'ejected', 'drained']);

const NOW = { size: 0, at: 0 } as const;

/** All connections of a pool, by key and endpoint, and the only way out for them. It starts nothing by itself. */
export class Stock<T, D> {
  readonly groups: Map<string, Group<T, D>> = new Map();
  readonly counts: PoolCounts = { idle: 0, leased: 0, checking: 0, connecting: 0 };
  readonly counters: Counting = noCounts();
  /** Called after a connection has left. */
  onGone: (() => void) | undefined;
  /** Called after a circuit has closed. */
  onClosed: ((group: Group<T, D>) => void) | undefined;
  /** Closes under way. */
  readonly closing: Map<Socket, Promise<unknown>> = new Map();
  readonly #connector: Connector<T>;
  /** When there are so many keys, or at that time, it is worth looking for some to forget. */
  #lookAgain: { readonly size: number; readonly at: number } = NOW;
  /** Keys that had nothing under way when they were sorted, the one that was used longest ago last. Those that were used since are passed over. */
  #oldest: { readonly group: Group<T, D>; readonly usedAt: number }[] = [];
  readonly #settings: PoolSettings<T, D>;

  constructor(connector: Connector<T>, settings: PoolSettings<T, D>) {
    this.#connector = connector;
    this.#settings = settings;
  }

  /** What the limits count. */
  get size(): number {
    const { idle, leased, checking, connecting } = this.counts;
    return idle + leased + checking + connecting;
  }

  /** `max`, when it is reached. */
  get full(): number | undefined {
    const { max } = this.#settings.limits;
    return this.size >= max ? max : undefined;
  }

  /** The group of a target. @throws what the connector's `key` throws, and what `endpoints` throws */
  group(target: T, now: number): Group<T, D> {
    const key = this.#connector.key(target);
    if (typeof (key as unknown) !== 'string') throw new PoolError('ERR_SOCK_POOL_ARGUMENT', `the connector's key() answered with ${key === null ? 'null' : typeof key} in place of text`);
    const group = this.groups.get(key) ?? this.#newGroup(key, target);
    group.lastUsedAt = now;
    return group;
  }

  /** Looks again which endpoints the target has. Those that it has no more are used no more. */
  updateMembers(group: Group<T, D>): void {
    const { endpoints } = this.#settings;
    if (endpoints === undefined && group.members.length > 0) return;
    const targets = endpoints === undefined ? [group.target] : endpoints(group.target);
    if (!Array.isArray(targets)) throw new PoolError('ERR_SOCK_POOL_ARGUMENT', `endpoints() answered with no list for ${group.key}: it takes an array of targets, at once`);
    if (targets.length === 0) throw new PoolError('ERR_SOCK_POOL_ARGUMENT', `endpoints() answered with none for ${group.key}: it takes one at least`);
    // All keys first: one that throws must not leave half of them behind.
    const keyed = targets.map((target): [string, T] => [endpoints === undefined ? group.key : this.#connector.key(target), target]);
    const known = new Map(group.members.map((member) => [member.key, member]));
    const present = new Set<Member<T, D>>();
    for (const [key, target] of keyed) {
      const member = known.get(key) ?? this.#newMember(group, key, target);
      known.set(key, member);
      member.removed = false;
      present.add(member);
    }
    for (const member of group.members) member.removed = !present.has(member);
    for (const member of group.members) if (member.removed) for (const idle of member.idle.all()) this.evict(idle, 'refreshed');
    group.members = [...present, ...group.members.filter((member) => member.removed && member.size > 0)];
  }

  /** The idle connection that is to be used next, taken out, usable, and counted as leased; evicts on its way those whose time is over. */
  take(group: Group<T, D>, now: number): Connection<T, D> | undefined {
    const { only } = group;
    // Nearly every target has one endpoint, and every acquire passes here.
    if (only !== undefined) return only.removed || !only.admits(now) ? undefined : this.takeFrom(only, now);
    for (const member of group.inTurn(this.#settings.limits.balance)) {
      if (member.removed || !member.admits(now)) continue;
      const connection = this.takeFrom(member, now);
      if (connection !== undefined) return connection;
      // This one is to be used next. Nobody waits for its dial while another has an idle connection; but it gets one, so that the load comes back to it.
      group.passedOver ??= member;
    }
    group.passedOver = undefined;
    return undefined;
  }

  takeFrom(member: Member<T, D>, now: number): Connection<T, D> | undefined {
    const { order, idleTimeout, minPerKey } = this.#settings.limits;
    for (;;) {
      const connection = order === 'lifo' ? member.idle.newest : member.idle.oldest;
      if (connection === undefined) return undefined;
      if (now >= connection.diesAt) {
        // A refresh replaces; a life that is over does not.
        if (connection.refreshed) member.group.owed += 1;
        this.evict(connection, connection.refreshed ? 'refreshed' : 'life');
      } else if (now - connection.idleSince >= idleTimeout && member.size > minPerKey) this.evict(connection, 'idle');
      else if (!connection.place.leave()) this.evict(connection, 'ended');
      else {
        member.move(connection, 'leased');
        connection.probe = member.health?.begin(now);
        member.group.used(member);
        return connection;
      }
    }
  }

  /** The endpoint may be dialled, as far as its own limits and its health go. */
  mayDial(member: Member<T, D>, now: number): boolean {
    const { maxPerKey, maxConnecting } = this.#settings.limits;
    if (member.removed || member.size >= maxPerKey || member.dials.size >= maxConnecting || !member.admits(now)) return false;
    return member.health === undefined || member.health.dialAt <= now;
  }

  /** Takes a connection out of the pool, for good, and closes it in the background. */
  evict(connection: Connection<T, D>, reason: EvictReason, cause?: unknown): void {
    if (connection.state === 'gone') return;
    const { member, socket, id } = connection;
    member.move(connection, 'gone');
    connection.unwatch();
    connection.abandonCheck?.(cause);
    member.health?.neutral(this.#settings.clock.now(), connection.probe);
    connection.probe = undefined;
    connection.token = undefined;
    this.counters.evicted[reason] += 1;
    if (GRACEFUL.has(reason)) farewell(connection, this.#settings, reason === 'drained');
    else if (reason === 'discarded' && cause === undefined) void socket.close();
    else socket.destroy(cause);
    if (!connection.place.handedOver) this.#close(socket);
    if (connection.uses === 0 && reason !== 'idle' && reason !== 'life' && reason !== 'drained') member.useless(this.#settings.clock.now());
    const { observer } = this.#settings;
    if (observer.evicted !== undefined) tell(observer.evicted, { key: member.group.key, connection: id, reason, cause });
    this.onGone?.();
  }

  /** Makes place for one connection, by evicting an idle one of the key that was used longest ago. False when all are busy. @param spared - gives none up */
  makeRoom(spared?: Group<T, D>): boolean {
    if (this.size < this.#settings.limits.max) return true;
    if (this.counts.idle === 0) return false;
    let found: Group<T, D> | undefined;
    for (const group of this.groups.values()) {
      if (group !== spared && group.idle > 0 && (found === undefined || group.lastUsedAt < found.lastUsedAt)) found = group;
    }
    return found !== undefined && this.evictOldest(found.members, 'room');
  }

  /** Evicts the connection among theirs that is idle for the longest time. */
  evictOldest(members: Iterable<Member<T, D>>, reason: EvictReason): boolean {
    let found: Connection<T, D> | undefined;
    for (const { idle: { oldest } } of members) {
      if (oldest !== undefined && (found === undefined || oldest.idleSince < found.idleSince)) found = oldest;
    }
    if (found !== undefined) this.evict(found, reason);
    return found !== undefined;
  }

  /** Every connection that has not left. */
  *connections(): Generator<Connection<T, D>> {
    for (const group of this.groups.values()) for (const member of group.members) yield* member.connections;
  }

  #close(socket: Socket): void {
    this.closing.set(socket, socket.closed.then(() => this.closing.delete(socket)));
  }

  #newGroup(key: string, target: T): Group<T, D> {
    // More than one where there were too many for a while.
    if (this.groups.size >= this.#settings.limits.maxKeys) this.#dropSome();
    const group = new Group<T, D>(key, snapshot(target));
    this.updateMembers(group);
    this.groups.set(key, group);
    return group;
  }

  /**
   * Forgets keys that have nothing under way, those that were used longest ago first, so that there is place for one more; when all have, they are more for a
   * while. Looking through all of them is not repeated for each new key when it was for nothing.
   */
  #dropSome(): void {
    const { limits: { maxKeys }, clock } = this.#settings;
    const now = clock.now();
    for (let sorted = false; this.groups.size >= maxKeys; ) {
      const oldest = this.#oldest.pop();
      if (oldest === undefined) {
        if (sorted || (this.groups.size < this.#lookAgain.size && now < this.#lookAgain.at)) break;
        this.#sort();
        sorted = true;
      } else if (!oldest.group.dropped && oldest.group.lastUsedAt === oldest.usedAt && oldest.group.resting) this.#drop(oldest.group);
    }
    this.#lookAgain = this.groups.size < maxKeys ? NOW : { size: this.groups.size * 1.25, at: now + 100 };
  }

  /** Once for many keys: with a hundred thousand of them it takes a good part of a second. */
  #sort(): void {
    this.#oldest = [...this.groups.values()]
      .filter((group) => group.resting)
      .map((group) => ({ group, usedAt: group.lastUsedAt }))
      .toSorted((one, other) => one.usedAt - other.usedAt)
      .toReversed();
  }

  #drop(group: Group<T, D>): void {
    for (const member of group.members) for (const idle of member.idle.all()) this.evict(idle, 'surplus');
    this.groups.delete(group.key);
    group.dropped = true;
  }

  #newMember(group: Group<T, D>, key: string, target: T): Member<T, D> {
    const { health, random, observer } = this.#settings;
    const member = new Member<T, D>(group, key, target, this.counts);
    if (health !== undefined) {
      member.health = new MemberHealth(health, {
        mayEject: () => {
          const now = this.#settings.clock.now();
          const others = group.members.filter((each) => !each.removed);
          const ejected = others.filter((each) => each.health?.state(now) !== 'closed').length;
          return mayEjectOneMore(ejected, others.length, health.maxEjectedPercent);
        },
        onChange: (state, cause) => {
          if (observer.circuit !== undefined) tell(observer.circuit, { key: group.key, connection: undefined, endpoint: key, state, cause });
          if (state === 'closed') this.onClosed?.(group);
          if (state === 'open') for (const idle of member.idle.all()) this.evict(idle, 'ejected');
        },
      }, random);
    }
    group.members.push(member);
    return member;
  }
}

/** A target that the program changes later must not change where a key is dialled. Others than plain objects are theirs to keep. */
function snapshot<T>(target: T): T {
  if (typeof target !== 'object' || target === null) return target;
  const prototype: unknown = Object.getPrototypeOf(target);
  return prototype === Object.prototype || prototype === null ? Object.freeze({ ...target }) : target;
}
