import type { X509Certificate } from 'node:crypto';
import type { Endpoint } from '@sock/core';
import { at } from '@sock/core';
import type { TlsErrorCode } from '../errors.ts';
import { TlsError } from '../errors.ts';
import type { Peer } from '../verify/peer.ts';

/** A certificate that is refused, or cannot be judged: an error of kind `verify`. */
export function refused<C extends TlsErrorCode>(code: C, message: string, endpoint: Endpoint | undefined, cause?: unknown): TlsError<C> {
  const cure = CURES[code];
  return new TlsError(code, cure === undefined ? message : `${message}; ${cure}`, { kind: 'verify', phase: 'verify', category: 'trust', endpoint, cause });
}

/** What to do about a fault whose message cannot know more. */
const CURES: Readonly<Partial<Record<TlsErrorCode, string>>> = {
  ERR_SOCK_TLS_REVOKED: 'its owner must get a new one, with a new key',
  ERR_SOCK_TLS_STAPLE_FORGED: 'do not trust this connection; if it happens everywhere, mend the stapling of the server',
  ERR_SOCK_TLS_STAPLE_INVALID: 'mend the stapling of the server',
};

/** Whose certificate it is, for messages: the peer's own, or an authority's above it. */
export function whose(peer: Peer, certificate: X509Certificate): string {
  const other = `the ${peer.role === 'client' ? 'server' : 'client'}'s`;
  const own = certificate === peer.certificate || certificate.fingerprint256 === peer.certificate.fingerprint256;
  return own
    ? `${other} certificate ${nameOf(certificate.subject)}${at('at', peer.endpoint)}`
    : `the certificate of the authority ${nameOf(certificate.subject)} above ${other} own${at('at', peer.endpoint)}`;
}

/** A name on one line, cut: a peer must not fill a log. */
export function nameOf(name: string | undefined): string {
  if (name === undefined || name === '') return '(no subject)';
  const line = name.replaceAll('\n', ', ');
  return `"${line.length > 200 ? `${line.slice(0, 200)}…` : line}"`;
}

/** A moment for people. */
export function day(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('.000Z', 'Z');
}

/** What an exception says. */
export function whyOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Tells a program's own listener, after the current work: what it throws is its own fault and must not decide about a peer. */
export function tell<T>(listener: ((value: T) => void) | undefined, value: T): void {
  if (listener !== undefined) queueMicrotask(() => listener(value));
}
