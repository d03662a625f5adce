import type { ErrorCategory } from '@sock/core';
import { SocketError } from '@sock/core';

/** The codes of this package. */
export type PollErrorCode =
  | 'ERR_SOCK_POLL_ARGUMENT'
  | 'ERR_SOCK_POLL_BUSY'
  | 'ERR_SOCK_POLL_CLOSED'
  | 'ERR_SOCK_POLL_DUPLICATE'
  | 'ERR_SOCK_POLL_FULL'
  | 'ERR_SOCK_POLL_UNKNOWN';

/** A call of a poll was refused; nothing has changed by it. */
export class PollError<C extends PollErrorCode = PollErrorCode> extends SocketError<C> {
  override readonly name: string = 'PollError';

  constructor(code: C, message: string, category: Extract<ErrorCategory, 'usage' | 'limit' | 'closed'> = 'usage') {
    super(code, message, { phase: 'recv', category });
  }
}
