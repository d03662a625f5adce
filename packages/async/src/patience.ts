import type { Clock } from '@sock/core/timing';
import { Deadlines } from './deadlines.ts';
import type { Stop, Task } from './task.ts';
import { cancelled, expired } from './stop.ts';

/** What ends tasks before they are done: their time-outs and their signals. */
export class Patience {
  readonly deadlines: Deadlines;
  readonly #stop: (task: Task, why: () => Stop) => void;

  constructor(clock: Clock, stop: (task: Task, why: () => Stop) => void) {
    this.deadlines = new Deadlines(clock);
    this.#stop = stop;
  }

  /** Watches both for it, until {@link end}. A signal that fired already stops it at once. */
  begin(task: Task, timeoutMs: number, signal: AbortSignal | undefined): void {
    if (signal?.aborted === true) return this.#stop(task, () => cancelled(task, signal.reason));
    if (timeoutMs !== Infinity) task.deadline = this.deadlines.add(timeoutMs, () => this.#stop(task, () => expired(task, timeoutMs)));
    if (signal === undefined) return;
    const onAbort = (): void => this.#stop(task, () => cancelled(task, signal.reason));
    signal.addEventListener('abort', onAbort);
    task.unwatch = () => signal.removeEventListener('abort', onAbort);
  }

  /** How long one that was told to stop may take: then `onOver` runs, unless {@link end} comes first. */
  grace(task: Task, milliseconds: number, onOver: () => void): void {
    task.deadline = this.deadlines.add(milliseconds, onOver);
  }

  end(task: Task): void {
    if (task.deadline !== undefined) this.deadlines.remove(task.deadline);
    task.deadline = undefined;
    task.unwatch?.();
    task.unwatch = undefined;
  }
}
