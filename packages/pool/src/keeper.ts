import type { Socket } from '@sock/core';
import { SETTLED } from '@sock/core';
import { Alarm } from '@sock/core/timing';
import type { Connection } from './connection.ts';
import type { Group } from './group.ts';
import type { LeakWatch } from './leak-watch.ts';
import type { Member } from './member.ts';
import type { PoolSettings } from './pool-options.ts';
import type { Stock } from './stock.ts';
import type { Supply } from './supply.ts';
import { runningClock, TurnClock } from './turn-clock.ts';

const MANY = 1000;
const TOGETHER_MS = 50;

/** What happens in a pool by the clock: the ends of idle times and lives, pings, the places that `minPerKey` wants filled, dials that had to wait. One timer for all. */
export class Keeper<T, D> {
  readonly #settings: PoolSettings<T, D>;
  readonly #stock: Stock<T, D>;
  readonly #leaks: LeakWatch<T, D>;
  readonly #supply: () => Supply<T, D>;
  readonly #alarm: Alarm;
  /** Ends the turn; there while the time stands still. */
  #turn: (() => void) | undefined;
  /** Became idle in this turn, and still hold the process. */
  #resting: Connection<T, D>[] = [];
  /** Stop the timers of groups that settle. */
  readonly #settling = new Set<() => void>();

  constructor(settings: PoolSettings<T, D>, stock: Stock<T, D>, leaks: LeakWatch<T, D>, supply: () => Supply<T, D>) {
    this.#settings = settings;
    this.#stock = stock;
    this.#leaks = leaks;
    this.#supply = supply;
    this.#alarm = new Alarm(runningClock(settings.clock), (now) => this.#look(now), { unref: !settings.limits.ref });
  }

  /** Looks again at `at` at the latest. */
  by(at: number): void {
    // Each ring looks through all of them: when they are many, they are looked at together.
    this.#alarm.by(this.#stock.counts.idle > MANY ? Math.ceil(at / TOGETHER_MS) * TOGETHER_MS : at);
  }

  /** A connection has become idle. */
  idle(connection: Connection<T, D>): void {
    this.by(this.#due(connection));
    if (this.#turn === undefined) this.#beginTurn();
    if (connection.loop === undefined || connection.resting || this.#settings.limits.ref) return;
    connection.resting = true;
    // Not here: most connections are leased again within the turn, and each change costs a call into the runtime.
    this.#resting.push(connection);
  }

  /** A connection is leased again. */
  busy(connection: Connection<T, D>): void {
    if (!connection.held) {
      connection.held = true;
      connection.loop?.ref();
    }
  }

  /** A connection has gone from one lease to the next. */
  passedOn(): void {
    const { clock } = this.#settings;
    if (clock instanceof TurnClock) clock.pause();
  }

  /** The first connection of a group is there; `onWarm` runs when the others may come: at once, or when it has learnt what it can. */
  warm(group: Group<T, D>, socket: Socket, onWarm: () => void): void {
    group.stood = true;
    if (group.warmth !== 'cold') return;
    const { clock, limits: { coalesceFirst, settleTimeout } } = this.#settings;
    const settled = coalesceFirst && settleTimeout > 0 ? socket.get(SETTLED) : undefined;
    let untime: (() => void) | undefined;
    const warm = (): void => {
      if (group.warmth === 'warm') return;
      group.warmth = 'warm';
      if (untime !== undefined) this.#settling.delete(untime);
      untime?.();
      onWarm();
      group.wake();
    };
    if (settled === undefined) return warm();
    group.warmth = 'settling';
    untime = clock.after(settleTimeout, warm, { unref: true });
    this.#settling.add(untime);
    void settled.then(warm, warm);
  }

  /** The pool drains: leases alone are looked at from now on, those that are held for too long. */
  drain(): void {
    this.stop();
    for (const untime of this.#settling) untime();
    this.#alarm.by(this.#leaks.look(this.#settings.clock.now()));
  }

  stop(): void {
    this.#alarm.stop();
    this.#endTurn();
  }

  /** When something is to be done about an idle connection. */
  #due({ idleSince, activeAt, diesAt, member }: Connection<T, D>): number {
    const { ping, limits: { idleTimeout, pingInterval, minPerKey } } = this.#settings;
    const idleUntil = member.size > minPerKey ? idleSince + idleTimeout : Infinity;
    return Math.min(diesAt, idleUntil, ping === undefined ? Infinity : activeAt + pingInterval);
  }

  #look(now: number): void {
    for (const group of this.#stock.groups.values()) {
      for (const member of group.members) for (const connection of member.idle.all()) this.#lookAt(connection, member, now);
      if (group.waiters.length > 0 || group.owed > 0 || this.#settings.limits.minPerKey > 0) this.#supply().balance(group, now);
    }
    this.#alarm.by(this.#leaks.look(now));
  }

  #lookAt(connection: Connection<T, D>, member: Member<T, D>, now: number): void {
    const { ping, limits: { idleTimeout, pingInterval, minPerKey } } = this.#settings;
    const supply = this.#supply();
    if (connection.state !== 'idle') return;
    if (now >= connection.diesAt) {
      // A refresh replaces; a life that is over does not.
      if (connection.refreshed) supply.replace(connection, now);
      else supply.lose(connection, 'life');
    } else if (now - connection.idleSince >= idleTimeout && member.size > minPerKey) supply.lose(connection, 'idle');
    else if (ping !== undefined && now - connection.activeAt >= pingInterval && connection.place.leave()) void supply.check('ping', connection);
    else this.by(this.#due(connection));
  }

  /** Until the next turn the time stands still, and connections that come back go on holding the process. */
  #beginTurn(): void {
    const { clock } = this.#settings;
    if (clock instanceof TurnClock) clock.hold();
    this.#turn = clock.after(0, () => this.#endTurn());
  }

  #endTurn(): void {
    const { clock } = this.#settings;
    this.#turn?.();
    this.#turn = undefined;
    if (clock instanceof TurnClock) clock.release();
    const resting = this.#resting;
    this.#resting = [];
    for (const connection of resting) {
      connection.resting = false;
      if (connection.state !== 'idle' || !connection.held) continue;
      connection.held = false;
      connection.loop?.unref();
    }
  }
}
