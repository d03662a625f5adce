import type { Endpoint, Phase } from '@sock/core';
import { at } from '@sock/core';
import type { TlsErrorCode } from '../errors.ts';
import { TlsError } from '../errors.ts';
import { NO_SHARED_ALPN, NO_SHARED_CIPHER, NO_SHARED_VERSION } from './nothing-shared.ts';

/** The connection on which an alert came. */
export interface AlertContext {
  readonly endpoint: Endpoint | undefined;
  /** Whether the handshake had finished. */
  readonly established: boolean;
  /** Whether the server refused our ClientHello itself: no message of a handshake came back before its alert. */
  readonly helloRefused?: boolean | undefined;
  readonly phase: Phase;
  readonly maxText: number;
}

/**
 * The name of a received alert as RFC 8446 section 6 spells it, from Node's code: `ERR_SSL_TLSV1_ALERT_UNKNOWN_CA` → `unknown_ca`; OpenSSL 3.5 has
 * `ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE` for what was `ERR_SSL_SSLV3_…`.
 */
export function alertName(code: string): string | undefined {
  return /^ERR_SSL_(?:SSLV3|TLSV1|TLSV13|SSL\/TLS)_(?:ALERT_)?(.+)$/.exec(code)?.[1]?.toLowerCase();
}

/**
 * The error for an alert that the peer sent. One that names a cause which both sides have a code for gets that code, so that a missing
 * version is `ERR_SOCK_TLS_VERSION` on either side; all others are `ERR_SOCK_TLS_ALERT`. `alert` holds its name in each case.
 */
export function alertError(alert: string, error: unknown, context: AlertContext): TlsError {
  const { endpoint, established, phase, maxText } = context;
  const refused = REFUSALS.has(alert);
  const late = established && !refused;
  const { code, cure } = meaning(alert, context);
  const message = `the peer${at('at', endpoint)} answered with the TLS alert "${alert.slice(0, maxText)}"${cure === undefined ? '' : `: ${cure}`}`;
  return new TlsError(code, message, {
    kind: late ? 'protocol' : 'handshake', phase: late ? phase : 'handshake', category: refused ? 'trust' : 'protocol', endpoint, alert, cause: error,
  });
}

function meaning(alert: string, { established, helloRefused }: AlertContext): { readonly code: TlsErrorCode; readonly cure: string | undefined } {
  // On an established connection nothing is negotiated any more.
  if (established) return { code: 'ERR_SOCK_TLS_ALERT', cure: CURES[alert] };
  // It says so of a client certificate too, but not before it has asked for one.
  if (alert === 'handshake_failure' && helloRefused === true) return { code: 'ERR_SOCK_TLS_NO_SHARED_CIPHER', cure: `it ${NO_SHARED_CIPHER}` };
  return { code: SHARED_CAUSES[alert] ?? 'ERR_SOCK_TLS_ALERT', cure: CURES[alert] };
}

/** Alerts by which a peer refuses our certificate: under TLS 1.3 they come after the client's handshake has finished. */
const REFUSALS: ReadonlySet<string> = /*#__PURE__*/ new Set([
  'certificate_required', 'bad_certificate', 'unsupported_certificate', 'certificate_revoked', 'certificate_expired',
  'certificate_unknown', 'unknown_ca', 'access_denied',
]);

/**
 * Alerts that say what neither side is alone to blame for. The refusals of a certificate are not among them: `ERR_SOCK_TLS_EXPIRED` is about
 * the peer's certificate, not about ours, and servers say "no certificate" in four ways, by version and library.
 */
const SHARED_CAUSES: Readonly<Record<string, TlsErrorCode>> = {
  protocol_version: 'ERR_SOCK_TLS_VERSION',
  no_application_protocol: 'ERR_SOCK_TLS_NO_ALPN',
};

const CURES: Readonly<Record<string, string>> = {
  certificate_required: 'it wants a client certificate: give the context cert and key',
  unknown_ca: 'it does not trust the authority of our certificate; let it trust that one, send the intermediates, or show a certificate of an authority that it trusts',
  bad_certificate: 'it does not accept our certificate; its log says why',
  unsupported_certificate: 'it cannot use our certificate: the type of its key, or its purpose, is wrong for it; issue one for this side',
  certificate_expired: 'our certificate has expired; renew it, or set the clock of the peer right',
  certificate_revoked: 'our certificate was revoked; issue a new one',
  access_denied: 'it knows who we are, and does not let us in; ask whoever runs it',
  decode_error: 'it could not read what this side sent; gnutls answers so when it wants a client certificate and gets none',
  certificate_unknown: 'it does not accept our certificate; its log says why',
  protocol_version: `it ${NO_SHARED_VERSION}`,
  handshake_failure: 'it shares no cipher suite, group or signature algorithm with this side, or wants a client certificate; compare them, or give the context cert and key',
  unrecognized_name: 'it does not know the server name; dial a name that it serves, or add this one there',
  no_application_protocol: `it ${NO_SHARED_ALPN}`,
  bad_record_mac: 'it got bytes that were damaged or forged on the way; look at what stands between the two',
  internal_error: 'it failed in a way that has nothing to do with TLS; its log says why',
};
