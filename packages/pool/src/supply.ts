import type { Check } from './check.ts';
import { check } from './check.ts';
import { failureOf, unclean } from './condition.ts';
import type { Connection } from './connection.ts';
import type { Dialling } from './dialling.ts';
import type { Group } from './group.ts';
import type { Keeper } from './keeper.ts';
import type { Member } from './member.ts';
import type { EvictReason } from './pool-observer.ts';
import type { PoolSettings } from './pool-options.ts';
import type { PoolState } from './pool-stats.ts';
import { Starved } from './starved.ts';
import type { Stock } from './stock.ts';
import type { WaitingRoom } from './waiting-room.ts';
import { circuitOpen } from './waiting-room.ts';

/** What a {@link Supply} stands on. */
export interface SupplyParts<T, D> {
  readonly settings: PoolSettings<T, D>;
  readonly stock: Stock<T, D>;
  readonly room: WaitingRoom<T, D>;
  readonly keeper: Keeper<T, D>;
  readonly dialling: () => Dialling<T, D>;
  /** Of the pool. */
  readonly state: () => PoolState;
  /** Gives a connection that is counted as leased to the first that waits for its group. */
  readonly handOver: (connection: Connection<T, D>, now: number) => void;
}

/** Sees to it that those who wait get connections: what comes free goes to the first of them, and no more is dialled than they need and the limits allow. */
export class Supply<T, D> {
  readonly #parts: SupplyParts<T, D>;
  /** Those that wait for a place among all connections. */
  readonly #starved = new Starved<T, D>();
  #feeding = false;
  /** A dial was refused for want of a place since this was last said to be untrue. */
  #full = false;

  constructor(parts: SupplyParts<T, D>) {
    this.#parts = parts;
  }

  /**
   * Does all that can be done now for those who wait for `group`, and for its `minPerKey`.
   *
   * @param why - what they are told when nothing can be done: the failure of a dial. Default: **that the circuits are open**
   */
  balance(group: Group<T, D>, now: number, why?: unknown): void {
    const { state, stock, dialling } = this.#parts;
    if (state() !== 'running' || group.dropped) return;
    if (this.#allLeased(group, now)) return;
    while (group.waiters.length > group.validating) {
      const connection = stock.take(group, now);
      if (connection === undefined) break;
      this.catchUp(group, now);
      this.offer(connection, now);
    }
    if (this.#allLeased(group, now)) return;
    for (let lacking = this.#lacking(group); lacking > 0 && dialling().any(group, now); lacking -= 1) {
      // Each new one stands for one that a refresh took away.
      if (group.owed > 0) group.owed -= 1;
    }
    while (group.owed > 0 && !this.mustWait(group) && dialling().any(group, now)) group.owed -= 1;
    // Others have taken the places: prewarm(), minPerKey.
    if (group.owed > 0 && group.members.every((member) => member.removed || member.size >= this.#parts.settings.limits.maxPerKey)) group.owed = 0;
    this.#keepWarm(group, now);
    this.#refuseHopeless(group, now, why);
  }

  /** A connection that was taken from the idle ones goes to the first that waits, after a look at it when it was idle for long. */
  offer(connection: Connection<T, D>, now: number): void {
    if (this.needsLook(connection, now)) void this.check('validate', connection);
    else this.#parts.handOver(connection, now);
  }

  /** Dials, for nobody in particular, the endpoint for which another one stood in. */
  catchUp(group: Group<T, D>, now: number): void {
    const member = group.passedOver;
    group.passedOver = undefined;
    if (member !== undefined && member.dials.size === 0 && now >= member.warmAt && this.#parts.state() === 'running' && !this.mustWait(group)) this.#parts.dialling().one(member, now);
  }

  needsLook({ activeAt }: Connection<T, D>, now: number): boolean {
    const { validate, limits: { validateAfter } } = this.#parts.settings;
    return validate !== undefined && now - activeAt > validateAfter;
  }

  /** Lets a hook look at a connection, which goes on as free, or not at all. */
  async check(what: Check, connection: Connection<T, D>): Promise<void> {
    const { settings, stock } = this.#parts;
    const { member } = connection;
    member.move(connection, 'checking');
    // The others serve nobody in particular: whoever waits must not wait for them.
    if (what === 'validate') member.validating += 1;
    stock.counters.checks += 1;
    const fault = await check(what, connection, settings).then(() => undefined, (error: unknown) => ({ error }));
    if (what === 'validate') member.validating -= 1;
    if (fault !== undefined) return this.lose(connection, 'unfit', fault.error);
    const now = settings.clock.now();
    connection.activeAt = now;
    this.free(connection, now);
  }

  /** A new connection: whoever waits gets it as it is, for a server that speaks first has said something already, and that is for them. */
  joined(connection: Connection<T, D>, now: number): void {
    const { member } = connection;
    if (member.group.waiters.length === 0 || this.#parts.state() !== 'running' || this.#notKept(connection, now) !== undefined) return this.free(connection, now);
    member.move(connection, 'leased');
    this.#parts.handOver(connection, now);
  }

  /** Lets `reset` have a connection that came back clean, and was put aside. */
  reset(connection: Connection<T, D>, now: number): void {
    if (this.#notKept(connection, now) !== undefined || !connection.place.leave()) return this.keep(connection, now, undefined);
    void this.check('reset', connection);
  }

  /** Nobody has this connection any more: the first that waits gets it, or it is kept, or not. */
  free(connection: Connection<T, D>, now: number): void {
    if (connection.state !== 'gone') this.keep(connection, now, unclean(connection));
  }

  /** {@link free}, of one that was put aside. @param unfit - why it could not be */
  keep(connection: Connection<T, D>, now: number, unfit: EvictReason | undefined): void {
    const { stock, keeper, settings: { limits: { maxIdlePerKey, maxIdle, aging } } } = this.#parts;
    const { member } = connection;
    const { group } = member;
    const reason = this.#notKept(connection, now) ?? unfit;
    if (reason === 'refreshed' && !member.removed) return this.replace(connection, now);
    if (reason !== undefined) {
      stock.evict(connection, reason, reason === 'reset' ? failureOf(connection) : undefined);
      // One that nobody had yet is not replaced at once: the next would be as this one, and so on without end.
      return connection.uses === 0 && group.waiters.length === 0 ? this.#feed(now) : this.freed(group, now);
    }
    const waited = group.waiters.length > 0 && this.#parts.state() === 'running';
    if (waited && (connection.probe !== undefined || member.admits(now)) && !this.#starved.precede(group, aging) && connection.place.leave()) {
      connection.probe ??= member.health?.begin(now);
      member.move(connection, 'leased');
      return this.#parts.handOver(connection, now);
    }
    if (connection.probe !== undefined) member.health?.neutral(now, connection.probe);
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
    if (group.size < size && !this.spare(group, now)) group.owed += 1;
  }

  /** A place is free, in this group and among all. @param why - see {@link balance} */
  freed(group: Group<T, D>, now: number, why?: unknown): void {
    if (this.#starved.precede(group, this.#parts.settings.limits.aging)) this.#feed(now);
    if (group.waiters.length > 0 || group.owed > 0 || this.#parts.settings.limits.minPerKey > 0) this.balance(group, now, why);
    this.#feed(now);
  }

  /** Dials for nobody in particular, when the limits allow it. @param onEnd - hears of its end */
  spare(group: Group<T, D>, now: number, onEnd?: (ok: boolean, error?: unknown) => void): boolean {
    return this.#parts.state() === 'running' && !this.mustWait(group) && this.#parts.dialling().any(group, now, onEnd);
  }

  /** Nothing is dialled now; this may change. */
  get paused(): boolean {
    return this.#parts.state() === 'suspended';
  }

  /** What stands between this group and a dial, where that is not a limit: a back-off that ends at `retryAt`, or what `error` tells. */
  obstacle(group: Group<T, D>, now: number): { readonly retryAt?: number; readonly error?: unknown } {
    const { stock, settings: { limits: { maxPerKey } } } = this.#parts;
    try {
      stock.updateMembers(group);
    } catch (error) {
      return { error };
    }
    if (group.leftAlone(now)) return { error: circuitOpen(group, now) };
    const waits = group.members.filter((member) => !member.removed && member.size < maxPerKey && member.admits(now)).map(({ health }) => health?.dialAt ?? 0);
    return waits.length > 0 && waits.every((at) => at > now) ? { retryAt: Math.min(...waits) } : {};
  }

  /** A dial was refused because all places are taken. */
  starve(group: Group<T, D>): void {
    this.#starved.add(group);
    this.#full = true;
  }

  /** The first connection of the group is on its way, or learns what makes the others cheaper. */
  mustWait(group: Group<T, D>): boolean {
    if (!this.#parts.settings.limits.coalesceFirst || group.warmth === 'warm') return false;
    return group.warmth === 'settling' || group.underway > 0;
  }

  /** Every place is taken, and a release comes: there is nothing to look for. Most calls that wait find it so. */
  #allLeased({ only, owed }: Group<T, D>, now: number): boolean {
    const { endpoints, limits: { maxPerKey } } = this.#parts.settings;
    // Of a target with endpoints there may be more of them by now.
    if (only === undefined || owed > 0 || endpoints !== undefined) return false;
    return only.leased > 0 && only.idle.length === 0 && only.size >= maxPerKey && only.admits(now);
  }

  /** Dials that are wanted: one for each who waits and whom nothing serves that is under way. */
  #lacking(group: Group<T, D>): number {
    if (this.mustWait(group)) return 0;
    const lacking = group.waiters.length - group.underway;
    return this.#parts.settings.limits.coalesceFirst && group.warmth === 'cold' ? Math.min(lacking, 1) : lacking;
  }

  /** Fills `minPerKey`, where there is place: it takes none from others, who would take it back. */
  #keepWarm(group: Group<T, D>, now: number): void {
    const { stock, keeper, dialling, settings: { limits: { minPerKey, max, maxIdle } } } = this.#parts;
    if (minPerKey === 0 || !group.stood || group.outdated) return;
    for (const member of group.members) {
      if (now < member.warmAt) {
        keeper.by(member.warmAt);
        continue;
      }
      // One idle connection more than maxIdle would cost another key its own, which would be dialled again, and so on without end.
      const mayGrow = (): boolean => member.size < minPerKey && stock.size < max && stock.counts.idle < maxIdle && !this.mustWait(group);
      while (!member.removed && mayGrow() && dialling().one(member, now));
      // A back-off, or an ejection, is in the way.
      if (!member.removed && member.size < minPerKey && member.health !== undefined) keeper.by(member.health.nextChange(now));
    }
  }

  /** Nobody is to wait for endpoints that are all left alone, unless something may still come back. */
  #refuseHopeless(group: Group<T, D>, now: number, why: unknown): void {
    const { room } = this.#parts;
    if (group.waiters.length === 0) return;
    // What comes back to an open circuit is lent to nobody; what is dialled already may be.
    if (group.busy > 0 && !(group.connecting === 0 && group.leftAlone(now))) return;
    if (group.members.every((member) => member.removed || !member.admits(now))) {
      if (why === undefined) room.refuseOpen(group, now);
      else room.refuseAll(group, why);
    }
  }

  /** Those that wait for a place among all connections, now that there may be one. */
  #feed(now: number): void {
    if (this.#feeding || this.#starved.size === 0) return;
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

function* allMembers<T, D>({ groups }: Stock<T, D>): Generator<Member<T, D>> {
  for (const group of groups.values()) yield* group.members;
}
