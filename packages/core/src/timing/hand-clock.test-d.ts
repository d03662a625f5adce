import type { Clock, TimerOptions } from './clock.ts';

/** Time that stands until it is moved. */
export class HandClock implements Clock {
  time: number = 0;
  /** Timers that were set so far. */
  set: number = 0;
  readonly timers: Set<{ readonly at: number; readonly run: () => void; readonly options: TimerOptions | undefined }> = new Set();

  now(): number {
    return this.time;
  }

  after(milliseconds: number, run: () => void, options?: TimerOptions): () => void {
    const timer = { at: this.time + milliseconds, run, options };
    this.timers.add(timer);
    this.set += 1;
    return () => void this.timers.delete(timer);
  }

  move(milliseconds: number): void {
    this.time += milliseconds;
    for (const timer of this.timers) {
      if (timer.at > this.time || !this.timers.delete(timer)) continue;
      timer.run();
    }
  }
}
