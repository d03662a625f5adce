import type { OperationsClock } from './clock.ts';

/** Something that is to happen at a time. */
export interface Deadline {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
  /** Its place in the heap; -1 = not inside. */
  place: number;
}

/** setTimeout fires at once for anything longer. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** All deadlines of a queue, under one timer of the runtime, which runs only while there are any. Each touches what it stands for and nothing else. */
export class Deadlines {
  readonly #clock: OperationsClock;
  readonly #heap: Deadline[] = [];
  #added = 0;
  #timer: { readonly handle: unknown; readonly at: number } | undefined;

  constructor(clock: OperationsClock) {
    this.#clock = clock;
  }

  add(milliseconds: number, run: () => void): Deadline {
    const deadline: Deadline = { at: this.#clock.now() + milliseconds, order: this.#added, run, place: -1 };
    this.#added += 1;
    this.#rise(deadline, this.#heap.length);
    this.#arm();
    return deadline;
  }

  remove(deadline: Deadline): void {
    this.#take(deadline);
    // A timer that fires too early costs less than a new one; but none may keep a program alive that has nothing to wait for.
    if (this.#heap.length === 0) this.#disarm();
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined) return this.#disarm();
    if (this.#timer !== undefined && this.#timer.at <= first.at) return;
    this.#disarm();
    // Upwards: one that is early is looked at twice.
    const milliseconds = Math.min(Math.max(1, Math.ceil(first.at - this.#clock.now())), LONGEST_TIMER_MS);
    this.#timer = { at: first.at, handle: this.#clock.start(() => this.#serve(), milliseconds) };
  }

  #disarm(): void {
    if (this.#timer !== undefined) this.#clock.stop(this.#timer.handle);
    this.#timer = undefined;
  }

  #serve(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    for (let first = this.#heap[0]; first !== undefined && first.at <= now; first = this.#heap[0]) {
      this.#take(first);
      first.run();
    }
    this.#arm();
  }

  #take(deadline: Deadline): void {
    const { place } = deadline;
    if (place === -1) return;
    deadline.place = -1;
    const last = this.#heap.pop();
    if (last === undefined || last === deadline) return;
    this.#rise(last, place);
    this.#sink(last, last.place);
  }

  #rise(deadline: Deadline, place: number): void {
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#heap[above] as Deadline;
      if (isBefore(parent, deadline)) break;
      this.#put(parent, place);
      place = above;
    }
    this.#put(deadline, place);
  }

  #sink(deadline: Deadline, place: number): void {
    for (;;) {
      const left = this.#heap[2 * place + 1];
      const right = this.#heap[2 * place + 2];
      const child = right !== undefined && left !== undefined && isBefore(right, left) ? right : left;
      if (child === undefined || isBefore(deadline, child)) break;
      const below = child.place;
      this.#put(child, place);
      place = below;
    }
    this.#put(deadline, place);
  }

  #put(deadline: Deadline, place: number): void {
    this.#heap[place] = deadline;
    deadline.place = place;
  }
}

function isBefore(a: Deadline, b: Deadline): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
