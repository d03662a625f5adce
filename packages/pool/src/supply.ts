import type { Connector } from '@sock/core';
import { ENDED, ERROR, HANGUP, READABLE } from '@sock/core';
import type { Check } from './check.ts';
import { check } from './check.ts';
import { Connection } from './connection.ts';
import type { Dialled } from './dial.ts';
import { Dial } from './dial.ts';
import type { Group } from './group.ts';
import type { Keeper } from './keeper.ts';
import type { Member } from './member.ts';
import type { EvictReason } from './pool-observer.ts';
import { tell } from './pool-observer.ts';
import type { PoolSettings } from './pool-options.ts';
import type { PoolState } from './pool-stats.ts';
import { Starved } from './starved.ts';
import type { Stock } from './stock.ts';
import type { WaitingRoom } from './waiting-room.ts';

/** What tells that an idle connection is none any more. */
const NEWS = READABLE | ENDED | ERROR | HANGUP;

/** What a {@link Supply} stands on. */
export interface SupplyParts<T, D> {
  readonly connector: Connector<T>;
  readonly settings: PoolSettings<T, D>;
  readonly stock: Stock<T, D>;
  readonly room: WaitingRoom<T, D>;
  readonly keeper: Keeper<T, D>;
  /** Of the pool. */
  readonly state: () => PoolState;
  /** Gives a connection that is counted as leased to the first that waits for its group. */
  readonly handOver: (connection: Connection<T, D>, now: number) => void;
  /** A connection joins, or has left. */
  readonly watchLoss: (connection: Connection<T, D>) => void;
}

/** Sees to it that those who wait get connections: what comes free goes to the first of them, and no more is dialled than they need and the limits allow. */
export class Supply<T, D> {
  /** Ends calls of `prewarm`, which the end of the pool ends. */
  readonly warmUps: Set<(error: unknown) => void> = new Set();
  readonly #parts: SupplyParts<T, D>;
  /** Those that wait for a place among all connections. */
  readonly #starved = new Starved<T, D>();
  #feeding = false;
  /** A dial was refused for want of a place since this was last said to be untrue. */
  #full = false;
  #ids = 0;

  constructor(parts: SupplyParts<T, D>) {
    this.#parts = parts;
  }

  /** Does all that can be done now for those who wait for `group`, and for its `minPerKey`. */
  balance(group: Group<T, D>, now: number): void {
    const { state, stock } = this.#parts;
    if (state() !== 'running' || group.dropped) return;
    while (group.waiters.length > group.checking) {
      const connection = stock.take(group, now);
      if (connection === undefined) break;
      this.offer(connection, now);
    }
    for (let lacking = this.#lacking(group); lacking > 0; lacking -= 1) if (!this.#dialAny(group, now)) break;
    this.#keepWarm(group, now);
    this.#refuseHopeless(group, now);
  }

  /** A connection that was taken from the idle ones goes to the first that waits, after a look at it when it was idle for long. */
  offer(connection: Connection<T, D>, now: number): void {
    if (this.needsLook(connection, now)) void this.check('validate', connection);
    else this.#parts.handOver(connection, now);
  }

  needsLook({ activeAt }: Connection<T, D>, now: number): boolean {
    const { validate, limits: { validateAfter } } = this.#parts.settings;
    return validate !== undefined && now - activeAt > validateAfter;
  }

  /** Lets a hook look at a connection, which goes on as free, or not at all. */
  async check(what: Check, connection: Connection<T, D>): Promise<void> {
    const { settings, stock } = this.#parts;
    connection.member.move(connection, 'checking');
    stock.counters.checks += 1;
    try {
      await check(what, connection, settings);
      const now = settings.clock.now();
      connection.activeAt = now;
      this.free(connection, now);
    } catch (error) {
      this.lose(connection, 'unfit', error);
    }
  }

  /** Nobody has this connection any more: the first that waits gets it, or it is kept, or not. */
  free(connection: Connection<T, D>, now: number): void {
    const { stock, keeper, settings: { limits: { maxIdlePerKey, maxIdle } } } = this.#parts;
    if (connection.state === 'gone') return;
    const { member } = connection;
    const { group } = member;
    const reason = this.#notKept(connection, now) ?? unclean(connection);
    if (reason === 'refreshed' && !member.removed) return this.replace(connection, now);
    if (reason !== undefined) {
      stock.evict(connection, reason, reason === 'reset' ? failureOf(connection) : undefined);
      // One that nobody had yet is not replaced at once: the next would be as this one, and so on without end.
      return connection.uses === 0 && group.waiters.length === 0 ? this.#feed(now) : this.freed(group, now);
    }
    const waited = group.waiters.length > 0 && this.#parts.state() === 'running';
    if (waited && !this.#starved.precede(group, this.#parts.settings.limits.aging) && connection.place.leave()) {
      member.move(connection, 'leased');
      return this.#parts.handOver(connection, now);
    }
    member.health?.neutral(now, connection.probe);
    connection.probe = undefined;
    member.move(connection, 'idle');
    keeper.idle(connection);
    if (member.idle.length > maxIdlePerKey) stock.evictOldest([member], 'surplus');
    else if (stock.counts.idle > maxIdle) stock.evictOldest(allMembers(stock), 'surplus');
    this.#feed(now);
    if (waited) this.balance(group, now);
  }

  /** A connection is lost: it leaves, and its place is free. */
  lose(connection: Connection<T, D>, reason: EvictReason, cause?: unknown): void {
    const { stock, settings: { clock } } = this.#parts;
    stock.evict(connection, reason, cause);
    this.freed(connection.member.group, clock.now());
  }

  /** A connection that a refresh has replaced leaves, and another one is dialled, unless somebody needed that one already. */
  replace(connection: Connection<T, D>, now: number): void {
    const { group } = connection.member;
    const { size } = group;
    this.lose(connection, 'refreshed');
    if (group.size < size) this.dialSpare(group, now);
  }

  /** A place is free, in this group and among all. */
  freed(group: Group<T, D>, now: number): void {
    if (this.#starved.precede(group, this.#parts.settings.limits.aging)) this.#feed(now);
    if (group.waiters.length > 0 || this.#parts.settings.limits.minPerKey > 0) this.balance(group, now);
    this.#feed(now);
  }

  /** Dials for nobody in particular, when the limits allow it. @param onEnd - hears of its end */
  dialSpare(group: Group<T, D>, now: number, onEnd?: (error?: unknown) => void): boolean {
    return this.#parts.state() === 'running' && this.#dialAny(group, now, onEnd);
  }

  /** Gives all dials up. */
  abandonDials(cause: unknown): void {
    for (const end of this.warmUps) end(cause);
    for (const group of this.#parts.stock.groups.values()) for (const member of group.members) for (const dial of member.dials) dial.abandon(cause);
  }

  /** Dials that are wanted: one for each who waits and whom nothing serves that is under way. */
  #lacking(group: Group<T, D>): number {
    const { coalesceFirst } = this.#parts.settings.limits;
    const { underway } = group;
    const lacking = group.waiters.length - underway;
    if (!coalesceFirst || group.warmth === 'warm') return lacking;
    return group.warmth === 'cold' && underway === 0 ? Math.min(lacking, 1) : 0;
  }

  /** Fills `minPerKey`, where there is place: it takes none from others, who would take it back. */
  #keepWarm(group: Group<T, D>, now: number): void {
    const { stock, keeper, settings: { limits: { minPerKey, max } } } = this.#parts;
    if (minPerKey === 0 || group.warmth !== 'warm') return;
    for (const member of group.members) {
      while (!member.removed && member.size < minPerKey && stock.size < max && this.#dial(member, now));
      // A back-off, or an ejection, is in the way.
      if (!member.removed && member.size < minPerKey && member.health !== undefined) keeper.by(member.health.nextChange(now));
    }
  }

  #dialAny(group: Group<T, D>, now: number, onEnd?: (error?: unknown) => void): boolean {
    const { stock, keeper, settings: { limits: { balance } } } = this.#parts;
    try {
      stock.updateMembers(group);
    } catch (error) {
      // Thrown by the program's endpoints(), perhaps in a timer or in somebody else's release(): those who wait are told, as of a dial that failed.
      group.lastError = error;
      if (group.underway === 0 && group.leased === 0) this.#parts.room.refuseAll(group, error);
      return false;
    }
    for (const member of group.inTurn(balance)) if (this.#dial(member, now, onEnd)) return true;
    // Whoever waits for a time is woken at it.
    for (const { health } of group.members) if (health !== undefined) keeper.by(health.nextChange(now));
    return false;
  }

  #dial(member: Member<T, D>, now: number, onEnd?: (error?: unknown) => void): boolean {
    const { connector, settings, stock } = this.#parts;
    if (!stock.mayDial(member, now)) return false;
    // A spare connection is worth no other one of its own key.
    if (!stock.makeRoom(member.group.waiters.length === 0 ? member.group : undefined)) {
      this.#starved.add(member.group);
      this.#full = true;
      return false;
    }
    const dial = new Dial<T, D>(member, now, member.health?.begin(now), onEnd);
    member.dialling(dial);
    member.group.used(member);
    stock.counters.dialled += 1;
    void dial.run(connector, settings).then((dialled) => this.#dialled(dial, dialled), (error: unknown) => this.#dialFailed(dial, error));
    return true;
  }

  #dialled(dial: Dial<T, D>, { socket, data }: Dialled<D>): void {
    const { settings: { clock, limits: { maxLife, lifeJitter }, random, observer, recorders }, stock, watchLoss } = this.#parts;
    const { member, startedAt, probe, onEnd } = dial;
    const { group } = member;
    const now = clock.now();
    member.dialled(dial);
    member.health?.dialled();
    group.lastError = undefined;
    const connection = new Connection<T, D>(++this.#ids, member, socket, data, now, maxLife * (1 - (random() * lifeJitter) / 100));
    connection.probe = probe;
    if (dial.generation < group.generation) {
      connection.diesAt = now;
      connection.refreshed = true;
    }
    member.adopt(connection);
    watchLoss(connection);
    connection.unwatch = socket.onReady((ready) => {
      if (connection.state === 'idle' && (ready & NEWS) !== 0) this.lose(connection, newsOf(ready), failureOf(connection));
    });
    stock.counters.created += 1;
    recorders.create?.record(nanoseconds(now - startedAt));
    if (observer.created !== undefined) tell(observer.created, { key: group.key, connection: connection.id, createMs: now - startedAt });
    onEnd?.();
    if (!this.#lendNew(connection, now)) this.free(connection, now);
    this.#parts.keeper.warm(group, socket, () => this.balance(group, clock.now()));
    // There is room for the next dial, as far as maxConnecting goes: who waits need not wait for a lease that comes back. One that did not stay is no reason.
    if (connection.state !== 'gone') this.freed(group, now);
  }

  /** Whoever waits gets a new connection as it is: a server that speaks first has said something already, and that is for them. */
  #lendNew(connection: Connection<T, D>, now: number): boolean {
    const { member } = connection;
    if (member.group.waiters.length === 0 || this.#parts.state() !== 'running' || this.#notKept(connection, now) !== undefined) return false;
    member.move(connection, 'leased');
    this.#parts.handOver(connection, now);
    return true;
  }

  #dialFailed(dial: Dial<T, D>, error: unknown): void {
    const { settings: { clock, observer }, stock, room } = this.#parts;
    const { member, startedAt, probe, onEnd, abandoned } = dial;
    const { group } = member;
    const now = clock.now();
    member.dialled(dial);
    onEnd?.(error);
    if (abandoned) return member.health?.neutral(now, probe);
    group.lastError = error;
    stock.counters.dialsFailed += 1;
    member.health?.dialFailed(now, error, probe, startedAt);
    tell(observer.dialFailed, { key: group.key, connection: undefined, createMs: now - startedAt, error });
    // Without a back-off nothing but this keeps a dead endpoint from being dialled without end; and what is final will not be better for the next dial.
    if (member.health === undefined || !isRetryable(error)) room.refuseFirst(group, error);
    this.freed(group, now);
    if (group.underway === 0 && group.leased === 0) room.refuseAll(group, error);
  }

  /** Nobody is to wait for endpoints that are all left alone, unless something may still come back. */
  #refuseHopeless(group: Group<T, D>, now: number): void {
    const { room } = this.#parts;
    if (group.waiters.length === 0 || group.underway > 0 || group.leased > 0) return;
    if (group.members.every((member) => member.removed || !member.admits(now))) room.refuseOpen(group, now);
  }

  /** Those that wait for a place among all connections, now that there may be one. */
  #feed(now: number): void {
    if (this.#feeding) return;
    this.#feeding = true;
    for (let group = this.#starved.first(); group !== undefined; group = this.#starved.first()) {
      this.#full = false;
      this.balance(group, now);
      if (this.#full) break;
      this.#starved.delete(group);
    }
    this.#feeding = false;
  }

  #notKept({ member, diesAt, refreshed, uses }: Connection<T, D>, now: number): EvictReason | undefined {
    const { state, settings: { limits: { maxUses } } } = this.#parts;
    const phase = state();
    if (phase === 'draining' || phase === 'stopped') return 'drained';
    if (member.removed) return 'refreshed';
    // One of several: the others take its load. Of a single endpoint what still works is better than nothing.
    if (member.group.members.length > 1 && member.health?.state(now) === 'open') return 'ejected';
    if (now >= diesAt) return refreshed ? 'refreshed' : 'life';
    return uses >= maxUses ? 'uses' : undefined;
  }
}

/** Puts it aside; or why that cannot be done. */
function unclean<T, D>({ place, socket }: Connection<T, D>): EvictReason | undefined {
  if (place.park() === undefined) return undefined;
  return (socket.ready & ERROR) !== 0 ? 'reset' : (socket.ready & (ENDED | HANGUP)) !== 0 ? 'ended' : 'dirty';
}

/** What happened to an idle one. */
function newsOf(ready: number): EvictReason {
  if ((ready & ERROR) !== 0) return 'reset';
  return (ready & (ENDED | HANGUP)) !== 0 ? 'ended' : 'unexpected';
}

/** Why it failed, if it has. Its next receive tells; nobody wants its bytes any more. */
export function failureOf<T, D>({ socket, place }: Connection<T, D>): unknown {
  if ((socket.ready & ERROR) === 0) return undefined;
  place.leave();
  try {
    for (const buffer = new Uint8Array(4096); socket.tryRecv(buffer) > 0; );
    return undefined;
  } catch (error) {
    return error;
  }
}

export function nanoseconds(milliseconds: number): number {
  return Math.max(1, Math.round(milliseconds * 1e6));
}

/** By the word of the error, not by its class: a connector of somebody else's may have it as well. */
function isRetryable(error: unknown): boolean {
  return error instanceof Error && 'retryable' in error && error.retryable === true;
}

function* allMembers<T, D>({ groups }: Stock<T, D>): Generator<Member<T, D>> {
  for (const group of groups.values()) yield* group.members;
}
