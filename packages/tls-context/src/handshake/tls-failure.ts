import type { Duplex } from 'node:stream';
import type { Endpoint, ErrorCategory, Phase } from '@sock/core';
import { at, isSocketError } from '@sock/core';
import { fromErrno } from '@sock/io';
import type { TlsErrorCode } from '../errors.ts';
import { TlsError } from '../errors.ts';
import { NOT_TLS_WORDS, PLAIN_HTTP_WORDS } from '../hello/plain-protocol.ts';
import { NO_SHARED_ALPN, NO_SHARED_CIPHER, NO_SHARED_VERSION } from './nothing-shared.ts';
import { alertError, alertName } from './peer-alert.ts';

interface Row {
  readonly code: TlsErrorCode;
  /** Default: **protocol** */
  readonly category?: ErrorCategory;
  readonly words: string;
}

const NOT_TLS: Row = { code: 'ERR_SOCK_TLS_NOT_TLS', words: NOT_TLS_WORDS };
const HTTP: Row = { code: 'ERR_SOCK_TLS_NOT_TLS', words: PLAIN_HTTP_WORDS };
const VERSION: Row = { code: 'ERR_SOCK_TLS_VERSION', words: NO_SHARED_VERSION };
const CIPHER: Row = { code: 'ERR_SOCK_TLS_NO_SHARED_CIPHER', words: NO_SHARED_CIPHER };
const ALPN: Row = { code: 'ERR_SOCK_TLS_NO_ALPN', words: NO_SHARED_ALPN };

/** OpenSSL's reason, as Node spells it, and what it means before the handshake is complete. */
const HANDSHAKE_REASONS: Readonly<Record<string, Row>> = {
  ERR_SSL_WRONG_VERSION_NUMBER: NOT_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NOT_TLS,
  ERR_SSL_BAD_RECORD_TYPE: NOT_TLS,
  ERR_SSL_UNKNOWN_PROTOCOL: NOT_TLS,
  ERR_SSL_HTTP_REQUEST: HTTP,
  ERR_SSL_HTTPS_PROXY_REQUEST: HTTP,
  ERR_SSL_UNSUPPORTED_PROTOCOL: VERSION,
  ERR_SSL_NO_PROTOCOLS_AVAILABLE: VERSION,
  ERR_SSL_VERSION_TOO_LOW: VERSION,
  ERR_SSL_NO_SHARED_CIPHER: CIPHER,
  ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM: CIPHER,
  ERR_SSL_NO_SHARED_SIGNATURE_ALGORITHMS: CIPHER,
  ERR_SSL_NO_SUITABLE_KEY_SHARE: CIPHER,
  ERR_SSL_NO_SUITABLE_GROUPS: CIPHER,
  ERR_SSL_WRONG_CURVE: CIPHER,
  ERR_SSL_WRONG_SIGNATURE_TYPE: CIPHER,
  ERR_SSL_NO_APPLICATION_PROTOCOL: ALPN,
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: { code: 'ERR_SOCK_TLS_CERTIFICATE_REQUIRED', category: 'trust', words: 'showed no client certificate, and this server requires one; give the client cert and key, or let verify be "peer"' },
};

/** What the failing connection was about. */
export interface FailureContext {
  readonly endpoint: Endpoint | undefined;
  /** Whether the handshake had finished. */
  readonly established: boolean;
  /** Whether the server refused our ClientHello itself: no message of a handshake came back before its alert. Default: **it is not known** */
  readonly helloRefused?: boolean | undefined;
  readonly phase: Phase;
  readonly maxText: number;
}

/** The typed error for what the TLS engine, or the connection below it, reported. */
export function tlsFailure(error: unknown, context: FailureContext): Error {
  if (isSocketError(error)) {
    const broken = error.category === 'reset' && !context.established;
    return broken ? closedInHandshake(context.endpoint, 'reset', 'in-progress', error) : error;
  }
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (!code.startsWith('ERR_SSL_') && !code.startsWith('ERR_TLS_') && code !== 'EPROTO') return belowTls(error, code, context);
  const alert = alertName(code);
  if (alert !== undefined) return alertError(alert, error, context);
  return context.established ? brokenRule(error, context) : handshakeError(code, error, context);
}

/** The handshake took too long. */
export function timedOut(milliseconds: number, endpoint: Endpoint | undefined, state: string, why: string): TlsError<'ERR_SOCK_TLS_HANDSHAKE_TIMEOUT'> {
  return new TlsError('ERR_SOCK_TLS_HANDSHAKE_TIMEOUT', `the TLS handshake${at('with', endpoint)} did not finish within ${Math.round(milliseconds)} ms; it stopped in the state "${state}"${why}`, {
    kind: 'handshake', phase: 'handshake', category: 'timeout', retryable: true, endpoint,
  });
}

/** The peer went away before the handshake was complete. */
export function closedInHandshake(endpoint: Endpoint | undefined, how: 'closed' | 'reset', state: string, cause?: unknown): TlsError {
  const [code, words] = how === 'reset' ? (['ERR_SOCK_TLS_HANDSHAKE_RESET', 'reset'] as const) : (['ERR_SOCK_TLS_HANDSHAKE_CLOSED', 'closed'] as const);
  return new TlsError(code, `the peer${at('at', endpoint)} ${words} the connection during the TLS handshake (${state}); does it speak TLS, and does it accept this side's versions and certificate?`, {
    kind: 'handshake', phase: 'handshake', category: 'reset', retryable: true, endpoint, cause,
  });
}

/**
 * The error of a stream that broke or ended while nobody stood on it, such as during a decision of the program's: it told so then, and tells it no more.
 */
export function goneInHandshake(stream: Duplex, endpoint: Endpoint | undefined, maxText: number): Error | undefined {
  if (stream.errored) return tlsFailure(stream.errored, { endpoint, established: false, phase: 'handshake', maxText });
  return stream.destroyed || stream.readableEnded ? closedInHandshake(endpoint, 'closed', 'in-progress') : undefined;
}

function handshakeError(code: string, error: unknown, { endpoint, maxText }: FailureContext): TlsError {
  const row = HANDSHAKE_REASONS[code];
  const facts = { kind: 'handshake', phase: 'handshake', category: row?.category ?? 'protocol', endpoint, cause: error } as const;
  const peer = `the peer${at('at', endpoint)}`;
  if (row !== undefined) return new TlsError(row.code, `${peer} ${row.words} (${code})`, facts);
  return new TlsError('ERR_SOCK_TLS_HANDSHAKE', `the TLS handshake with ${peer} failed: ${reasonText(error, maxText)}`, facts);
}

function brokenRule(error: unknown, { endpoint, phase, maxText }: FailureContext): TlsError {
  const shutdown = phase === 'shutdown';
  return new TlsError(
    shutdown ? 'ERR_SOCK_TLS_SHUTDOWN' : 'ERR_SOCK_TLS_PROTOCOL',
    shutdown
      ? `the secure end could not be sent${at('to', endpoint)}: ${reasonText(error, maxText)}`
      : `the secure connection${at('with', endpoint)} broke: ${reasonText(error, maxText)}; its bytes were damaged or forged on the way, or the peer is faulty`,
    { kind: shutdown ? 'shutdown' : 'protocol', phase, category: 'protocol', endpoint, cause: error },
  );
}

function belowTls(error: unknown, code: string, { endpoint, established, phase }: FailureContext): Error {
  if (established) return fromErrno(error, phase, endpoint);
  // Node reports a peer that closed before the handshake was over as ECONNRESET too, with words of its own.
  const closed = code === 'ECONNRESET' && error instanceof Error && error.message.startsWith('Client network socket disconnected');
  if (code === 'ECONNRESET' || code === 'EPIPE') return closedInHandshake(endpoint, closed ? 'closed' : 'reset', 'in-progress', error);
  return fromErrno(error, 'handshake', endpoint);
}

function reasonText(error: unknown, maxText: number): string {
  const reason = error instanceof Error && 'reason' in error && typeof error.reason === 'string' ? error.reason : String(error);
  return reason.trim().slice(0, maxText);
}
