import type { Group } from './group.ts';

/** Keys whose callers wait for a place among all connections: nothing of their own can come free for them. Their turn is that of calls, not of keys. */
export class Starved<T, D> {
  readonly #groups = new Set<Group<T, D>>();

  get size(): number {
    return this.#groups.size;
  }

  add(group: Group<T, D>): void {
    this.#groups.add(group);
  }

  delete(group: Group<T, D>): void {
    this.#groups.delete(group);
  }

  /** The one whose first call is the most urgent; of several, the one that has waited here for longest. */
  first(): Group<T, D> | undefined {
    let found: Group<T, D> | undefined;
    for (const group of this.#groups) if (found === undefined || urgency(group) < urgency(found)) found = group;
    return found;
  }

  /**
   * `group` is to give its place up: a key that is never without callers must not keep it for ever. Another key has waited for longer than its own callers, by
   * `agingMs`, which spares most of the dials that each change of keys costs.
   */
  precede(group: Group<T, D>, agingMs: number): boolean {
    if (this.#groups.size === 0) return false;
    const other = this.first();
    return other !== undefined && other !== group && urgency(other) + agingMs < urgency(group);
  }
}

/** The smaller, the sooner; Infinity where nobody waits. */
function urgency<T, D>({ waiters }: Group<T, D>): number {
  return waiters.peek()?.at ?? Infinity;
}
