import type { Completion, Outcome } from './completion.ts';
import type { Deadline } from './deadlines.ts';
import type { Submitted, SubmitOptions } from './operations.ts';
import type { Work } from './work/work.ts';

/**
 * `waiting` in line for room → `queued` behind a link or others of its socket → `running` → `stopping` (asked to end early) → `completed`.
 * Forward only; any step may be left out.
 */
export type TaskState = 'waiting' | 'queued' | 'running' | 'stopping' | 'completed';

/** What a work, or an operation without its work, came to. */
export interface End {
  readonly outcome: Outcome;
  readonly value: unknown;
  readonly error: unknown;
}

/** Why an operation is to end early. */
export interface Stop extends End {
  readonly outcome: 'cancelled' | 'timedOut';
  readonly value: undefined;
  readonly error: Error;
}

/** Options of a submission, whatever their types. */
export type TaskOptions = Omit<SubmitOptions, 'after'>;

/** One operation, from its submission to its completion. */
export class Task implements Submitted {
  /** The queue. */
  readonly owner: object;
  readonly id: number;
  readonly work: Work;
  readonly data: unknown;
  readonly onCompletion: ((completion: Completion) => unknown) | undefined;
  readonly onProgress: ((bytes: number, id: number) => void) | undefined;
  readonly batched: boolean;
  state: TaskState = 'waiting';
  /** Has a place among those in flight. */
  admitted = false;
  /** The one that has to succeed before; `undefined` once it has. */
  after: Task | undefined;
  /** Those that wait for this one to succeed. */
  followers: Task[] | undefined;
  stop: Stop | undefined;
  deadline: Deadline | undefined;
  /** Stops listening to its signal. */
  unwatch: (() => void) | undefined;
  /** What the work had moved before, when it is continued. */
  base = 0;
  /** Bytes that `onProgress` has heard of. */
  told = 0;
  completion: Completion | undefined;
  #done: Signal<Completion> | undefined;
  #accepted: Signal<void> | undefined;

  constructor(owner: object, id: number, work: Work, options: TaskOptions, batched: boolean) {
    this.owner = owner;
    this.id = id;
    this.work = work;
    this.data = options.data;
    this.onCompletion = options.onCompletion;
    this.onProgress = options.onProgress;
    this.batched = batched;
  }

  get accepted(): Promise<void> {
    if (this.admitted || this.state === 'completed') return Promise.resolve();
    return (this.#accepted ??= new Signal()).promise;
  }

  get done(): Promise<Completion> {
    this.#done ??= new Signal();
    if (this.completion !== undefined) this.#done.resolve(this.completion);
    return this.#done.promise;
  }

  get value(): Promise<unknown> {
    return this.done.then((completion) => {
      if (completion.outcome === 'ok') return completion.value;
      throw completion.error;
    });
  }

  /** Makes the completion. */
  end({ outcome, value, error }: End, partial: boolean): Completion {
    const { id, data, work: { kind, moved: bytes } } = this;
    this.state = 'completed';
    const completion: Completion = outcome === 'ok' ? { id, kind, outcome, value, bytes, data, partial: false } : { id, kind, outcome, error, bytes, data, partial };
    this.completion = completion;
    return completion;
  }

  tellAccepted(): void {
    this.#accepted?.resolve();
  }

  tellDone(): void {
    if (this.completion !== undefined) this.#done?.resolve(this.completion);
  }
}

/** A promise that is made only when somebody asks for it. */
class Signal<T> {
  resolve: (value: T) => void = () => {};
  readonly promise: Promise<T>;

  constructor() {
    this.promise = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }
}
