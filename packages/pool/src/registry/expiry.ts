import type { Clock } from '@sock/core/timing';
import { Alarm, DueHeap } from '@sock/core/timing';
import type { Member } from './member.ts';

/** When each connection has to be looked at next, with one timer for all. It keeps no process alive. */
export class Expiry<D> {
  readonly #heap = new DueHeap<Member<D>>();
  readonly #alarm: Alarm;
  readonly #look: (member: Member<D>, now: number) => void;

  /** @param look - hears of each that is due; it is set no more by then */
  constructor(clock: Clock, look: (member: Member<D>, now: number) => void) {
    this.#look = look;
    this.#alarm = new Alarm(clock, (now) => this.#ring(now), { unref: true });
  }

  /** Looks at `member` at that time, and not at the one that was set before; Infinity = never. */
  set(member: Member<D>, at: number): void {
    this.#heap.remove(member);
    member.at = at;
    if (at === Infinity) return;
    this.#heap.add(member);
    this.#alarm.by(at);
  }

  /** Looks at `member` no more. Without any, no timer runs. */
  clear(member: Member<D>): void {
    this.set(member, Infinity);
    if (this.#heap.length === 0) this.#alarm.stop();
  }

  #ring(now: number): void {
    for (let member = this.#heap.shift(now); member !== undefined; member = this.#heap.shift(now)) this.#look(member, now);
    this.#alarm.by(this.#heap.peek()?.at ?? Infinity);
  }
}
