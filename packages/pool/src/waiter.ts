import type { Due } from '@sock/core/timing';
import type { Group } from './group.ts';
import type { Lease } from './lease.ts';

/** What a {@link Waiter} is made of. */
export interface WaiterOptions<T, D> {
  readonly group: Group<T, D>;
  readonly since: number;
  /** Waiting for `agingMs` counts as one more of it. */
  readonly priority: number;
  readonly agingMs: number;
  /** Where it was called, if that is to be remembered. */
  readonly stack: Error | undefined;
  readonly resolve: (lease: Lease<D>) => void;
  readonly reject: (error: unknown) => void;
}

/** The end of a {@link Waiter}'s patience. */
export interface Deadline<T, D> extends Due {
  readonly waiter: Waiter<T, D>;
  readonly timeoutMs: number;
}

/** A call of `acquire` that waits. It is answered once: whoever does so takes it out of its line first. */
export class Waiter<T, D> implements Due {
  readonly group: Group<T, D>;
  readonly since: number;
  /** The smaller, the sooner: all grow more urgent at the same pace, so that their order never changes. */
  readonly at: number;
  /** When it is over; in another heap, so that it stands apart. */
  deadline: Deadline<T, D> | undefined;
  order = 0;
  place = -1;
  /** Neighbours among all who wait. */
  older: Waiter<T, D> | undefined;
  younger: Waiter<T, D> | undefined;
  /** It has left. */
  answered = false;
  readonly stack: Error | undefined;
  readonly resolve: (lease: Lease<D>) => void;
  readonly reject: (error: unknown) => void;
  #stop: (() => void) | undefined;

  constructor({ group, since, priority, agingMs, stack, resolve, reject }: WaiterOptions<T, D>) {
    this.group = group;
    this.since = since;
    this.at = since - priority * agingMs;
    this.stack = stack;
    this.resolve = resolve;
    this.reject = reject;
  }

  /** Calls `onAbort` when the signal fires, until {@link calm}. */
  watch(signal: AbortSignal, onAbort: () => void): void {
    signal.addEventListener('abort', onAbort);
    this.#stop = () => signal.removeEventListener('abort', onAbort);
  }

  /** Nothing of it stays behind. */
  calm(): void {
    this.#stop?.();
    this.#stop = undefined;
  }
}
