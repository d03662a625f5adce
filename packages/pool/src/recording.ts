import type { Recorder } from './pool-options.ts';

/** Hands a time to whoever measures it; what that throws is its own. */
export function record(recorder: Recorder | undefined, milliseconds: number): void {
  try {
    recorder?.record(Math.max(1, Math.round(milliseconds * 1e6)));
  } catch {
    // A histogram that takes no more must not take the connection along.
  }
}
