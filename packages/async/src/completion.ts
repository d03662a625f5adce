import type { OperationKind, OperationResults } from './operation.ts';

/** How an operation ended: done, failed, cancelled by the program, or out of time. */
export type Outcome = 'ok' | 'error' | 'cancelled' | 'timedOut';

interface Told<D> {
  /** That of the operation. */
  readonly id: number;
  /**
   * Bytes moved: accepted by the socket, received, or as a function told. One that is continued counts on. What an early end leaves of a
   * `recvExactly` counts as well.
   */
  readonly bytes: number;
  /** As given to `submit`. */
  readonly data: D | undefined;
}

/** The work was done. */
export interface Success<T, D, K extends OperationKind = OperationKind> extends Told<D> {
  readonly outcome: 'ok';
  readonly kind: K;
  readonly value: T;
  readonly error?: undefined;
  readonly partial: false;
}

/** The work was not done, or not all of it. */
export interface Failure<D, K extends OperationKind = OperationKind> extends Told<D> {
  readonly outcome: 'error' | 'cancelled' | 'timedOut';
  readonly kind: K;
  readonly value?: undefined;
  /**
   * Why. For `cancelled` and `timedOut` an `OperationError` (`ERR_SOCK_OPERATION_CANCELLED`, `_LINK`, `_TIMEOUT`) whose `cause` is the
   * reason, or what the work said when it stopped.
   */
  readonly error: unknown;
  /** It stands in the middle of its bytes and holds its side of the socket, until `continue` or `release`. */
  readonly partial: boolean;
}

/** The one end of an operation. */
export type Completion<T = unknown, D = unknown> = Success<T, D> | Failure<D>;

/** A completion out of a batch: `kind` tells the type of `value`. */
export type AnyCompletion<D = unknown> = { [K in OperationKind]: Success<OperationResults[K], D, K> | Failure<D, K> }[OperationKind];
