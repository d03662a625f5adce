import type { Duration } from '@sock/config';
import type { Cancel } from '@sock/core';
import type { Clock } from '@sock/core/timing';
import type { AsyncLimitsInput } from './async-section.ts';
import type { AnyCompletion, Completion } from './completion.ts';
import type { Operation, ResultOf } from './operation.ts';
import { OperationQueue } from './operation-queue.ts';
import type { OperationStats } from './statistics.ts';

/** Options of {@link createOperations}. */
export interface OperationsOptions extends AsyncLimitsInput {
  /**
   * Hears of what a callback of the program's threw or rejected with; the operations go on. What it throws itself is dropped. Default:
   * **none**; `stats.callbackErrors` counts
   */
  readonly onError?: ((error: unknown, id: number) => void) | undefined;
  /** Where it has its time from. Default: **the runtime's** */
  readonly clock?: Clock | undefined;
}

/** Options of one submission. */
export interface SubmitOptions<T = unknown, D = unknown> {
  /** Of the whole operation, from the submission on: in line, behind others, at work. Default: **`defaultTimeout`**; a timer: **none** */
  readonly timeout?: Duration | undefined;
  /** Cancels it. Default: **none** */
  readonly signal?: AbortSignal | undefined;
  /** Begins only when that one has succeeded, and is cancelled (`ERR_SOCK_OPERATION_LINK`) when it has not. Default: **none** */
  readonly after?: Submitted | undefined;
  /** Comes back with the completion. Default: **`undefined`** */
  readonly data?: D | undefined;
  /** Hears of the completion, once, never inside `submit`. Default: **none** */
  readonly onCompletion?: ((completion: Completion<T, D>) => unknown) | undefined;
  /** Hears of the bytes moved so far, whenever there are more; never after the completion. Default: **none** */
  readonly onProgress?: ((bytes: number, id: number) => void) | undefined;
  /** Comes with a batch of completions; not together with `onCompletion`. Default: **`batched` of the queue, when there is no callback** */
  readonly batched?: boolean | undefined;
}

/** One of a batch of submissions. */
export interface BatchEntry<D = unknown> extends Omit<SubmitOptions<unknown, D>, 'after'> {
  readonly operation: Operation;
  /** As in {@link SubmitOptions.after}; `previous` is the one before it in the batch. */
  readonly after?: Submitted | 'previous' | undefined;
}

/** An operation that was accepted. */
export interface Submitted<T = unknown, D = unknown> {
  /** Never used for another operation of this queue. */
  readonly id: number;
  /** Resolves when it has its place in flight, or is completed without. To be awaited by those who want to submit no faster than there is room. */
  readonly accepted: Promise<void>;
  /** Resolves with the completion. Never rejects. */
  readonly done: Promise<Completion<T, D>>;
  /** Resolves with what the work answered, and rejects with the error of the completion. */
  readonly value: Promise<T>;
  /** The completion, once there is one. */
  readonly completion: Completion<T, D> | undefined;
}

/**
 * Submitted operations. Each that was accepted is completed **exactly once**, whatever happens to its peer, its time, or this queue.
 *
 * @typeParam D - the data of submissions
 */
export interface Operations<D = unknown> extends AsyncIterable<AnyCompletion<D>[]>, AsyncDisposable {
  readonly closed: boolean;
  readonly stats: OperationStats;

  /**
   * Accepts an operation. It begins at once, or when its turn has come: operations on the same side of a socket run in the order of
   * their submission.
   *
   * @throws `ERR_SOCK_OPERATION_ARGUMENT`, `ERR_SOCK_OPERATION_FULL`, `ERR_SOCK_OPERATION_TOO_LARGE`, `ERR_SOCK_OPERATION_CLOSED`,
   * `ERR_SOCK_CONFIG` for a time-out that is none
   */
  submit<O extends Operation>(operation: O, options?: SubmitOptions<ResultOf<O>, D>): Submitted<ResultOf<O>, D>;

  /** Accepts all of them or none. The sends to one socket leave as one write, as far as there is room for them. @throws as {@link submit} */
  submitBatch(entries: readonly BatchEntry<D>[]): Submitted<unknown, D>[];

  /** Asks an operation to end early; its completion tells whether it was done all the same. False when there is no such operation (any more). */
  cancel(id: number, reason?: unknown): boolean;

  /** {@link cancel} for all operations on a socket (or listener, connector, handshake), or for all there are. @returns how many */
  cancelAll(target?: object, reason?: unknown): number;

  /**
   * Goes on with an operation that ended early in the middle of its bytes (`partial`), exactly there, as a new one, before all others of its
   * side. It needs no room.
   *
   * @throws `ERR_SOCK_OPERATION_UNKNOWN` when it was continued or released before, or its connection has ended
   */
  continue<T = unknown>(id: number, options?: Omit<SubmitOptions<T, D>, 'after'>): Submitted<T, D>;

  /**
   * Gives a partial operation up: those behind it go on. The socket gets received bytes back; after a send the next one follows in
   * the middle of its message. False when there is no such operation.
   */
  release(id: number): boolean;

  /**
   * Waits until every operation is completed and told. A time-out ends the waiting alone.
   *
   * @throws `ERR_SOCK_TIMEOUT`, `ERR_SOCK_ABORTED`
   */
  drain(options?: Cancel): Promise<void>;

  /**
   * Refuses submissions from now on and cancels all operations. Resolves when every one of them is completed and its callback has run; batches that were not taken yet can
   * still be. Sockets stay open.
   */
  close(reason?: unknown): Promise<void>;
}

/**
 * Makes a queue of operations.
 *
 * @throws `ERR_SOCK_CONFIG`
 * @example
 * const operations = createOperations({ defaultTimeout: '10s' });
 * operations.submit({ op: 'send', socket, bytes });
 * const { value } = await operations.submit({ op: 'recvExactly', socket, length: 4 }).done;
 */
export function createOperations<D = unknown>(options: OperationsOptions = {}): Operations<D> {
  return new OperationQueue<D>(options);
}
