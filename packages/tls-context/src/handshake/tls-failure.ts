import type { Endpoint, ErrorCategory, Phase } from '@sock/core';
import { at, isSocketError } from '@sock/core';
import { fromErrno } from '@sock/io';
import type { TlsErrorCode } from '../errors.ts';
import { TlsError } from '../errors.ts';

interface Row {
  readonly code: TlsErrorCode;
  readonly category: ErrorCategory;
  readonly words: string;
}

const NOT_TLS: Row = { code: 'ERR_SOCK_TLS_NOT_TLS', category: 'protocol', words: 'does not speak TLS; is this a TLS port, or should the connection be upgraded first (STARTTLS)?' };
const HTTP: Row = { code: 'ERR_SOCK_TLS_NOT_TLS', category: 'protocol', words: 'speaks plain HTTP; it must connect with https, or this port must not be TLS' };
const VERSION: Row = { code: 'ERR_SOCK_TLS_VERSION', category: 'protocol', words: 'shares no version of TLS with this side; compare minVersion and maxVersion of both' };
const CIPHER: Row = { code: 'ERR_SOCK_TLS_NO_SHARED_CIPHER', category: 'protocol', words: 'shares no cipher suite or key type with this side' };

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
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: { code: 'ERR_SOCK_TLS_CERTIFICATE_REQUIRED', category: 'trust', words: 'showed no client certificate, and this server requires one' },
};

/** Alerts by which a peer refuses our certificate: under TLS 1.3 they come after the client's handshake has finished. */
const REFUSALS: ReadonlySet<string> = /*#__PURE__*/ new Set([
  'certificate_required', 'bad_certificate', 'unsupported_certificate', 'certificate_revoked', 'certificate_expired',
  'certificate_unknown', 'unknown_ca', 'access_denied',
]);

const ALERT_CURES: Readonly<Record<string, string>> = {
  certificate_required: 'it wants a client certificate: give the context cert and key',
  unknown_ca: 'it does not trust the authority of our certificate',
  bad_certificate: 'it does not accept our certificate',
  certificate_expired: 'our certificate has expired',
  certificate_revoked: 'our certificate was revoked',
  access_denied: 'it knows who we are, and does not let us in',
  decode_error: 'it could not read what this side sent; gnutls answers so when it wants a client certificate and gets none',
  certificate_unknown: 'it does not accept our certificate',
  protocol_version: 'it shares no version of TLS with this side',
  handshake_failure: 'it shares no cipher suite, group or signature algorithm with this side, or wants a client certificate',
  unrecognized_name: 'it does not know the server name',
  no_application_protocol: 'it shares no application protocol (ALPN) with this side',
};

/** What the failing connection was about. */
export interface FailureContext {
  readonly endpoint: Endpoint | undefined;
  /** Whether the handshake had finished. */
  readonly established: boolean;
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

/** The peer went away before the handshake was complete. */
export function closedInHandshake(endpoint: Endpoint | undefined, how: 'closed' | 'reset', state: string, cause?: unknown): TlsError {
  const [code, words] = how === 'reset' ? (['ERR_SOCK_TLS_HANDSHAKE_RESET', 'reset'] as const) : (['ERR_SOCK_TLS_HANDSHAKE_CLOSED', 'closed'] as const);
  return new TlsError(code, `the peer${at('at', endpoint)} ${words} the connection during the TLS handshake (${state}); does it speak TLS, and does it accept this side's versions and certificate?`, {
    kind: 'handshake', phase: 'handshake', category: 'reset', retryable: true, endpoint, cause,
  });
}

/** `ERR_SSL_TLSV1_ALERT_UNKNOWN_CA` → `unknown_ca`. */
function alertName(code: string): string | undefined {
  return /^ERR_SSL_(?:SSLV3|TLSV1|TLSV13)_(?:ALERT_)?(.+)$/.exec(code)?.[1]?.toLowerCase();
}

function alertError(alert: string, error: unknown, { endpoint, established, phase, maxText }: FailureContext): TlsError {
  const refused = REFUSALS.has(alert);
  const late = established && !refused;
  const cure = ALERT_CURES[alert];
  const message = `the peer${at('at', endpoint)} answered with the TLS alert "${alert.slice(0, maxText)}"${cure === undefined ? '' : `: ${cure}`}`;
  return new TlsError('ERR_SOCK_TLS_ALERT', message, {
    kind: late ? 'protocol' : 'handshake', phase: late ? phase : 'handshake', category: refused ? 'trust' : 'protocol', endpoint, alert, cause: error,
  });
}

function handshakeError(code: string, error: unknown, { endpoint, maxText }: FailureContext): TlsError {
  const row = HANDSHAKE_REASONS[code];
  const facts = { kind: 'handshake', phase: 'handshake', endpoint, cause: error } as const;
  const peer = `the peer${at('at', endpoint)}`;
  if (row !== undefined) return new TlsError(row.code, `${peer} ${row.words} (${code})`, { ...facts, category: row.category });
  return new TlsError('ERR_SOCK_TLS_HANDSHAKE', `the TLS handshake with ${peer} failed: ${reasonText(error, maxText)}`, { ...facts, category: 'protocol' });
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
