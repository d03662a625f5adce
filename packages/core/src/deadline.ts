import type { Duration } from '@sock/config';
import { parseDuration } from '@sock/config';
import type { Cancel } from './connector.ts';
import type { Endpoint } from './endpoint.ts';
import { at } from './endpoint-text.ts';
import type { Phase } from './errors.ts';
import { SocketError } from './errors.ts';
import { LONGEST_TIMER_MS } from './timing/clock.ts';

/** What a wait is for: the words of its errors. */
export interface WaitContext {
  readonly phase: Phase;
  /** For messages: `recv`, `connect`. Default: **the phase**. */
  readonly what?: string | undefined;
  readonly endpoint?: Endpoint | undefined;
  /** Bytes that this call has moved so far, for the error. */
  readonly moved?: (() => number) | undefined;
  /** Replaces the general time-out error by a more exact one. */
  readonly onTimeout?: ((milliseconds: number) => Error) | undefined;
}

/**
 * One wait that ends by `resolve`, `reject`, the signal or the time-out, whichever is first; the timer and the listener are
 * gone on every path.
 *
 * @param start - begins the work and may return a function that takes it back; that one runs when the wait ends early
 * @throws `ERR_SOCK_ABORTED`, `ERR_SOCK_TIMEOUT`
 */
export function wait<T>(
  cancel: Cancel | undefined,
  context: WaitContext,
  start: (resolve: (value: T) => void, reject: (error: unknown) => void) => (() => void) | void,
): Promise<T> {
  const signal = cancel?.signal;
  // Nothing can end it early, and most waits are like that: no closures for what cannot happen.
  if (signal === undefined && cancel?.timeout === undefined) return new Promise<T>((resolve, reject) => void start(resolve, reject));
  return new Promise<T>((resolve, reject) => {
    const milliseconds = toMilliseconds(cancel?.timeout);
    if (signal !== undefined && typeof (signal as Partial<AbortSignal> | null)?.addEventListener !== 'function') return reject(noSignal(signal, context));
    if (signal?.aborted) return reject(aborted(signal, context));
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    let undo: (() => void) | void;
    const finish = (): boolean => {
      if (over) return false;
      over = true;
      if (timer !== undefined) clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      return true;
    };
    const giveUp = (error: Error): void => {
      if (!finish()) return;
      undo?.();
      reject(error);
    };
    const onAbort = (): void => giveUp(aborted(signal, context));
    undo = start(
      (value) => {
        if (finish()) resolve(value);
      },
      (error) => {
        // oxlint-disable-next-line prefer-promise-reject-errors -- passes on what the work rejected with
        if (finish()) reject(error);
      },
    );
    if (over) return;
    // The work itself may have fired the signal, which then has no event left to tell.
    if (signal?.aborted) return giveUp(aborted(signal, context));
    signal?.addEventListener('abort', onAbort);
    if (milliseconds <= LONGEST_TIMER_MS) {
      timer = setTimeout(() => giveUp(timedOut(milliseconds, context)), milliseconds);
    }
  });
}

/** A budget that several phases use up together: dns, connect, handshake. */
export class Budget {
  readonly signal: AbortSignal | undefined;
  readonly #endsAt: number;

  constructor(cancel: Cancel | undefined) {
    this.signal = cancel?.signal;
    this.#endsAt = performance.now() + toMilliseconds(cancel?.timeout);
  }

  /** Nothing is left, or the signal has fired. */
  get over(): boolean {
    return this.signal?.aborted === true || performance.now() >= this.#endsAt;
  }

  /** What is left, for one phase that may itself use `capMs` at most. */
  rest(capMs: number = Infinity): Cancel {
    const timeout = Math.min(Math.max(0, this.#endsAt - performance.now()), capMs);
    return { signal: this.signal, timeout: timeout === Infinity ? undefined : timeout };
  }
}

/** Whether a call with these options may answer at once without asking {@link wait}, which checks and counts them. */
export function unhurried(cancel: Cancel | undefined): boolean {
  return cancel === undefined || (cancel.signal?.aborted !== true && (cancel.timeout === undefined || (typeof cancel.timeout === 'number' && cancel.timeout >= 0)));
}

/** Infinity for none. A number may have a fraction here: it is what a budget has left. */
function toMilliseconds(timeout: Duration | undefined): number {
  if (timeout === undefined) return Infinity;
  if (typeof timeout === 'number' && timeout >= 0) return timeout;
  return parseDuration(timeout);
}

function noSignal(signal: unknown, { phase, endpoint }: WaitContext): Error {
  const found = signal === null ? 'null' : typeof signal;
  return new SocketError('ERR_SOCK_ARGUMENT', `signal is ${found}: give an AbortSignal, or leave it out`, { phase, category: 'usage', endpoint });
}

function timedOut(milliseconds: number, context: WaitContext): Error {
  if (context.onTimeout !== undefined) return context.onTimeout(milliseconds);
  const { phase, endpoint } = context;
  return new SocketError(
    'ERR_SOCK_TIMEOUT',
    `${context.what ?? phase}${at(phase === 'recv' ? 'from' : 'to', endpoint)} did not finish within ${Math.round(milliseconds)} ms`,
    { phase, category: 'timeout', retryable: true, endpoint, bytesMoved: context.moved?.() },
  );
}

function aborted(signal: AbortSignal | undefined, context: WaitContext): SocketError<'ERR_SOCK_ABORTED'> {
  const { phase, endpoint } = context;
  return new SocketError(
    'ERR_SOCK_ABORTED',
    `${context.what ?? phase}${at(phase === 'recv' ? 'from' : 'to', endpoint)} was aborted by its signal`,
    { phase, category: 'aborted', endpoint, bytesMoved: context.moved?.(), cause: signal?.reason },
  );
}
