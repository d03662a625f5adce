import type { Duration } from '@sock/config';
import type { Pollable, ReadyMask } from '@sock/core';
import { HANGUP } from '@sock/core';
import { PollError } from './errors.ts';
import type { WatchChange, WatchOptions } from './interest.ts';
import { TIMER } from './interest.ts';
import type { PollEvent, PollOptions, WaitOptions } from './poll.ts';
import type { PollLimits } from './poll-section.ts';
import { pollSection } from './poll-section.ts';
import { ReadyList } from './ready-list.ts';
import { Timer } from './timer.ts';
import type { PollTimer } from './timer.ts';
import { Timers } from './timers.ts';
import { waitTerms, Waiting } from './waiting.ts';
import { Watch } from './watch.ts';

/** What stands behind `Poll`. */
export class Loop<P extends Pollable, D, T> implements Disposable {
  readonly #limits: PollLimits;
  readonly #watches = new Map<P, Watch<P, D>>();
  readonly #ready = new ReadyList<Watch<P, D> | Timer<T>>();
  readonly #timers: Timers<T>;
  readonly #waiting: Waiting<PollEvent<P, D, T>[]>;
  #closed = false;

  constructor(options: PollOptions) {
    this.#limits = pollSection.pick(options, 'createPoll()');
    this.#waiting = new Waiting(options.clock, (now, max) => this.#collect(now, max), () => this.#timers.next);
    this.#timers = new Timers(this.#ready, this.#waiting, this.#limits.maxRegistered);
  }

  get size(): number {
    return this.#watches.size;
  }

  get closed(): boolean {
    return this.#closed;
  }

  add(pollable: P, interest: ReadyMask, data: D, options: WatchOptions = {}): void {
    this.#assertOpen('add');
    assertPollable(pollable);
    if (this.#watches.has(pollable)) throw new PollError('ERR_SOCK_POLL_DUPLICATE', 'add() got what this poll watches already: change it with modify(), or remove() it first');
    const { maxRegistered } = this.#limits;
    if (this.#watches.size >= maxRegistered) throw new PollError('ERR_SOCK_POLL_FULL', `this poll watches ${maxRegistered} already (maxRegistered)`, 'limit');
    const watch = new Watch(pollable, interest, data, options, this.#heard);
    this.#watches.set(pollable, watch);
    if (watch.due()) this.#heard(watch);
  }

  modify(pollable: P, change: WatchChange<D>): void {
    this.#assertOpen('modify');
    const watch = this.#watches.get(pollable);
    if (watch === undefined) throw new PollError('ERR_SOCK_POLL_UNKNOWN', 'modify() got what this poll does not watch: it was never added, was removed, or has left after its HANGUP');
    watch.modify(change);
    if (watch.due()) this.#heard(watch);
  }

  remove(pollable: P): boolean {
    const watch = this.#watches.get(pollable);
    if (watch === undefined) return false;
    this.#forget(watch);
    return true;
  }

  has(pollable: P): boolean {
    return this.#watches.has(pollable);
  }

  async wait(options: WaitOptions = {}): Promise<PollEvent<P, D, T>[]> {
    this.#assertOpen('wait');
    return await this.#waiting.begin(waitTerms(options, this.#limits), () => this.#ready.settle());
  }

  wake(): void {
    this.#waiting.wake();
  }

  after(delay: Duration, data: T): PollTimer {
    return this.#timers.add(delay, false, data);
  }

  every(period: Duration, data: T): PollTimer {
    return this.#timers.add(period, true, data);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const watch of this.#watches.values()) this.#forget(watch);
    this.#timers.close();
    this.#waiting.fail(new PollError('ERR_SOCK_POLL_CLOSED', 'this poll was closed', 'closed'));
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<PollEvent<P, D, T>[], void, undefined> {
    while (!this.#closed) {
      let batch: PollEvent<P, D, T>[];
      try {
        batch = await this.wait();
      } catch (error) {
        // The close is how an iteration ends.
        if (this.#closed) return;
        throw error;
      }
      yield batch;
    }
  }

  readonly #heard = (watch: Watch<P, D>): void => {
    this.#ready.push(watch);
    this.#waiting.hurry();
  };

  /** Takes events off the front of the list. What stays ready goes to its end: the others come first with the next wait. */
  #collect(now: number, max: number): PollEvent<P, D, T>[] {
    this.#timers.ripen(now);
    const events: PollEvent<P, D, T>[] = [];
    // As many as there are now: what is put back meanwhile has had its look.
    for (let left = this.#ready.length; left > 0 && events.length < max; left -= 1) {
      const node = this.#ready.shift();
      if (node === undefined) break;
      const event = node instanceof Timer ? this.#timerEvent(node, now) : this.#readyEvent(node);
      if (event !== undefined) events.push(event as PollEvent<P, D, T>);
    }
    return events;
  }

  #readyEvent(watch: Watch<P, D>): { socket: P; events: ReadyMask; data: D } | undefined {
    const events = watch.take();
    // A step may run the program's code, which may have removed it.
    if (events === 0 || watch.stopped) return undefined;
    if ((events & HANGUP) !== 0) this.#forget(watch);
    else if (watch.repeats) this.#ready.push(watch);
    return { socket: watch.pollable, events, data: watch.data };
  }

  #timerEvent(timer: Timer<T>, now: number): { socket: undefined; events: number; data: T; timer: PollTimer; ticks: number } {
    return { socket: undefined, events: TIMER, data: timer.data, timer, ticks: this.#timers.take(timer, now) };
  }

  #forget(watch: Watch<P, D>): void {
    watch.stop();
    this.#ready.remove(watch);
    this.#watches.delete(watch.pollable);
  }

  #assertOpen(call: string): void {
    if (this.#closed) throw new PollError('ERR_SOCK_POLL_CLOSED', `${call}() on a poll that was closed`, 'closed');
  }
}

function assertPollable(value: unknown): void {
  if (typeof value === 'object' && value !== null && 'onReady' in value && typeof value.onReady === 'function' && 'ready' in value) return;
  throw new PollError('ERR_SOCK_POLL_ARGUMENT', 'add() got something that is not pollable: it takes what has `ready` and `onReady`, such as a socket or a listener');
}
