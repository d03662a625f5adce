import { parseDuration } from '@sock/config';
import type { Cancel } from '@sock/core';
import type { Clock } from '@sock/core/timing';
import { PoolError } from '../errors.ts';
import type { Connection } from './connection.ts';
import type { Member } from './member.ts';

/** Options of `drain()`. */
export interface DrainOptions extends Cancel {
  /** How long work may go on; then what is left is destroyed. Default: **`drainTimeout` of the registry** */
  readonly timeout?: Cancel['timeout'];
  /** What is left is destroyed when it fires. */
  readonly signal?: AbortSignal | undefined;
}

/** What a drain did. */
export interface DrainReport<D> {
  /** Connections that left by themselves or were closed gracefully. */
  readonly finished: number;
  /** Those that were destroyed: the time was up, or the signal fired. What they had not written is lost. */
  readonly forced: readonly Connection<D>[];
}

/** {@link DrainOptions}, checked. */
export interface DrainLimit {
  readonly milliseconds: number;
  readonly signal: AbortSignal | undefined;
}

/** Checks the options of a drain, before it begins: it has no way back. @throws `ERR_SOCK_CONFIG`, `ERR_SOCK_POOL_ARGUMENT` */
export function drainLimit(options: DrainOptions, defaultMs: number): DrainLimit {
  if (typeof options !== 'object' || (options as unknown) === null) throw new PoolError('ERR_SOCK_POOL_ARGUMENT', 'drain() takes an object of options', 'usage', { phase: 'close' });
  const { timeout, signal } = options;
  if (signal !== undefined && typeof (signal as Partial<AbortSignal> | null)?.addEventListener !== 'function') {
    throw new PoolError('ERR_SOCK_POOL_ARGUMENT', 'drain() signal takes an AbortSignal', 'usage', { phase: 'close' });
  }
  return { milliseconds: timeout === undefined ? defaultMs : parseDuration(timeout), signal };
}

/** How often those that are left are asked whether they have become quiet: no event tells of bytes that were read, or of the program's `busy`. */
const LOOK_MS = 100;

/** Lets connections finish, closes each as soon as it is quiet, and destroys the rest at the end of its time. */
export class Drain<D> {
  readonly done: Promise<DrainReport<D>>;
  readonly #clock: Clock;
  readonly #left: Set<Member<D>>;
  readonly #count: number;
  readonly #forced = new Set<Member<D>>();
  #resolve!: (report: DrainReport<D>) => void;
  #cancelLook: (() => void) | undefined;

  constructor(clock: Clock, members: Iterable<Member<D>>) {
    this.#clock = clock;
    this.#left = new Set(members);
    this.#count = this.#left.size;
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Begins: nobody is added from here on. */
  start(): void {
    for (const member of this.#left) member.drain();
    this.#look();
    this.#ifDone();
  }

  /** A connection may have become quiet. */
  check(member: Member<D>): void {
    if (this.#left.has(member) && member.live && member.quiet) member.finish({ reason: 'drained', cause: undefined });
  }

  /** A connection has left. */
  delete(member: Member<D>): void {
    if (this.#left.delete(member)) this.#ifDone();
  }

  /** Resolves with the report, and forces the rest when this caller's time is up. */
  within({ milliseconds, signal }: DrainLimit): Promise<DrainReport<D>> {
    const timeUp = (): void => this.force(new PoolError('ERR_SOCK_POOL_TIMEOUT', `the connection did not finish within the ${milliseconds} ms of the drain`, 'timeout', { phase: 'close' }));
    const aborted = (): void => this.force(new PoolError('ERR_SOCK_POOL_CLOSED', 'the drain was cut short by its signal', 'closed', { phase: 'close', cause: signal?.reason }));
    if (signal?.aborted === true) aborted();
    else if (milliseconds === 0) timeUp();
    const cancel = this.#clock.after(milliseconds, timeUp);
    signal?.addEventListener('abort', aborted);
    return this.done.finally(() => {
      cancel();
      signal?.removeEventListener('abort', aborted);
    });
  }

  /** Destroys what is left, those that are closing included. */
  force(cause: unknown): void {
    for (const member of this.#left) {
      if (this.#forced.has(member)) continue;
      this.#forced.add(member);
      member.abort({ reason: 'forced', cause });
    }
  }

  #look(): void {
    for (const member of this.#left) this.check(member);
    // Also when all of them are closing: somebody waits for the answer, and their own time-outs keep no process alive.
    this.#cancelLook = this.#left.size > 0 ? this.#clock.after(LOOK_MS, () => this.#look()) : undefined;
  }

  #ifDone(): void {
    if (this.#left.size > 0) return;
    this.#cancelLook?.();
    this.#resolve({ finished: this.#count - this.#forced.size, forced: [...this.#forced] });
  }
}
