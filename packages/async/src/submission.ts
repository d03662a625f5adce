import { parseDuration } from '@sock/config';
import type { AsyncLimits } from './async-section.ts';
import { refusal } from './errors.ts';
import type { TaskOptions } from './task.ts';
import type { Work } from './work/work.ts';

/** What a submission comes to, beside its work. */
export interface Terms {
  /** Infinity for none. */
  readonly timeoutMs: number;
  readonly batched: boolean;
}

/**
 * Looks at the options of a submission, before anything of it is accepted.
 *
 * @throws `ERR_SOCK_OPERATION_ARGUMENT`, `ERR_SOCK_CONFIG`
 */
export function termsOf({ kind }: Work, { timeout, onCompletion, onProgress, batched }: TaskOptions, limits: AsyncLimits): Terms {
  assertCallback('onCompletion', onCompletion);
  assertCallback('onProgress', onProgress);
  if (batched === true && onCompletion !== undefined) throw refusal('ERR_SOCK_OPERATION_ARGUMENT', 'an operation got batched and onCompletion: each completion is told once, so it takes one of them');
  const usual = kind === 'timer' ? undefined : limits.defaultTimeout;
  const timeoutMs = timeout === undefined ? (usual ?? Infinity) : parseDuration(timeout);
  return { timeoutMs, batched: batched ?? (limits.batched && onCompletion === undefined) };
}

function assertCallback(name: string, callback: unknown): void {
  if (callback !== undefined && typeof callback !== 'function') throw refusal('ERR_SOCK_OPERATION_ARGUMENT', `${name} got ${typeof callback}: it takes a function`);
}
