import type { Deadline, Deadlines } from '../deadlines.ts';
import type { Settle, Work } from './work.ts';
import { NO_SIDE } from './work.ts';

/** Time that passes. */
export class TimerWork implements Work {
  readonly kind = 'timer' as const;
  readonly target: undefined;
  readonly sides: number = NO_SIDE;
  readonly cost: number = 0;
  readonly moved: number = 0;
  readonly resumable: boolean = false;
  readonly #delayMs: number;
  readonly #deadlines: Deadlines;
  #due: Deadline | undefined;
  #settle: Settle | undefined;

  constructor(delayMs: number, deadlines: Deadlines) {
    this.#delayMs = delayMs;
    this.#deadlines = deadlines;
  }

  begin(settle: Settle): void {
    this.#settle = settle;
    this.#due = this.#deadlines.add(this.#delayMs, () => settle.ok(undefined));
  }

  stop(reason: unknown): void {
    if (this.#due !== undefined) this.#deadlines.remove(this.#due);
    this.#settle?.fail(reason);
  }
}
