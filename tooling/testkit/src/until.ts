import { setImmediate } from 'node:timers/promises';

/**
 * Asks `condition` once per turn of the event loop until it holds: for a state that no event tells of.
 *
 * @param what - for the failure: what was waited for
 */
export async function until(condition: () => boolean, what: string, withinMs = 5000): Promise<void> {
  const endsAt = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > endsAt) throw new Error(`not within ${withinMs} ms: ${what}`);
    await setImmediate();
  }
}

/** Lets `count` turns of the event loop pass: long enough for everything that is already on its way in this process. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await setImmediate();
}
