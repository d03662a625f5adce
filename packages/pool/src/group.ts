import { DueHeap } from '@sock/core/timing';
import type { Member } from './member.ts';
import type { Balance } from './pool-section.ts';
import type { Waiter } from './waiter.ts';

/** With `coalesceFirst`: nothing is known of it yet; the first connection is there and learns; the others may come. */
export type Warmth = 'cold' | 'settling' | 'warm';

/** All that serves one key: its endpoints, and those who wait for one of them. */
export class Group<T, D> {
  readonly key: string;
  readonly target: T;
  /** Those of now; ones that were removed stay until their last connection has left. */
  members: Member<T, D>[] = [];
  readonly waiters: DueHeap<Waiter<T, D>> = new DueHeap<Waiter<T, D>>();
  warmth: Warmth = 'cold';
  /** A connection stood once, so that it is worth while to keep some. */
  stood = false;
  /** Those who wait until it is warm. */
  readonly warming: Set<() => void> = new Set();
  lastUsedAt = 0;
  /** Connections that a refresh took away and nobody could dial again yet. */
  owed = 0;
  /** Is to be used next, and had no idle connection: another endpoint stood in for it. */
  passedOver: Member<T, D> | undefined;
  /** Calls under way that mean to dial for it. */
  pins = 0;
  /** The pool has forgotten it: nothing may be dialled for it any more. */
  dropped = false;
  /** Counts refreshes: dials that began before the last one are as old as what was to be replaced. */
  generation = 0;
  /** The connector has another key for its target by now: what is dialled for it is not kept. */
  outdated = false;
  /** Why the last dial failed, until one succeeds. */
  lastError: unknown;
  #turn = 0;

  constructor(key: string, target: T) {
    this.key = key;
    this.target = target;
  }

  /** Its endpoint, where it has one alone, as nearly all have. */
  get only(): Member<T, D> | undefined {
    return this.members.length === 1 ? this.members[0] : undefined;
  }

  get size(): number {
    return this.#sum((member) => member.size);
  }

  get leased(): number {
    return this.#sum((member) => member.leased);
  }

  get underway(): number {
    return this.#sum((member) => member.underway);
  }

  get checking(): number {
    return this.#sum((member) => member.checking);
  }

  get connecting(): number {
    return this.#sum((member) => member.dials.size);
  }

  get validating(): number {
    return this.#sum((member) => member.validating);
  }

  get busy(): number {
    return this.#sum((member) => member.busy);
  }

  get idle(): number {
    return this.#sum((member) => member.idle.length);
  }

  /** The circuits of all its endpoints are open. */
  leftAlone(now: number): boolean {
    return this.members.every((member) => member.removed || member.health?.state(now) === 'open');
  }

  /** Nothing of it is in use or on its way, and nobody waits. */
  get resting(): boolean {
    return this.waiters.length === 0 && this.pins === 0 && this.members.every((member) => member.busy === 0);
  }

  /** The endpoints, the one that is to be used next first. */
  inTurn(balance: Balance): readonly Member<T, D>[] {
    return this.#ordered(balance, (one, other) => one.busy - other.busy || other.idle.length - one.idle.length);
  }

  /** The endpoints, the one that is to be dialled next first: what nobody uses yet has its place among them all the same. */
  toDial(balance: Balance): readonly Member<T, D>[] {
    return this.#ordered(balance, (one, other) => one.size - other.size);
  }

  /** Those who wait until it is warm look again. */
  wake(): void {
    // Those of now: one that has to wait on comes again.
    const runs = [...this.warming];
    this.warming.clear();
    for (const run of runs) run();
  }

  /** It is the turn of the one behind `member` now. */
  used(member: Member<T, D>): void {
    if (this.members.length > 1) this.#turn = this.members.indexOf(member) + 1;
  }

  #ordered(balance: Balance, byLoad: (one: Member<T, D>, other: Member<T, D>) => number): readonly Member<T, D>[] {
    const { members } = this;
    if (members.length === 1) return members;
    if (balance === 'least-busy') return members.toSorted(byLoad);
    const turn = this.#turn % members.length;
    return [...members.slice(turn), ...members.slice(0, turn)];
  }

  #sum(of: (member: Member<T, D>) => number): number {
    let sum = 0;
    for (const member of this.members) sum += of(member);
    return sum;
  }
}
