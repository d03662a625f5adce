import type { Phase } from '@sock/core';
import { at } from '@sock/core';
import type { Socket } from '@sock/core';
import { OperationError } from './errors.ts';
import type { OperationKind } from './operation.ts';
import type { Stop, Task } from './task.ts';
import type { Work } from './work/work.ts';

const PHASES: Readonly<Record<OperationKind, Phase>> = {
  send: 'send', sendv: 'send', recv: 'recv', recvExactly: 'recv', accept: 'accept', connect: 'connect', handshake: 'handshake', sendfile: 'send', call: 'send', timer: 'close',
};

/** Cancelled by the program. */
export function cancelled({ id, work }: Task, cause: unknown): Stop {
  return { outcome: 'cancelled', value: undefined, error: new OperationError('ERR_SOCK_OPERATION_CANCELLED', `${named(id, work)} was cancelled`, facts(work, 'aborted', cause)) };
}

/** Its time is over. */
export function expired({ id, work }: Task, milliseconds: number): Stop {
  const error = new OperationError('ERR_SOCK_OPERATION_TIMEOUT', `${named(id, work)} did not finish within ${Math.round(milliseconds)} ms`, { ...facts(work, 'timeout', undefined), retryable: true });
  return { outcome: 'timedOut', value: undefined, error };
}

/** The one before it did not succeed. */
export function unlinked({ id, work }: Task, before: Task): Stop {
  const why = `${named(id, work)} was not begun: operation ${before.id} (${before.work.kind}), which it was linked to, ended as ${before.completion?.outcome}`;
  return { outcome: 'cancelled', value: undefined, error: new OperationError('ERR_SOCK_OPERATION_LINK', why, facts(work, 'aborted', before.completion?.error)) };
}

/** The same, told when the work has stopped: with its last count, and with what it said. */
export function stopped({ outcome, error }: Stop, { work }: Task, said: unknown): Error {
  const { code, message, phase, category, retryable, endpoint, cause } = error as OperationError;
  if (outcome === 'cancelled' && work.moved === 0) return error;
  return new OperationError(code, message, { phase, category, retryable, endpoint, cause: cause ?? (said === error ? undefined : said), bytesMoved: work.moved });
}

function named(id: number, work: Work): string {
  const { phase, endpoint } = facts(work, 'aborted', undefined);
  return `operation ${id}, ${work.kind}${at(phase === 'recv' ? 'from' : 'to', endpoint)},`;
}

function facts(work: Work, category: 'aborted' | 'timeout', cause: unknown): { phase: Phase; category: 'aborted' | 'timeout'; cause: unknown; endpoint: Socket['remote']; bytesMoved: number } {
  const endpoint = work.target !== undefined && 'remote' in work.target ? (work.target as Socket).remote : undefined;
  return { phase: PHASES[work.kind], category, cause, endpoint, bytesMoved: work.moved };
}
