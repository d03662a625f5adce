import type { Endpoint } from './endpoint.ts';

/** The codes of this package. Each package owns its own; all of them start with `ERR_SOCK_`. */
export type CoreErrorCode =
  | 'ERR_SOCK_ABORTED'
  | 'ERR_SOCK_ARGUMENT'
  | 'ERR_SOCK_BUSY'
  | 'ERR_SOCK_CLOSED'
  | 'ERR_SOCK_DETACHED'
  | 'ERR_SOCK_ENDPOINT'
  | 'ERR_SOCK_LIMIT'
  | 'ERR_SOCK_MALFORMED'
  | 'ERR_SOCK_PARKED'
  | 'ERR_SOCK_RESET'
  | 'ERR_SOCK_RETRY'
  | 'ERR_SOCK_TIMEOUT'
  | 'ERR_SOCK_UNEXPECTED_END';

/** What the connection was doing when it went wrong. */
export type Phase =
  | 'config' | 'dns' | 'connect' | 'listen' | 'accept' | 'upgrade' | 'handshake' | 'verify'
  | 'send' | 'recv' | 'shutdown' | 'close';

/** Who has to act: coarse, for metrics and for decisions such as a retry. */
export type ErrorCategory =
  | 'usage' | 'config' | 'name' | 'refused' | 'unreachable' | 'access' | 'reset' | 'timeout' | 'aborted'
  | 'closed' | 'limit' | 'protocol' | 'trust' | 'system';

/** All that an error knows beside its code and its message. */
export interface ErrorFacts {
  readonly phase: Phase;
  readonly category: ErrorCategory;
  /** Whether the same call, made again later, may well succeed. Default: **false**. */
  readonly retryable?: boolean | undefined;
  readonly endpoint?: Endpoint | undefined;
  /** What lies behind it; kept always. */
  readonly cause?: unknown;
  /** Bytes of this very call that were moved before it failed. Default: **0**. */
  readonly bytesMoved?: number | undefined;
}

/** Every failure of these packages. Decide by `code` or `category`, never by the message. */
export class SocketError<C extends `ERR_SOCK_${string}` = `ERR_SOCK_${string}`> extends Error {
  override readonly name: string = 'SocketError';
  readonly code: C;
  readonly phase: Phase;
  readonly category: ErrorCategory;
  readonly retryable: boolean;
  readonly endpoint: Endpoint | undefined;
  readonly bytesMoved: number;

  constructor(code: C, message: string, facts: ErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.phase = facts.phase;
    this.category = facts.category;
    this.retryable = facts.retryable ?? false;
    this.endpoint = facts.endpoint;
    this.bytesMoved = facts.bytesMoved ?? 0;
  }
}

/**
 * Tells whether `error` comes from these packages, and, with `code`, whether it is that one. It goes by the code, not by the
 * class, so that two installed copies agree.
 */
export function isSocketError<C extends `ERR_SOCK_${string}`>(error: unknown, code?: C): error is SocketError<C> {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false;
  return code === undefined ? error.code.startsWith('ERR_SOCK_') : error.code === code;
}
