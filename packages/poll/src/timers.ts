import type { Duration } from '@sock/config';
import { DueHeap } from '@sock/core/timing';
import { PollError } from './errors.ts';
import type { ReadyList, ReadyNode } from './ready-list.ts';
import type { TimerHost } from './timer.ts';
import { Timer } from './timer.ts';

/** What timers need of the wait that serves them. */
export interface TimerServer {
  now(): number;
  /** The first timer may be another one. */
  rearm(): void;
}

/** The timers of a poll: in the heap until they are due, then among what is ready, in the order in which it became so. */
export class Timers<T> implements TimerHost<T> {
  readonly #heap = new DueHeap<Timer<T>>();
  readonly #ready: ReadyList<ReadyNode>;
  readonly #server: TimerServer;
  readonly #most: number;
  #active = 0;
  #closed = false;

  constructor(ready: ReadyList<ReadyNode>, server: TimerServer, most: number) {
    this.#ready = ready;
    this.#server = server;
    this.#most = most;
  }

  /** When the first is due; Infinity for none. */
  get next(): number {
    return this.#heap.peek()?.at ?? Infinity;
  }

  add(delay: Duration, repeats: boolean, data: T): Timer<T> {
    this.#assertRoom();
    const timer = new Timer(delay, repeats, data, this);
    this.#active += 1;
    this.#start(timer);
    return timer;
  }

  cancel(timer: Timer<T>): boolean {
    if (!timer.active) return false;
    timer.active = false;
    this.#active -= 1;
    this.#takeOut(timer);
    this.#server.rearm();
    return true;
  }

  restart(timer: Timer<T>): void {
    if (!timer.active) {
      this.#assertRoom();
      this.#active += 1;
      timer.active = true;
    }
    this.#takeOut(timer);
    this.#start(timer);
  }

  /** Puts those whose time has come among what is ready. */
  ripen(now: number): void {
    for (let timer = this.#heap.shift(now); timer !== undefined; timer = this.#heap.shift(now)) this.#ready.push(timer);
  }

  /** Tells one: how often it was due. */
  take(timer: Timer<T>, now: number): number {
    const ticks = timer.take(now);
    if (timer.repeats) {
      this.#heap.add(timer);
    } else {
      timer.active = false;
      this.#active -= 1;
    }
    return ticks;
  }

  /** After the watches have left the list of what is ready: the rest of it are timers. */
  close(): void {
    this.#closed = true;
    this.ripen(Infinity);
    for (let node = this.#ready.shift(); node !== undefined; node = this.#ready.shift()) if (node instanceof Timer) node.active = false;
  }

  #start(timer: Timer<T>): void {
    timer.at = this.#server.now() + timer.delayMs;
    this.#heap.add(timer);
    this.#server.rearm();
  }

  #takeOut(timer: Timer<T>): void {
    if (!this.#heap.remove(timer)) this.#ready.remove(timer);
  }

  #assertRoom(): void {
    if (this.#closed) throw new PollError('ERR_SOCK_POLL_CLOSED', 'a timer of a poll that was closed', 'closed');
    if (this.#active >= this.#most) throw new PollError('ERR_SOCK_POLL_FULL', `this poll has ${this.#most} timers already (maxRegistered)`, 'limit');
  }
}
