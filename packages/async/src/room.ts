import type { AsyncLimits } from './async-section.ts';
import { refusal } from './errors.ts';
import type { Task } from './task.ts';
import type { Work } from './work/work.ts';

/** Who has a place in flight, and the line of those who wait for one. */
export class Room {
  readonly line: Set<Task> = new Set();
  readonly #limits: AsyncLimits;
  count = 0;
  bytes = 0;

  constructor(limits: AsyncLimits) {
    this.#limits = limits;
  }

  /** @throws `ERR_SOCK_OPERATION_FULL`, `ERR_SOCK_OPERATION_TOO_LARGE`, when not all of them can be accepted now */
  assertFor(works: readonly Work[]): void {
    const { maxInFlight, maxBytes, whenFull, maxWaiting } = this.#limits;
    let count = this.count;
    let bytes = this.bytes;
    let waiting = this.line.size;
    for (const { kind, cost } of works) {
      if (cost > maxBytes) throw refusal('ERR_SOCK_OPERATION_TOO_LARGE', `${kind} of ${cost} bytes: more than all operations may hold together (maxBytes ${maxBytes}); cut it, or raise the limit`, 'usage');
      if (waiting === 0 && count < maxInFlight && bytes + cost <= maxBytes) {
        count += 1;
        bytes += cost;
      } else waiting += 1;
    }
    if (waiting <= (whenFull === 'refuse' ? 0 : maxWaiting)) return;
    const full = `${this.count} operations with ${this.bytes} bytes are in flight (maxInFlight ${maxInFlight}, maxBytes ${maxBytes})`;
    const line = whenFull === 'refuse' ? '' : `, and ${this.line.size} wait (maxWaiting ${maxWaiting})`;
    throw refusal('ERR_SOCK_OPERATION_FULL', `no room for ${works.length === 1 ? 'one more operation' : `${works.length} more operations`}: ${full}${line}; wait for completions`, 'limit');
  }

  /** Whether there is room for it, and nobody in line. */
  fits({ cost }: Work): boolean {
    return this.line.size === 0 && this.#hasPlace(cost);
  }

  /** The next of the line that has a place now. */
  next(): Task | undefined {
    for (const task of this.line) {
      if (!this.#hasPlace(task.work.cost)) return undefined;
      this.line.delete(task);
      return task;
    }
    return undefined;
  }

  take(task: Task): void {
    task.admitted = true;
    this.count += 1;
    this.bytes += task.work.cost;
    task.tellAccepted();
  }

  #hasPlace(cost: number): boolean {
    return this.count < this.#limits.maxInFlight && this.bytes + cost <= this.#limits.maxBytes;
  }
}
