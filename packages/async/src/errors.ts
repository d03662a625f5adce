import type { ErrorFacts } from '@sock/core';
import { SocketError } from '@sock/core';

/** The codes of this package. */
export type OperationErrorCode =
  | 'ERR_SOCK_OPERATION_ARGUMENT'
  | 'ERR_SOCK_OPERATION_CANCELLED'
  | 'ERR_SOCK_OPERATION_CLOSED'
  | 'ERR_SOCK_OPERATION_FULL'
  | 'ERR_SOCK_OPERATION_LINK'
  | 'ERR_SOCK_OPERATION_TIMEOUT'
  | 'ERR_SOCK_OPERATION_TOO_LARGE'
  | 'ERR_SOCK_OPERATION_UNKNOWN';

/** An operation was refused, or it ended before its work was done. */
export class OperationError<C extends OperationErrorCode = OperationErrorCode> extends SocketError<C> {
  override readonly name: string = 'OperationError';
}

/** A submission was refused; nothing was accepted of it. */
export function refusal<C extends OperationErrorCode>(code: C, message: string, category: 'usage' | 'limit' | 'closed' = 'usage'): OperationError<C> {
  const facts: ErrorFacts = { phase: 'config', category, retryable: category === 'limit' };
  return new OperationError(code, message, facts);
}
