import type { Endpoint } from '@sock/core';
import { SocketError } from '@sock/core';

/** One address that was tried, or that a policy denied. */
export interface ConnectAttempt {
  readonly address: string;
  readonly family: 4 | 6;
  /** What became of it: `ERR_SOCK_REFUSED`. `ERR_SOCK_TIMEOUT` or `ERR_SOCK_ABORTED` also for one that the end of the whole call cut short. */
  readonly code: `ERR_SOCK_${string}`;
  /** How long it took, in milliseconds; 0 for one that was denied. */
  readonly ms: number;
}

/**
 * A connect over TCP that failed. Code, phase and category are those of the last failure; with several addresses the message lists each, and
 * `cause` is an `AggregateError` with the error of each one that failed by itself.
 */
export class ConnectError extends SocketError {
  /** In the order in which they were begun. */
  readonly attempts: readonly ConnectAttempt[];

  /** @param errors - of the attempts that failed by themselves, in their order */
  constructor(last: SocketError, endpoint: Endpoint, attempts: readonly ConnectAttempt[], errors: readonly SocketError[]) {
    const { code, message, phase, category, retryable, cause } = last;
    const several = attempts.length > 1;
    super(code, several ? `${message}; tried ${attempts.map((each) => `${each.address}: ${each.code}`).join(', ')}` : message, {
      phase, category, retryable, endpoint,
      // The cause of an abort is the signal's reason, always.
      cause: several && category !== 'aborted' ? new AggregateError(errors, 'every address failed') : cause,
    });
    this.attempts = attempts;
  }
}
