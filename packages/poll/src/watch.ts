import type { Pollable, ReadyMask, Want } from '@sock/core';
import { ERROR, HANGUP, READABLE, WRITABLE } from '@sock/core';
import type { WatchChange, WatchOptions } from './interest.ts';
import { ALWAYS, changedInterest, checkedMask, checkedTrigger } from './interest.ts';
import { ReadyNode } from './ready-list.ts';

/** A pollable whose state machine does not run by itself: it says what it waits for, and moves on when it is asked to. */
interface Steppable {
  readonly want: Want;
  step(): unknown;
}

/** One registration: what the program asked for, kept apart from what the pollable needs for itself. */
export class Watch<P extends Pollable, D> extends ReadyNode {
  readonly pollable: P;
  data: D;
  #interest: ReadyMask;
  #trigger: 'level' | 'edge';
  #oneShot: boolean;
  /** A one-shot that was told is not, until it is modified. */
  #armed = true;
  /** What its state machine waits for is there. */
  #mustStep = false;
  /** Its own `step` failed. */
  #failed = false;
  readonly #steppable: Steppable | undefined;
  readonly #stop: () => void;
  #stopped = false;

  /** @param heard - called when an event may be due */
  constructor(pollable: P, interest: ReadyMask, data: D, options: WatchOptions, heard: (watch: Watch<P, D>) => void) {
    super();
    this.pollable = pollable;
    this.data = data;
    this.#interest = checkedMask(interest, 'interest');
    this.#trigger = checkedTrigger(options.trigger ?? 'level');
    this.#oneShot = options.oneShot ?? false;
    this.#steppable = isSteppable(pollable) ? pollable : undefined;
    this.#follow(pollable.ready);
    this.#stop = pollable.onReady((ready) => {
      this.#follow(ready);
      if (this.#mustStep || (ready & this.#asked) !== 0) heard(this);
    });
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** Whether it is looked at again with the next wait without a word of the pollable. */
  get repeats(): boolean {
    return this.#armed && this.#trigger === 'level';
  }

  /** A change arms it, and is a reason to look again, whatever the trigger. */
  modify(change: WatchChange<D>): void {
    const interest = changedInterest(this.#interest, change);
    this.#trigger = checkedTrigger(change.trigger ?? this.#trigger);
    this.#interest = interest;
    this.#oneShot = change.oneShot ?? this.#oneShot;
    if (change.data !== undefined) this.data = change.data;
    this.#armed = true;
  }

  due(): boolean {
    return this.#mustStep || (this.#ready() & this.#asked) !== 0;
  }

  /** The bits to tell now, 0 = none; a one-shot is disarmed by it. */
  take(): ReadyMask {
    if (this.#mustStep) this.#step();
    const ready = this.#ready();
    if ((ready & this.#asked) === 0) return 0;
    this.#armed = !this.#oneShot;
    // The last one tells all, to a one-shot that waits to be armed as well: nothing comes after it.
    return ready & (this.#interest | ALWAYS);
  }

  /** The pollable calls no more. */
  stop(): void {
    this.#stopped = true;
    this.#stop();
  }

  get #asked(): ReadyMask {
    return this.#armed ? this.#interest | ALWAYS : HANGUP;
  }

  #ready(): ReadyMask {
    return this.#failed ? this.pollable.ready | ERROR : this.pollable.ready;
  }

  /** Notes that the need of its state machine is met. The program's interest has no part in it, and is not changed by it. */
  #follow(ready: ReadyMask): void {
    if (this.#steppable !== undefined && !this.#failed && (ready & NEED[this.#steppable.want]) !== 0) this.#mustStep = true;
  }

  #step(): void {
    this.#mustStep = false;
    try {
      this.#steppable?.step();
    } catch {
      // Told as ERROR: whoever asks the pollable itself gets the reason, and the other pollables have no part in it.
      this.#failed = true;
    }
  }
}

const NEED: Readonly<Record<Want, ReadyMask>> = { none: 0, read: READABLE, write: WRITABLE };

function isSteppable(pollable: object): pollable is Steppable {
  return 'want' in pollable && 'step' in pollable && typeof pollable.step === 'function';
}
