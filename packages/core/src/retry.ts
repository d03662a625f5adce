/**
 * Trying again, with back-off and a budget, and a connection that comes back.
 *
 * @module
 */
export { backoff, backoffSection } from './retry/backoff.ts';
export type { Backoff, BackoffFields, BackoffOptions, Jitter } from './retry/backoff.ts';
export { reconnecting } from './retry/reconnecting.ts';
export type { Reconnecting } from './retry/reconnecting.ts';
export type { ReconnectChange, ReconnectOptions, ReconnectState } from './retry/reconnect-options.ts';
export { retry } from './retry/retry.ts';
export { retryConnector } from './retry/retry-connector.ts';
export type { RetryConnectorOptions } from './retry/retry-connector.ts';
export { RetryError } from './retry/retry-error.ts';
export type { FailedAttempt, RetryStop } from './retry/retry-error.ts';
export { isRetryable, retrySection } from './retry/retry-options.ts';
export type { Retry, RetryFields, RetryOptions } from './retry/retry-options.ts';
