import { callHook } from './hook.ts';
import type { Recorder } from './pool-options.ts';

/** Hands a time to whoever measures it; what that throws is its own: a histogram that takes no more must not take the connection along. */
export function record(recorder: Recorder | undefined, milliseconds: number): void {
  callHook(() => recorder?.record(Math.max(1, Math.round(milliseconds * 1e6))));
}
