import type { Connection } from './connection.ts';

/** The idle connections of one endpoint, in the order in which they became idle. Each of its calls costs the same at any length, but for those that a hook had. */
export class IdleList<T, D> {
  #oldest: Connection<T, D> | undefined;
  #newest: Connection<T, D> | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Idle for the longest time. */
  get oldest(): Connection<T, D> | undefined {
    return this.#oldest;
  }

  /** Became idle last. */
  get newest(): Connection<T, D> | undefined {
    return this.#newest;
  }

  add(connection: Connection<T, D>): void {
    let last = this.#newest;
    // One that a hook had goes back to where it was: a ping must not make it the next one to be used.
    while (last !== undefined && last.idleSince > connection.idleSince) last = last.older;
    const next = last === undefined ? this.#oldest : last.newer;
    connection.older = last;
    connection.newer = next;
    if (last === undefined) this.#oldest = connection;
    else last.newer = connection;
    if (next === undefined) this.#newest = connection;
    else next.older = connection;
    this.#length += 1;
  }

  /** Of one that is inside. */
  remove(connection: Connection<T, D>): void {
    const { older, newer } = connection;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    connection.older = undefined;
    connection.newer = undefined;
    this.#length -= 1;
  }

  /** Those of now, the longest idle first. */
  all(): Connection<T, D>[] {
    const found: Connection<T, D>[] = [];
    for (let each = this.#oldest; each !== undefined; each = each.newer) found.push(each);
    return found;
  }
}
