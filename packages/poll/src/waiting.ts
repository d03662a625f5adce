import { parseDuration } from '@sock/config';
import { SocketError } from '@sock/core';
import { Alarm } from '@sock/core/timing';
import type { PollClock } from './clock.ts';
import { systemPollClock } from './clock.ts';
import { PollError } from './errors.ts';
import type { WaitOptions } from './poll.ts';
import type { PollLimits } from './poll-section.ts';
import type { TimerServer } from './timers.ts';

/** The terms of one wait, checked. */
export interface WaitTerms {
  readonly timeoutMs: number;
  readonly max: number;
  readonly signal: AbortSignal | undefined;
}

/** @throws `ERR_SOCK_POLL_ARGUMENT`, `ERR_SOCK_CONFIG` */
export function waitTerms({ timeout, max, signal }: WaitOptions, limits: PollLimits): WaitTerms {
  if (max !== undefined && (!Number.isSafeInteger(max) || max < 1)) throw new PollError('ERR_SOCK_POLL_ARGUMENT', `max got ${max}: it takes a whole number from 1 on`);
  const timeoutMs = timeout === undefined ? limits.defaultTimeout ?? Infinity : parseDuration(timeout);
  return { timeoutMs, max: Math.min(max ?? limits.maxEvents, limits.maxEvents), signal };
}

interface Waiter<B> extends Pick<WaitTerms, 'max' | 'signal'> {
  readonly until: number;
  readonly resolve: (batch: B) => void;
  readonly reject: (error: unknown) => void;
  readonly onAbort: () => void;
}

/**
 * The one wait that a poll may have under way: when it is answered, and by which clock. At most one timer of the runtime runs, and only
 * while somebody waits.
 */
export class Waiting<B extends readonly unknown[]> implements TimerServer {
  readonly #clock: PollClock;
  readonly #alarm: Alarm;
  readonly #collect: (now: number, max: number) => B;
  readonly #nextTimer: () => number;
  #waiter: Waiter<B> | undefined;
  /** `wake` was called since the last answer. */
  #woken = false;
  /** A turn is on its way. */
  #hurrying = false;

  /**
   * @param collect - the events there are by now, so many at most
   * @param nextTimer - when the first timer is due
   */
  constructor(clock: PollClock | undefined, collect: (now: number, max: number) => B, nextTimer: () => number) {
    this.#clock = clock ?? systemPollClock();
    this.#alarm = new Alarm(this.#clock, (now) => this.#serve(now));
    this.#collect = collect;
    this.#nextTimer = nextTimer;
  }

  now(): number {
    return this.#clock.now();
  }

  /** @throws `ERR_SOCK_POLL_BUSY`, `ERR_SOCK_ABORTED` */
  begin({ timeoutMs, max, signal }: WaitTerms, anyReady: () => boolean): Promise<B> {
    if (this.#waiter !== undefined) throw new PollError('ERR_SOCK_POLL_BUSY', 'wait() while another wait of this poll is under way: each event is told once, so one may wait at a time');
    if (signal?.aborted === true) throw aborted(signal);
    return new Promise<B>((resolve, reject) => {
      const onAbort = (): void => this.fail(aborted(signal));
      signal?.addEventListener('abort', onAbort);
      this.#waiter = { resolve, reject, max, signal, onAbort, until: timeoutMs === Infinity ? Infinity : this.now() + timeoutMs };
      if (this.#woken || timeoutMs === 0 || anyReady()) this.hurry();
      else this.rearm();
    });
  }

  wake(): void {
    this.#woken = true;
    this.hurry();
  }

  /** There may be something to tell: in a turn, so that what becomes ready together is told together, and the runtime gets to its I/O. */
  hurry(): void {
    if (this.#waiter === undefined || this.#hurrying) return;
    this.#hurrying = true;
    this.#clock.turn(() => {
      this.#hurrying = false;
      this.#serve(this.now());
    });
  }

  rearm(): void {
    if (this.#waiter === undefined || this.#hurrying) return;
    const at = Math.min(this.#waiter.until, this.#nextTimer());
    // A timer that rings too early costs less than a new one; but none may keep a program alive that has nothing to wait for.
    if (at === Infinity) return this.#alarm.stop();
    if (at >= this.#alarm.at) return;
    if (at <= this.now()) this.hurry();
    else this.#alarm.by(at);
  }

  fail(error: unknown): void {
    this.#end()?.reject(error);
  }

  #serve(now: number): void {
    if (this.#waiter === undefined) return;
    const batch = this.#collect(now, this.#waiter.max);
    if (batch.length === 0 && !this.#woken && now < this.#waiter.until) return this.rearm();
    this.#woken = false;
    this.#end()?.resolve(batch);
  }

  #end(): Waiter<B> | undefined {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    this.#alarm.stop();
    waiter?.signal?.removeEventListener('abort', waiter.onAbort);
    return waiter;
  }
}

function aborted(signal: AbortSignal | undefined): SocketError<'ERR_SOCK_ABORTED'> {
  return new SocketError('ERR_SOCK_ABORTED', 'the wait of a poll was aborted by its signal', { phase: 'recv', category: 'aborted', cause: signal?.reason });
}
