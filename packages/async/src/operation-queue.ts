import type { Cancel, Socket } from '@sock/core';
import { HANGUP, wait } from '@sock/core';
import { systemClock } from '@sock/core/timing';
import type { AsyncLimits } from './async-section.ts';
import { asyncSection } from './async-section.ts';
import type { AnyCompletion, Completion } from './completion.ts';
import type { DeliveryHost } from './delivery.ts';
import { Delivery } from './delivery.ts';
import { refusal } from './errors.ts';
import { Idlers } from './idlers.ts';
import type { Operation, ResultOf } from './operation.ts';
import type { BatchEntry, Operations, OperationsOptions, Submitted, SubmitOptions } from './operations.ts';
import { Patience } from './patience.ts';
import { Room } from './room.ts';
import { Sides } from './sides.ts';
import type { OperationStats } from './statistics.ts';
import { Tally } from './statistics.ts';
import { cancelled, stopped, unlinked } from './stop.ts';
import type { End, Stop, TaskOptions } from './task.ts';
import type { Terms } from './submission.ts';
import { termsOf } from './submission.ts';
import { Task } from './task.ts';
import { toWork } from './to-work.ts';
import type { Work } from './work/work.ts';

/** Takes tasks from their submission to their completion: each moves forward through its states, and gets one completion. */
export class OperationQueue<D> implements Operations<D>, DeliveryHost {
  readonly #limits: AsyncLimits;
  readonly #onError: OperationsOptions['onError'];
  readonly #patience: Patience;
  readonly #room: Room;
  readonly #sides = new Sides();
  readonly #delivery: Delivery;
  readonly #tally = new Tally();
  /** Not completed; those that are completed inside `submit` never come here. */
  readonly #alive = new Map<number, Task>();
  /** Ended in the middle of their bytes, and hold their sides. */
  readonly #partials = new Map<number, Task>();
  /** Begin at this moment, one inside the other. */
  readonly #beginning: Task[] = [];
  /** Whose state, turn or link may have changed. */
  readonly #agenda: Task[] = [];
  #running = false;
  #submitted = 0;
  #untold = 0;
  #untaken = 0;
  #unsettled = 0;
  #callbackErrors = 0;
  #closed = false;
  #closing: Promise<void> | undefined;
  readonly #idlers = new Idlers(() => this.#alive.size === 0 && this.#untold === 0);

  constructor(options: OperationsOptions) {
    const { onError, clock = systemClock, ...limits } = options;
    this.#limits = asyncSection.resolve(limits, 'createOperations()');
    if (onError !== undefined && typeof onError !== 'function') throw refusal('ERR_SOCK_OPERATION_ARGUMENT', `onError got ${typeof onError}: it takes a function`);
    this.#onError = onError;
    this.#patience = new Patience(clock, (task, why) => this.#stop(task, why));
    this.#room = new Room(this.#limits);
    this.#delivery = new Delivery(this);
  }

  get closed(): boolean {
    return this.#closed;
  }

  get stats(): OperationStats {
    return {
      submitted: this.#submitted,
      completed: this.#tally.completed,
      inFlight: this.#room.count,
      waiting: this.#room.line.size,
      bytesInFlight: this.#room.bytes,
      partial: this.#partials.size,
      unsettled: this.#unsettled,
      callbackErrors: this.#callbackErrors,
      kinds: this.#tally.snapshot(),
    };
  }

  submit<O extends Operation>(operation: O, options: SubmitOptions<ResultOf<O>, D> = {}): Submitted<ResultOf<O>, D> {
    this.#assertOpen();
    const work = toWork(operation, this.#patience.deadlines);
    const { after } = options;
    const before = after === undefined ? undefined : this.#ownTask(after);
    const terms = termsOf(work, options as TaskOptions, this.#limits);
    this.#room.assertFor([work]);
    const task = this.#task(work, options as TaskOptions, terms);
    this.#accept(task, before, terms, options.signal);
    return task as Submitted as Submitted<ResultOf<O>, D>;
  }

  submitBatch(entries: readonly BatchEntry<D>[]): Submitted<unknown, D>[] {
    this.#assertOpen();
    const checked = entries.map((entry, index) => {
      const work = toWork(entry.operation, this.#patience.deadlines);
      if (entry.after === 'previous' && index === 0) throw refusal('ERR_SOCK_OPERATION_ARGUMENT', 'the first of a batch got after: "previous": there is none before it');
      const before = entry.after === undefined || entry.after === 'previous' ? entry.after : this.#ownTask(entry.after);
      return { entry, work, before, terms: termsOf(work, entry as TaskOptions, this.#limits) };
    });
    this.#room.assertFor(checked.map(({ work }) => work));
    const tasks: Task[] = [];
    for (const { entry, work, before, terms } of checked) {
      const task = this.#task(work, entry as TaskOptions, terms);
      const previous = tasks.at(-1);
      tasks.push(task);
      this.#accept(task, before === 'previous' ? previous : before, terms, entry.signal);
    }
    return tasks as Submitted[] as Submitted<unknown, D>[];
  }

  cancel(id: number, reason?: unknown): boolean {
    const task = this.#alive.get(id);
    if (task === undefined) return false;
    this.#stop(task, () => cancelled(task, reason));
    return true;
  }

  cancelAll(target?: object, reason?: unknown): number {
    const tasks = target === undefined ? [...this.#alive.values()] : this.#sides.of(target).filter(({ state }) => state !== 'completed');
    // Nobody's turn comes before the last one is cancelled.
    const outer = this.#running;
    this.#running = true;
    for (const task of tasks) this.#stop(task, () => cancelled(task, reason));
    this.#running = outer;
    this.#run();
    return tasks.length;
  }

  continue<T = unknown>(id: number, options: Omit<SubmitOptions<T, D>, 'after'> = {}): Submitted<T, D> {
    this.#assertOpen();
    const partial = this.#partials.get(id);
    if (partial === undefined) throw refusal('ERR_SOCK_OPERATION_UNKNOWN', `operation ${id} cannot be continued: it did not end in the middle of its bytes, was continued or released before, or its connection has ended`);
    const terms = termsOf(partial.work, options as TaskOptions, this.#limits);
    this.#partials.delete(id);
    const task = this.#task(partial.work, options as TaskOptions, terms);
    // It has the side that others in flight wait for, so it must not wait for them.
    this.#room.take(task);
    task.state = 'queued';
    this.#sides.enterFirst(task);
    this.#watch(task, terms, options.signal);
    this.#consider(task);
    return task as Submitted as Submitted<T, D>;
  }

  release(id: number): boolean {
    const task = this.#partials.get(id);
    if (task === undefined) return false;
    this.#partials.delete(id);
    task.work.abandon?.();
    this.#agenda.push(...this.#sides.release(task));
    this.#run();
    return true;
  }

  drain(options?: Cancel): Promise<void> {
    return wait<void>(options, { phase: 'close', what: 'drain' }, (resolve) => this.#idlers.when(() => this.#untaken === 0, resolve));
  }

  close(reason?: unknown): Promise<void> {
    // Set before anything ends: what ends from now on is not to be continued.
    this.#closed = true;
    this.#closing ??= (async () => {
      // First those behind a partial one, which must not begin in the middle of its message.
      this.cancelAll(undefined, reason);
      for (const id of this.#partials.keys()) this.release(id);
      await new Promise<void>((resolve) => void this.#idlers.when(() => true, resolve));
      this.#delivery.close();
    })();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  [Symbol.asyncIterator](): AsyncIterator<AnyCompletion<D>[], undefined> {
    return { next: () => this.#delivery.next() as Promise<IteratorResult<AnyCompletion<D>[], undefined>>, return: () => Promise.resolve({ done: true, value: undefined }) };
  }

  onTold(task: Task): void {
    this.#untold -= 1;
    if (task.batched) this.#untaken += 1;
    this.#idlers.tell();
  }

  onTaken(): void {
    this.#untaken -= 1;
    this.#room.count -= 1;
    this.#run();
    this.#idlers.tell();
  }

  onCallbackError(error: unknown, id: number): void {
    this.#callbackErrors += 1;
    try {
      this.#onError?.(error, id);
    } catch {
      // It is the last to hear of errors; the count has told.
    }
  }

  #accept(task: Task, before: Task | undefined, terms: Terms, signal: AbortSignal | undefined): void {
    task.after = before;
    const fits = this.#room.fits(task.work);
    if (before !== undefined && before.state !== 'completed') (before.followers ??= []).push(task);
    if (fits) this.#admit(task);
    else {
      this.#room.line.add(task);
      this.#sides.wait(task);
      if (before?.state === 'completed') this.#consider(task);
    }
    this.#watch(task, terms, signal);
  }

  #admit(task: Task): void {
    this.#room.take(task);
    task.state = 'queued';
    const { work } = task;
    // Inside another one's beginning: that has its place before this one.
    for (const other of this.#beginning) if (other.work.target === work.target) this.#sides.enter(other);
    if (task.after === undefined && !this.#sides.busy(work)) return this.#begin(task, false);
    this.#sides.enter(task);
    this.#consider(task);
  }

  /** Begins it when it is its turn; completes it when its link is broken. */
  #consider(task: Task): void {
    this.#agenda.push(task);
    this.#run();
  }

  #run(): void {
    if (this.#running) return;
    this.#running = true;
    for (let next = 0; ; next += 1) {
      const task = this.#agenda[next];
      if (task === undefined) {
        this.#agenda.length = next = 0;
        const admitted = this.#room.next();
        if (admitted === undefined) break;
        this.#sides.leave(admitted);
        this.#admit(admitted);
        next = -1;
        continue;
      }
      if (task.after?.completion !== undefined && (task.state === 'waiting' || task.state === 'queued')) {
        if (task.after.completion.outcome !== 'ok') {
          this.#complete(task, unlinked(task, task.after));
          continue;
        }
        task.after = undefined;
      }
      if (task.state === 'queued' && task.after === undefined && this.#sides.turnOf(task)) this.#begin(task, true);
    }
    this.#running = false;
  }

  /** @param entered - it has its place among the sides already */
  #begin(task: Task, entered: boolean): void {
    task.state = 'running';
    task.base = task.work.moved;
    this.#beginning.push(task);
    let over = false;
    const end = (how: End): void => {
      // A work that settles twice has one end all the same.
      if (over) return;
      over = true;
      this.#ended(task, how);
    };
    task.work.begin({ ok: (value) => end({ outcome: 'ok', value, error: undefined }), fail: (error) => end({ outcome: 'error', value: undefined, error }) }, task.onProgress === undefined ? undefined : (bytes) => this.#progress(task, bytes));
    this.#beginning.pop();
    if (!entered && !over) this.#sides.enter(task);
  }

  #progress(task: Task, bytes: number): void {
    const { onProgress } = task;
    if (onProgress === undefined || bytes <= task.told || (task.state !== 'running' && task.state !== 'stopping')) return;
    task.told = bytes;
    this.#delivery.guard(() => onProgress(bytes, task.id), task.id);
  }

  /** The work is over, in time or late. */
  #ended(task: Task, end: End): void {
    if (task.state !== 'completed') return this.#complete(task, end);
    this.#unsettled -= 1;
    if (end.outcome === 'ok') this.#delivery.guard(() => task.work.discard?.(end.value), task.id);
    task.work.abandon?.();
    this.#agenda.push(...this.#sides.leave(task));
    this.#run();
  }

  /** Sees to it that a task which is not completed yet gets its time-out and its signal. */
  #watch(task: Task, { timeoutMs }: Terms, signal: AbortSignal | undefined): void {
    if (task.state === 'completed') return;
    this.#alive.set(task.id, task);
    this.#patience.begin(task, timeoutMs, signal);
  }

  #stop(task: Task, why: () => Stop): void {
    if (task.state === 'completed' || task.state === 'stopping') return;
    const stop = why();
    if (task.state !== 'running') return this.#complete(task, stop);
    task.state = 'stopping';
    task.stop = stop;
    this.#patience.end(task);
    task.work.stop(stop.error);
    // Most have stopped by now, or do within this turn.
    if (!isOver(task)) this.#patience.grace(task, this.#limits.cancelGrace, () => this.#complete(task, stop));
  }

  /** The one way to a completion. */
  #complete(task: Task, end: End): void {
    const { work, stop } = task;
    // Its patience is over: the work goes on by itself.
    const working = task.state === 'stopping' && end === stop;
    const began = task.state === 'running' || task.state === 'stopping';
    this.#patience.end(task);
    this.#alive.delete(task.id);
    this.#room.line.delete(task);
    const early = end.outcome === 'error' && stop !== undefined;
    // A continued one stands there also when it has not begun again.
    const partial = (early || (!working && end.outcome !== 'ok' && end.outcome !== 'error')) && work.resumable && this.#mayHold(work);
    const completion = task.end(early ? { ...stop, error: stopped(stop, task, end.error) } : end, partial);
    this.#tally.count(completion, began ? work.moved - task.base : 0);
    if (task.admitted) {
      this.#room.bytes -= work.cost;
      if (!task.batched) this.#room.count -= 1;
    } else if (task.batched) this.#room.count += 1;
    task.tellAccepted();
    if (working) this.#unsettled += 1;
    else this.#leave(task, completion);
    if (task.followers !== undefined) this.#agenda.push(...task.followers);
    task.followers = undefined;
    this.#untold += 1;
    this.#delivery.push(task);
    this.#run();
  }

  #leave(task: Task, completion: Completion): void {
    if (completion.partial) {
      this.#partials.set(task.id, task);
      this.#sides.hold(task, () => void this.release(task.id));
    } else if (completion.outcome !== 'ok') task.work.abandon?.();
    this.#agenda.push(...this.#sides.leave(task));
  }

  #mayHold({ target }: Work): boolean {
    return !this.#closed && ((target as Socket).ready & HANGUP) === 0;
  }

  #task(work: Work, options: TaskOptions, { batched }: Terms): Task {
    this.#submitted += 1;
    return new Task(this, this.#submitted, work, options, batched);
  }

  #ownTask(submitted: Submitted): Task {
    if (submitted instanceof Task && submitted.owner === this) return submitted;
    throw refusal('ERR_SOCK_OPERATION_ARGUMENT', 'after got something else than an operation of this queue: it takes what submit() answered with');
  }

  #assertOpen(): void {
    if (this.#closed) throw refusal('ERR_SOCK_OPERATION_CLOSED', 'this queue of operations is closed: it accepts no more', 'closed');
  }
}

function isOver({ state }: Task): boolean {
  return state === 'completed';
}
