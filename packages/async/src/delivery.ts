import type { AnyCompletion } from './completion.ts';
import type { Task } from './task.ts';

/** What completions need of their queue. */
export interface DeliveryHost {
  /** Its callback has run and its promise is resolved; a batched one is to be taken now. */
  onTold(task: Task): void;
  /** It was taken with a batch. */
  onTaken(task: Task): void;
  /** A callback threw. */
  onCallbackError(error: unknown, id: number): void;
}

/** Tells completions: never inside the call that led to them, in their order, each one once. */
export class Delivery {
  readonly #host: DeliveryHost;
  #due: Task[] = [];
  #batch: Task[] = [];
  #scheduled = false;
  #closed = false;
  readonly #takers: ((result: IteratorResult<AnyCompletion[], undefined>) => void)[] = [];

  constructor(host: DeliveryHost) {
    this.#host = host;
  }

  push(task: Task): void {
    this.#due.push(task);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(this.#flush);
  }

  next(): Promise<IteratorResult<AnyCompletion[], undefined>> {
    return new Promise((resolve) => {
      this.#takers.push(resolve);
      this.#serve();
    });
  }

  /** No completion will come any more. */
  close(): void {
    this.#closed = true;
    this.#serve();
  }

  /** Runs a callback of the program's; what it throws or rejects with is reported. */
  guard(callback: () => unknown, id: number): void {
    try {
      const answer = callback();
      // An async callback is asked for its end: nobody else would hear of its rejection.
      if (isThenable(answer)) answer.then(undefined, (error: unknown) => this.#host.onCallbackError(error, id));
    } catch (error) {
      this.#host.onCallbackError(error, id);
    }
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    const due = this.#due;
    this.#due = [];
    for (const task of due) {
      const { onCompletion, completion } = task;
      if (onCompletion !== undefined && completion !== undefined) this.guard(() => onCompletion(completion), task.id);
      task.tellDone();
      if (task.batched) this.#batch.push(task);
      this.#host.onTold(task);
    }
    this.#serve();
  };

  #serve(): void {
    if (this.#takers.length === 0) return;
    if (this.#batch.length > 0) {
      const batch = this.#batch;
      this.#batch = [];
      this.#takers.shift()?.({ done: false, value: batch.map(({ completion }) => completion as AnyCompletion) });
      for (const task of batch) this.#host.onTaken(task);
    }
    if (this.#closed && this.#due.length === 0 && this.#batch.length === 0) for (const take of this.#takers.splice(0)) take({ done: true, value: undefined });
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
