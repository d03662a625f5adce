import type { Completion, Outcome } from './completion.ts';
import type { OperationKind } from './operation.ts';

/** What became of the operations of one kind. */
export type OutcomeCounts = Readonly<Record<Outcome, number>> & {
  /** Bytes that they moved. */
  readonly bytes: number;
};

/** A snapshot. */
export interface OperationStats {
  /** Operations accepted so far, those in line included. */
  readonly submitted: number;
  /** Operations completed so far. */
  readonly completed: number;
  /** Accepted, and not completed or not drained yet. */
  readonly inFlight: number;
  /** In line for room. */
  readonly waiting: number;
  /** Bytes that those in flight hold. */
  readonly bytesInFlight: number;
  /** In the middle of their bytes, to be continued or released. */
  readonly partial: number;
  /** Completed, but their work has not stopped yet. */
  readonly unsettled: number;
  /** Callbacks that threw or rejected. */
  readonly callbackErrors: number;
  /** By kind and outcome. A continued operation counts only what it moved itself. */
  readonly kinds: Readonly<Record<OperationKind, OutcomeCounts>>;
}

type Counts = { -readonly [K in keyof OutcomeCounts]: OutcomeCounts[K] };

const KINDS: readonly OperationKind[] = ['send', 'sendv', 'recv', 'recvExactly', 'accept', 'connect', 'handshake', 'sendfile', 'call', 'timer'];

/** Counts completions. */
export class Tally {
  readonly #kinds = Object.fromEntries(KINDS.map((kind) => [kind, { ok: 0, error: 0, cancelled: 0, timedOut: 0, bytes: 0 }])) as Record<OperationKind, Counts>;
  completed = 0;

  count({ kind, outcome }: Completion, bytes: number): void {
    const counts = this.#kinds[kind];
    counts[outcome] += 1;
    counts.bytes += bytes;
    this.completed += 1;
  }

  snapshot(): Record<OperationKind, OutcomeCounts> {
    return Object.fromEntries(KINDS.map((kind) => [kind, { ...this.#kinds[kind] }])) as Record<OperationKind, OutcomeCounts>;
  }
}
