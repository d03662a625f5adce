import { isSocketError } from '@sock/core';
import type { OperationKind } from '../operation.ts';

/** Sides of a socket that a work has for itself while it runs: bits. */
export const NO_SIDE = 0;
export const SEND_SIDE = 1;
export const RECEIVE_SIDE = 2;

/** Gets the end of a work: one call of the two, once. */
export interface Settle {
  ok(value: unknown): void;
  fail(error: unknown): void;
}

/** Hears of the bytes moved so far. */
export type Progress = (bytes: number) => void;

/** What an operation does. It runs from `begin` until it settles, and may begin again after an early end that left it `resumable`. */
export interface Work {
  readonly kind: OperationKind;
  /** The socket, or whatever `cancelAll` finds it by. */
  readonly target: object | undefined;
  readonly sides: number;
  /** Its share of `maxBytes`. */
  readonly cost: number;
  /** Bytes moved so far. */
  readonly moved: number;
  /** It stands in the middle of its bytes and can begin again there. */
  readonly resumable: boolean;
  /** Never throws. May settle before it returns. */
  begin(settle: Settle, progress: Progress | undefined): void;
  /** Asks it to settle soon. May settle before it returns; what settles with a value all the same was done. */
  stop(reason: unknown): void;
  /** It will not begin again: gives back what it holds. */
  abandon?(): void;
  /** Disposes of a value that nobody gets any more. */
  discard?(value: unknown): void;
}

/** Passes the outcome of `start` on, also when it throws at once or answers with no promise. */
export function follow<T>(start: () => T | PromiseLike<T>, ok: (value: T) => void, fail: (error: unknown) => void): void {
  let promise: Promise<T>;
  try {
    promise = Promise.resolve(start());
  } catch (error) {
    return fail(error);
  }
  promise.then(ok, fail);
}

/** The count of bytes that an error of these packages carries. */
export function bytesMoved(error: unknown): number {
  return isSocketError(error) ? error.bytesMoved : 0;
}
