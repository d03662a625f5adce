import type { Duration } from '@sock/config';
import { parseDuration, wrongOption } from '@sock/config';
import { isSocketError } from '../errors.ts';
import type { Socket } from '../socket.ts';
import type { CloseReason } from '../transport.ts';
import type { RetryOptions, RetrySettings } from './retry-options.ts';
import { retrySettings } from './retry-options.ts';

/** `connecting → open → waiting → connecting …`; from each of them to `closed`, which is final. A dial that fails goes to `waiting` too. */
export type ReconnectState = 'connecting' | 'open' | 'waiting' | 'closed';

/** A change of state, and what belongs to it. */
export type ReconnectChange =
  | { readonly state: 'connecting' }
  | { readonly state: 'open'; readonly socket: Socket }
  /** The connection was lost, or a dial failed: why, how many times in a row, and when the next dial begins. */
  | { readonly state: 'waiting'; readonly error: unknown; readonly failures: number; readonly waitMs: number }
  /** `error` is why it gave up; none when it was closed. */
  | { readonly state: 'closed'; readonly error?: unknown };

/** Options of `reconnecting`: as of `retry`, for each time without a connection. */
export interface ReconnectOptions extends Omit<RetryOptions<Socket>, 'discard' | 'onRetry'> {
  /** Failures in a row, lost connections included, after which it gives up. Default: **Infinity** */
  readonly attempts?: number | undefined;
  /** The longest time without a connection; then it gives up. Default: **none** */
  readonly timeout?: Duration | undefined;
  /** A connection that lived so long was a good one: the next wait begins from the start. 0 to 1 d. Default: **10 s**: a server that accepts and then drops is no success */
  readonly stableAfter?: Duration | undefined;
  /**
   * Whether a lost connection is to be replaced. Default: **yes, except when it ended with a final error of a handshake**: under TLS 1.3 a server's refusal
   * of the client comes after the client's handshake is over.
   */
  readonly reconnectIf?: ((reason: CloseReason) => boolean) | undefined;
  /** Ends it as `destroy()` does. Default: **none** */
  readonly signal?: AbortSignal | undefined;
}

/** {@link ReconnectOptions}, resolved. */
export interface ReconnectSettings extends RetrySettings<Socket> {
  readonly stableAfterMs: number;
  readonly reconnectIf: (reason: CloseReason) => boolean;
}

/** @throws `ERR_SOCK_CONFIG` */
export function reconnectSettings(options: ReconnectOptions = {}): ReconnectSettings {
  const settings = retrySettings<Socket>('reconnecting', options, {
    attempts: Infinity, more: ['stableAfter', 'reconnectIf'], without: ['discard', 'onRetry'],
  });
  const { stableAfter = 10_000, reconnectIf = isNoRefusal } = options;
  if (typeof reconnectIf !== 'function') throw wrongOption('reconnecting', 'reconnectIf', reconnectIf, 'a function');
  return { ...settings, stableAfterMs: milliseconds(stableAfter), reconnectIf, discard: (late) => late.destroy() };
}

function milliseconds(stableAfter: Duration): number {
  const allowed = 'a duration such as "10s" or 10000 (ms), 1 d at most';
  try {
    const parsed = parseDuration(stableAfter);
    if (parsed <= 86_400_000) return parsed;
  } catch {
    // Told below, by the name of the option.
  }
  throw wrongOption('reconnecting', 'stableAfter', stableAfter, allowed);
}

function isNoRefusal({ cause }: CloseReason): boolean {
  return !(isSocketError(cause) && !cause.retryable && (cause.phase === 'handshake' || cause.phase === 'verify'));
}
