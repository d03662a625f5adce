import { SocketError as TypedError } from '@sock/core';
import type { Phase } from '@sock/core';

/**
 * The SocketError of the Sockets API: a `TypeError` whose message starts with `SocketError: `. Its `cause` is the typed error of these
 * packages, with code, phase and endpoint; decide by that one.
 */
export class SocketError extends TypeError {
  constructor(message: string, options?: ErrorOptions) {
    super(`SocketError: ${message}`, options);
  }
}

/** What went wrong below, as the Sockets API tells it. One that is a {@link SocketError} already stays the same object. */
export function toSocketError(cause: unknown): SocketError {
  if (cause instanceof SocketError) return cause;
  return new SocketError(cause instanceof Error ? cause.message : String(cause), { cause });
}

/** A call that makes no sense: `ERR_SOCK_ARGUMENT` below a {@link SocketError}. */
export function misuse(message: string, phase: Phase = 'config'): SocketError {
  return toSocketError(new TypedError('ERR_SOCK_ARGUMENT', message, { phase, category: 'usage' }));
}
