import type { X509Certificate } from 'node:crypto';
import type { Endpoint } from '@sock/core';
import { at } from '@sock/core';
import type { TlsError, TlsErrorCode } from '../errors.ts';
import { verifyError } from './verify-error.ts';

/** Whose chain was judged. */
export interface Judged {
  readonly role: 'client' | 'server';
  readonly endpoint: Endpoint | undefined;
  readonly rules: { readonly maxText: number };
}

interface Row {
  readonly code: TlsErrorCode;
  readonly words: (leaf: X509Certificate) => string;
}

const EXPIRED: Row = { code: 'ERR_SOCK_TLS_EXPIRED', words: (leaf) => `has expired, or one above it has (its own was valid to ${leaf.validTo}); renew it, or set the clock right` };
const NOT_YET: Row = { code: 'ERR_SOCK_TLS_NOT_YET_VALID', words: (leaf) => `is not valid yet, or one above it is not (its own begins ${leaf.validFrom}); is the clock right?` };
const UNKNOWN: Row = { code: 'ERR_SOCK_TLS_UNKNOWN_ISSUER', words: (leaf) => `was issued by ${oneLine(leaf.issuer)}, which is not trusted here; give its authority as ca, or let the peer send its intermediates` };
const SELF_SIGNED: Row = { code: 'ERR_SOCK_TLS_SELF_SIGNED', words: () => 'is signed by itself and not trusted here; give it as ca if it is meant to be' };

/** X.509 verification results by the names of OpenSSL. */
const VERDICTS: Readonly<Record<string, Row>> = {
  CERT_HAS_EXPIRED: EXPIRED,
  CERT_NOT_YET_VALID: NOT_YET,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN,
  DEPTH_ZERO_SELF_SIGNED_CERT: SELF_SIGNED,
  INVALID_PURPOSE: { code: 'ERR_SOCK_TLS_PURPOSE', words: () => 'is not made for this side of TLS (extended key usage), or one above it may not issue certificates; issue one for servers, or for clients' },
};

/** Verdicts that Node names UNSPECIFIED, by OpenSSL's text. */
const TEXTS: readonly (readonly [RegExp, Row])[] = [
  [/subtree violation|name constraint|path length|invalid CA certificate|unhandled critical extension/i, { code: 'ERR_SOCK_TLS_CONSTRAINT', words: () => 'breaks a rule that a certificate above it sets (names, path length, or an extension that must be understood); issue it within the limits of its authority' }],
  [/key too (?:weak|small)|md too weak|too weak/i, { code: 'ERR_SOCK_TLS_WEAK', words: () => 'has a key or a signature that is too weak to be trusted; issue it anew with a stronger one' }],
];

/** The typed error for what OpenSSL said about a chain. */
export function chainError({ endpoint, role, rules }: Judged, leaf: X509Certificate, verdict: Error & { code?: string }): TlsError {
  const row = VERDICTS[verdict.code ?? ''] ?? TEXTS.find(([text]) => text.test(verdict.message))?.[1];
  return errorOf(row, { role, endpoint, rules }, leaf, verdict);
}

/** The error for a remembered chain of which a certificate has expired since, or is not valid yet. */
export function datesError(judged: Judged, chain: readonly X509Certificate[], now: number = Date.now()): TlsError | undefined {
  for (const one of chain) {
    const row = Date.parse(one.validTo) <= now ? EXPIRED : Date.parse(one.validFrom) > now ? NOT_YET : undefined;
    if (row !== undefined) return errorOf(row, judged, one, undefined);
  }
  return undefined;
}

function errorOf(row: Row | undefined, { endpoint, role, rules: { maxText } }: Judged, leaf: X509Certificate, verdict: (Error & { code?: string }) | undefined): TlsError {
  const who = `the ${role === 'client' ? 'server' : 'client'}'s certificate ${oneLine(leaf.subject).slice(0, maxText)}${at('at', endpoint)}`;
  const reason = verdict === undefined ? 'on resuming a session' : verdict.code === 'UNSPECIFIED' ? verdict.message.slice(0, maxText) : verdict.code;
  const words = row === undefined ? `is not trusted: ${verdict?.message.slice(0, maxText)}; ask its authority for one that is good, or give another ca` : `${row.words(leaf).slice(0, 2 * maxText)} (${reason})`;
  return verifyError(row?.code ?? 'ERR_SOCK_TLS_UNTRUSTED', `${who} ${words}`, { endpoint, cause: verdict });
}

function oneLine(name: string | undefined): string {
  return name === undefined ? '(no name)' : `"${name.replaceAll('\n', ', ')}"`;
}
