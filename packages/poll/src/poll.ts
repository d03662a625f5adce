import type { Duration } from '@sock/config';
import type { Cancel, Pollable, ReadyMask } from '@sock/core';
import type { PollClock } from './clock.ts';
import type { WatchChange, WatchOptions } from './interest.ts';
import { Loop } from './loop.ts';
import type { PollLimitsInput } from './poll-section.ts';
import type { PollTimer } from './timer.ts';

/** Options of {@link createPoll}. */
export interface PollOptions extends PollLimitsInput {
  /** Where it has its time from. Default: **the runtime's** */
  readonly clock?: PollClock | undefined;
}

/** Options of one wait. */
export interface WaitOptions extends Cancel {
  /**
   * How long it waits before it answers with no event; 0 looks once. Nothing is rejected by it. Default: **`defaultTimeout`**
   */
  readonly timeout?: Duration | undefined;
  /** Events that it answers with at most, 1 or more. Default: **`maxEvents`**, which is also the most */
  readonly max?: number | undefined;
}

/** Something that is watched is ready. */
export interface ReadyEvent<P, D> {
  readonly socket: P;
  /** What is ready of what was asked for, and `ERROR` and `HANGUP` always. */
  readonly events: ReadyMask;
  /** As given to `add` or `modify`. */
  readonly data: D;
  readonly timer?: undefined;
  readonly ticks?: undefined;
}

/** A timer was due. */
export interface TimerEvent<T> {
  readonly socket: undefined;
  /** `TIMER` */
  readonly events: number;
  /** As given to `after` or `every`. */
  readonly data: T;
  readonly timer: PollTimer;
  /** Times that it was due since it was told last: more than one when a repeating one is told late. */
  readonly ticks: number;
}

/** What a wait answers with. Without a type for the data of timers there are none. */
export type PollEvent<P, D, T = never> = ReadyEvent<P, D> | (T extends unknown ? TimerEvent<T> : never);

/** Data that may be `undefined` may be left out. */
export type WatchArguments<D> = undefined extends D ? [data?: D, options?: WatchOptions] : [data: D, options?: WatchOptions];

/**
 * One loop over many pollables. It watches, and moves no byte: sockets stay the program's, which receives and sends with the calls that
 * do not wait.
 *
 * @typeParam P - what is watched
 * @typeParam D - the data of a registration
 * @typeParam T - the data of timers
 */
export interface Poll<P extends Pollable = Pollable, D = unknown, T = never> extends AsyncIterable<PollEvent<P, D, T>[]>, Disposable {
  /** What is watched now. */
  readonly size: number;
  readonly closed: boolean;

  /**
   * Watches `pollable`: told when a bit of `interest` is ready, now or later. `ERROR` and `HANGUP` are told always. After `HANGUP`, which is
   * told once, it is not watched any more.
   *
   * @throws `ERR_SOCK_POLL_DUPLICATE`, `ERR_SOCK_POLL_FULL`, `ERR_SOCK_POLL_CLOSED`, `ERR_SOCK_POLL_ARGUMENT`
   */
  add(pollable: P, interest: ReadyMask, ...rest: WatchArguments<D>): void;

  /**
   * Changes what is named in `change`, and nothing else; arms a one-shot again; looks again, as `add` does.
   *
   * @throws `ERR_SOCK_POLL_UNKNOWN`, `ERR_SOCK_POLL_CLOSED`, `ERR_SOCK_POLL_ARGUMENT`
   */
  modify(pollable: P, change: WatchChange<D>): void;

  /** Tells nothing of `pollable` any more. False, and nothing else, when it is not watched. */
  remove(pollable: P): boolean;

  /** Whether it is watched. */
  has(pollable: P): boolean;

  /**
   * The next events: at least one, or none when the time is over or {@link wake} was called. One turn of the event loop passes before it
   * answers, so that a loop over it lets the runtime work. The array is the caller's.
   *
   * @throws `ERR_SOCK_POLL_BUSY` while another waits, `ERR_SOCK_ABORTED`, `ERR_SOCK_POLL_CLOSED`, `ERR_SOCK_POLL_ARGUMENT`
   */
  wait(options?: WaitOptions): Promise<PollEvent<P, D, T>[]>;

  /** Ends the wait that is under way, or the next one, with what is ready, be it nothing. Several calls before that are one. */
  wake(): void;

  /** One event after `delay`. @throws `ERR_SOCK_POLL_FULL`, `ERR_SOCK_POLL_CLOSED`, `ERR_SOCK_CONFIG` */
  after(delay: Duration, data: T): PollTimer;

  /** An event every `period`, 1 ms or more. @throws as {@link after}, and `ERR_SOCK_POLL_ARGUMENT` */
  every(period: Duration, data: T): PollTimer;

  /** Lets go of everything; a wait under way fails with `ERR_SOCK_POLL_CLOSED`, an iteration ends. What was watched stays open. */
  close(): void;
}

/**
 * Makes a poll.
 *
 * @throws `ERR_SOCK_CONFIG`
 * @example
 * ```ts
 * const poll = createPoll<Socket>();
 * poll.add(socket, READABLE);
 * for await (const batch of poll) for (const { socket } of batch) serve(socket);
 * ```
 */
export function createPoll<P extends Pollable = Pollable, D = unknown, T = never>(options: PollOptions = {}): Poll<P, D, T> {
  // The loop has one signature for all data; which may be left out is for the caller's compiler.
  return new Loop<P, D, T>(options) as unknown as Poll<P, D, T>;
}
