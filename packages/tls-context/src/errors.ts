import type { ErrorFacts } from '@sock/core';
import { SocketError } from '@sock/core';

/** The codes of this package. */
export type TlsErrorCode =
  | 'ERR_SOCK_TLS_ALERT'
  | 'ERR_SOCK_TLS_CERTIFICATE_REQUIRED'
  | 'ERR_SOCK_TLS_CHAIN_ORDER'
  | 'ERR_SOCK_TLS_CHAIN_TOO_LONG'
  | 'ERR_SOCK_TLS_CONSTRAINT'
  | 'ERR_SOCK_TLS_CRL_INVALID'
  | 'ERR_SOCK_TLS_CRL_MISSING'
  | 'ERR_SOCK_TLS_CRL_STALE'
  | 'ERR_SOCK_TLS_DISPOSED'
  | 'ERR_SOCK_TLS_EXPIRED'
  | 'ERR_SOCK_TLS_HANDSHAKE'
  | 'ERR_SOCK_TLS_HANDSHAKE_CLOSED'
  | 'ERR_SOCK_TLS_HANDSHAKE_RESET'
  | 'ERR_SOCK_TLS_HANDSHAKE_TIMEOUT'
  | 'ERR_SOCK_TLS_HELLO_REFUSED'
  | 'ERR_SOCK_TLS_KEY'
  | 'ERR_SOCK_TLS_KEY_MISMATCH'
  | 'ERR_SOCK_TLS_MATERIAL'
  | 'ERR_SOCK_TLS_NAME_MISMATCH'
  | 'ERR_SOCK_TLS_NOT_TLS'
  | 'ERR_SOCK_TLS_NOT_YET_VALID'
  | 'ERR_SOCK_TLS_NO_ALPN'
  | 'ERR_SOCK_TLS_NO_NAME'
  | 'ERR_SOCK_TLS_NO_SHARED_CIPHER'
  | 'ERR_SOCK_TLS_OPTION'
  | 'ERR_SOCK_TLS_PASSPHRASE'
  | 'ERR_SOCK_TLS_PEM'
  | 'ERR_SOCK_TLS_PIN_MISMATCH'
  | 'ERR_SOCK_TLS_PLAINTEXT_PENDING'
  | 'ERR_SOCK_TLS_PROTOCOL'
  | 'ERR_SOCK_TLS_PURPOSE'
  | 'ERR_SOCK_TLS_REFUSED'
  | 'ERR_SOCK_TLS_RESPONDER'
  | 'ERR_SOCK_TLS_REVOKED'
  | 'ERR_SOCK_TLS_SELF_SIGNED'
  | 'ERR_SOCK_TLS_SESSION'
  | 'ERR_SOCK_TLS_SHUTDOWN'
  | 'ERR_SOCK_TLS_STAPLE_FORGED'
  | 'ERR_SOCK_TLS_STAPLE_INVALID'
  | 'ERR_SOCK_TLS_STAPLE_MISSING'
  | 'ERR_SOCK_TLS_STAPLE_STALE'
  | 'ERR_SOCK_TLS_UNKNOWN_ISSUER'
  | 'ERR_SOCK_TLS_UNKNOWN_NAME'
  | 'ERR_SOCK_TLS_UNTRUSTED'
  | 'ERR_SOCK_TLS_VERSION'
  | 'ERR_SOCK_TLS_WEAK';

/**
 * - `handshake`: no secure connection came about
 * - `verify`: it came about, but the peer is not who it must be
 * - `protocol`: an established connection broke a rule of TLS, or its bytes were tampered with
 * - `shutdown`: the secure end could not be sent
 */
export type TlsErrorKind = 'handshake' | 'verify' | 'protocol' | 'shutdown';

/** What a {@link TlsError} knows beside what every error knows. */
export interface TlsErrorFacts extends ErrorFacts {
  readonly kind: TlsErrorKind;
  /** The alert's name as RFC 8446 section 6 spells it, when the peer sent one. */
  readonly alert?: string | undefined;
}

/** A failure of TLS itself. What went wrong below it (a reset, a time-out of the network) stays a plain `SocketError`. */
export class TlsError<C extends TlsErrorCode = TlsErrorCode> extends SocketError<C> {
  override readonly name: string = 'TlsError';
  readonly kind: TlsErrorKind;
  readonly alert: string | undefined;

  constructor(code: C, message: string, facts: TlsErrorFacts) {
    super(code, message, facts);
    this.kind = facts.kind;
    this.alert = facts.alert;
  }
}

/** A certificate, key or option that a context cannot be made of; nothing was connected yet. */
export class TlsConfigError<C extends TlsErrorCode = TlsErrorCode> extends SocketError<C> {
  override readonly name: string = 'TlsConfigError';
  /** The option at fault, like `cert` or `ca[1]`. */
  readonly option: string;

  constructor(code: C, option: string, message: string, cause?: unknown) {
    super(code, `${option}: ${message}`, { phase: 'config', category: 'config', cause });
    this.option = option;
  }
}

/** Why a function of the program's own failed, in the words of what it threw. */
export function thrown(error: unknown): string {
  return error instanceof Error ? error.message : 'it threw no error, but something else';
}
