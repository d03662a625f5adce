import type { Observation, Watch } from './observation.ts';

/** What every observation begins with. */
export function begin(waited: boolean, endpoint: Observation['endpoint']): Observation {
  return { endpoint, startedAt: performance.now(), durationMs: undefined, waited, error: undefined, code: undefined };
}

/** The watch, if it wants to be told now. */
export function active<O extends Observation>(watch: Watch<O> | undefined): Watch<O> | undefined {
  return watch?.enabled?.() === false ? undefined : watch;
}

/**
 * An operation that waits. What it answers is handed on behind the watch, which so runs in the context of the caller.
 *
 * @param settle - completes the observation before its end is told
 */
export function watchWaiting<O extends Observation, T>(
  watch: Watch<O>,
  observation: O,
  work: () => Promise<T>,
  settle: { readonly done?: (observation: O, value: T) => void; readonly failed?: (observation: O, error: unknown) => void },
): Promise<T> {
  tell(watch.start, observation);
  return begun(watch, observation, work).then(
    (value) => {
      settle.done?.(observation, value);
      finish(watch, observation);
      return value;
    },
    (error: unknown) => {
      settle.failed?.(observation, error);
      fail(observation, error);
      finish(watch, observation);
      throw error;
    },
  );
}

/** No turn of the queue of promises is added: what follows from the same event keeps its order. */
function begun<O extends Observation, T>(watch: Watch<O>, observation: O, work: () => Promise<T>): Promise<T> {
  try {
    return watch.around === undefined ? work() : watch.around(observation, work);
  } catch (error) {
    // oxlint-disable-next-line prefer-promise-reject-errors -- passes on what the work threw
    return Promise.reject(error);
  }
}

/** An operation that is over already, well or with `observation.error`: the failure is told between its start and its end. */
export function watchDone<O extends Observation>(watch: Watch<O>, observation: O): void {
  observation.durationMs ??= performance.now() - observation.startedAt;
  tell(watch.start, observation);
  const failed = (): void => {
    if (observation.error !== undefined) tell(watch.error, observation);
  };
  if (watch.around === undefined) failed();
  else watch.around(observation, failed);
  tell(watch.end, observation);
}

/** Notes why it failed. */
export function fail(observation: Observation, error: unknown): void {
  observation.error = error;
  const code = (error as { readonly code?: unknown } | null | undefined)?.code;
  observation.code = typeof code === 'string' ? code : undefined;
}

function finish<O extends Observation>(watch: Watch<O>, observation: O): void {
  observation.durationMs = performance.now() - observation.startedAt;
  if (observation.error !== undefined) tell(watch.error, observation);
  tell(watch.end, observation);
}

function tell<O>(listener: ((observation: O) => void) | undefined, observation: O): void {
  try {
    listener?.(observation);
  } catch {
    // Dropped, as the interface says: whoever watches must not change what is watched.
  }
}
