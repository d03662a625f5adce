import type { ErrorCategory, ErrorFacts } from '@sock/core';
import { SocketError } from '@sock/core';

/** The codes of this package. */
export type PoolErrorCode =
  | 'ERR_SOCK_POOL_ARGUMENT'
  | 'ERR_SOCK_POOL_CIRCUIT_OPEN'
  | 'ERR_SOCK_POOL_CLOSED'
  | 'ERR_SOCK_POOL_DUPLICATE'
  | 'ERR_SOCK_POOL_FULL'
  | 'ERR_SOCK_POOL_LOST'
  | 'ERR_SOCK_POOL_PREPARE'
  | 'ERR_SOCK_POOL_RELEASED'
  | 'ERR_SOCK_POOL_TIMEOUT'
  | 'ERR_SOCK_POOL_VALIDATE';

/** The pool, or the registry, refused a call or gave something up. What dialling throws is passed on as it is. */
export class PoolError<C extends PoolErrorCode = PoolErrorCode> extends SocketError<C> {
  override readonly name: string = 'PoolError';

  constructor(code: C, message: string, category: ErrorCategory = 'usage', facts: Partial<Omit<ErrorFacts, 'category'>> = {}) {
    super(code, message, { phase: 'connect', ...facts, category });
  }
}

/** What went wrong, for a message. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  return typeof error === 'string' ? error : `a ${typeof error} was thrown`;
}
