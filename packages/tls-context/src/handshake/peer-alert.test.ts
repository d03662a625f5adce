import { describe, expect, test } from 'vitest';
import { tlsFailure } from './tls-failure.ts';

const sslError = (code: string): Error => Object.assign(new Error(code), { code });
const context = { endpoint: { host: '127.0.0.1', port: 443 }, established: false, phase: 'handshake', maxText: 40 } as const;

describe.each([false, true])('an alert by which the peer refuses our certificate (established: %s)', (established) => {
  test.each([
    ['TLSV13_ALERT_CERTIFICATE_REQUIRED', 'certificate_required', 'give the context cert and key'],
    ['TLSV1_ALERT_UNKNOWN_CA', 'unknown_ca', 'let it trust that one, send the intermediates, or show a certificate of an authority that it trusts'],
    ['SSLV3_ALERT_BAD_CERTIFICATE', 'bad_certificate', 'its log says why'],
    ['SSLV3_ALERT_UNSUPPORTED_CERTIFICATE', 'unsupported_certificate', 'issue one for this side'],
    ['SSLV3_ALERT_CERTIFICATE_REVOKED', 'certificate_revoked', 'issue a new one'],
    ['SSLV3_ALERT_CERTIFICATE_EXPIRED', 'certificate_expired', 'renew it, or set the clock of the peer right'],
    ['SSLV3_ALERT_CERTIFICATE_UNKNOWN', 'certificate_unknown', 'its log says why'],
    ['SSL/TLS_ALERT_BAD_CERTIFICATE', 'bad_certificate', 'its log says why'],
    ['SSL/TLS_ALERT_CERTIFICATE_EXPIRED', 'certificate_expired', 'renew it, or set the clock of the peer right'],
    ['TLSV1_ALERT_ACCESS_DENIED', 'access_denied', 'ask whoever runs it'],
  ])('%s is a failed handshake, a matter of trust, with what to do', (code, alert, cure) => {
    const cause = sslError(`ERR_SSL_${code}`);
    const error = tlsFailure(cause, { ...context, established, phase: established ? 'recv' : 'handshake' });
    expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_ALERT', kind: 'handshake', phase: 'handshake', category: 'trust', alert, cause });
    expect(error.message).toContain(`the peer at 127.0.0.1:443 answered with the TLS alert "${alert}": `);
    expect(error.message).toContain(cure);
  });
});

test.each([
  ['ERR_SSL_TLSV1_UNRECOGNIZED_NAME', 'unrecognized_name', 'dial a name that it serves, or add this one there'],
  ['ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR', 'internal_error', 'its log says why'],
  ['ERR_SSL_TLSV1_ALERT_DECODE_ERROR', 'decode_error', 'when it wants a client certificate and gets none'],
])('%s during the handshake has its cure, and the code of an alert', (code, alert, cure) => {
  const error = tlsFailure(sslError(code), context);
  expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_ALERT', kind: 'handshake', category: 'protocol', alert });
  expect(error.message).toContain(cure);
});

test('an alert that nobody here knows is told by its name, no longer than maxText', () => {
  const error = tlsFailure(sslError(`ERR_SSL_TLSV1_ALERT_${'ODD_'.repeat(50)}ONE`), context);
  expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_ALERT', kind: 'handshake' });
  expect(error.message).toBe(`the peer at 127.0.0.1:443 answered with the TLS alert "${'odd_'.repeat(10)}"`);
});

test.each([
  ['ERR_SSL_NO_SHARED_CIPHER', 'ERR_SOCK_TLS_NO_SHARED_CIPHER', 'compare ciphers, groups, signatureAlgorithms'],
  ['ERR_SSL_NO_SUITABLE_KEY_SHARE', 'ERR_SOCK_TLS_NO_SHARED_CIPHER', 'compare ciphers, groups, signatureAlgorithms'],
  ['ERR_SSL_WRONG_SIGNATURE_TYPE', 'ERR_SOCK_TLS_NO_SHARED_CIPHER', 'compare ciphers, groups, signatureAlgorithms'],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'ERR_SOCK_TLS_VERSION', 'compare minVersion and maxVersion of both'],
  ['ERR_SSL_NO_APPLICATION_PROTOCOL', 'ERR_SOCK_TLS_NO_ALPN', 'compare alpn of both'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SOCK_TLS_NOT_TLS', 'is this a TLS port, or should the connection be upgraded first (STARTTLS)?'],
  ['ERR_SSL_HTTP_REQUEST', 'ERR_SOCK_TLS_NOT_TLS', 'it must connect with https, or this port must not be TLS'],
  ['ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE', 'ERR_SOCK_TLS_CERTIFICATE_REQUIRED', 'give the client cert and key, or let verify be "peer"'],
])('%s, which our own engine found, is %s and no alert', (reason, code, cure) => {
  const error = tlsFailure(sslError(reason), context);
  expect(error).toMatchObject({ code, kind: 'handshake', alert: undefined });
  expect(error.message).toContain(cure);
});
