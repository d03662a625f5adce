import type { Connection, ConnectionState } from './connection.ts';
import type { Dial } from './dial.ts';
import type { Group } from './group.ts';
import type { MemberHealth } from './health/member-health.ts';
import { IdleList } from './idle-list.ts';

/** Connections of a whole pool, by where they stand. */
export interface PoolCounts {
  idle: number;
  leased: number;
  checking: number;
  connecting: number;
}

/** The first wait, which doubles up to 12.8 s. */
const WARM_BACKOFF_MS = 50;

/** One endpoint of a target, and all connections to it. */
export class Member<T, D> {
  readonly group: Group<T, D>;
  /** As the connector has it. */
  readonly key: string;
  readonly target: T;
  readonly idle: IdleList<T, D> = new IdleList<T, D>();
  /** All that have not left the pool. */
  readonly connections: Set<Connection<T, D>> = new Set();
  readonly dials: Set<Dial<T, D>> = new Set();
  leased = 0;
  checking = 0;
  /** Of these, in the hands of `validate` for somebody who waits. */
  validating = 0;
  /** No dial for `minPerKey` before: connections that were of no use to anybody are not to be had again at once. */
  warmAt = 0;
  #useless = 0;
  health: MemberHealth | undefined;
  /** It is none of the target's endpoints any more. */
  removed = false;
  readonly #counts: PoolCounts;

  constructor(group: Group<T, D>, key: string, target: T, counts: PoolCounts) {
    this.group = group;
    this.key = key;
    this.target = target;
    this.#counts = counts;
  }

  /** Connections, those on their way included: what the limits count. */
  get size(): number {
    return this.idle.length + this.busy;
  }

  /** What is on its way for those who wait: dials, and connections that `validate` looks at. */
  get underway(): number {
    return this.dials.size + this.validating;
  }

  get busy(): number {
    return this.leased + this.checking + this.dials.size;
  }

  /** A connection of it may be used, as far as its health goes. */
  admits(now: number): boolean {
    return this.health === undefined || this.health.admits(now);
  }

  /** Takes a new connection in; it begins with `checking`. */
  adopt(connection: Connection<T, D>): void {
    this.connections.add(connection);
    this.checking += 1;
    this.#counts.checking += 1;
  }

  /** The one way from one state into another. */
  move(connection: Connection<T, D>, to: ConnectionState): void {
    const from = connection.state;
    if (from === to) return;
    if (from === 'idle') {
      this.idle.remove(connection);
      this.#counts.idle -= 1;
    } else if (from !== 'gone') {
      this[from] -= 1;
      this.#counts[from] -= 1;
    }
    connection.state = to;
    if (to === 'idle') {
      this.idle.add(connection);
      this.#counts.idle += 1;
    } else if (to === 'gone') {
      this.connections.delete(connection);
    } else {
      this[to] += 1;
      this.#counts[to] += 1;
    }
  }

  /** A dial failed, or a connection left that nobody had used. */
  useless(now: number): void {
    this.#useless = Math.min(this.#useless + 1, 9);
    this.warmAt = now + WARM_BACKOFF_MS * 2 ** (this.#useless - 1);
  }

  /** A connection is used. */
  useful(): void {
    this.#useless = 0;
  }

  dialling(dial: Dial<T, D>): void {
    this.dials.add(dial);
    this.#counts.connecting += 1;
  }

  dialled(dial: Dial<T, D>): void {
    if (this.dials.delete(dial)) this.#counts.connecting -= 1;
  }
}
