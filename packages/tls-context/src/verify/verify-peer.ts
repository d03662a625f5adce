import type { X509Certificate } from 'node:crypto';
import type { Endpoint } from '@sock/core';
import { at } from '@sock/core';
import type { TlsErrorCode } from '../errors.ts';
import { TlsError } from '../errors.ts';
import type { Identity } from './expected-name.ts';
import { checkIdentity } from './expected-name.ts';
import type { VerificationStep } from '../info.ts';

/** Whether a side asks for the peer's certificate: not at all; if there is one it must be good; there must be one. */
export type VerifyMode = 'none' | 'peer' | 'require';

/** What a verification is about. */
export interface VerifyInput {
  readonly role: 'client' | 'server';
  readonly mode: VerifyMode;
  /** The peer's chain as sent, its own certificate first. */
  readonly chain: readonly X509Certificate[];
  /** What OpenSSL said about the chain; `undefined` = good. */
  readonly verdict: (Error & { code?: string }) | undefined;
  /** Whom the peer must be; a server does not ask. */
  readonly identity: Identity | undefined;
  readonly endpoint: Endpoint | undefined;
  readonly maxDepth: number;
  readonly maxText: number;
}

/**
 * Verifies a peer: chain, depth, name, in this order. Runs on every handshake of both roles.
 *
 * @returns the steps that were done
 * @throws a `TlsError` of kind `verify`
 */
export function verifyPeer(input: VerifyInput): VerificationStep[] {
  const { mode, chain } = input;
  const [leaf] = chain;
  if (mode === 'none') return [{ step: 'chain', outcome: 'skipped', detail: 'no certificate was asked for' }];
  if (leaf === undefined) {
    if (mode === 'require') throw missing(input);
    return [{ step: 'chain', outcome: 'skipped', detail: 'the peer showed no certificate, and none is required' }];
  }
  return [checkChain(input, leaf), checkDepth(input), checkName(input, leaf)];
}

function checkChain(input: VerifyInput, leaf: X509Certificate): VerificationStep {
  if (input.verdict !== undefined) throw chainError(input, leaf, input.verdict);
  return { step: 'chain', outcome: 'ok', detail: `issued by ${oneLine(leaf.issuer)}` };
}

function checkDepth({ chain, maxDepth, endpoint }: VerifyInput): VerificationStep {
  const depth = chain.length - 1;
  if (depth > maxDepth) {
    throw new TlsError('ERR_SOCK_TLS_CHAIN_TOO_LONG', `the peer${at('at', endpoint)} sent ${depth} certificates above its own; maxChainDepth allows ${maxDepth}`, {
      kind: 'verify', phase: 'verify', category: 'limit', endpoint,
    });
  }
  return { step: 'depth', outcome: 'ok', detail: `${depth} above the peer's own` };
}

function checkName({ identity, endpoint, maxText }: VerifyInput, leaf: X509Certificate): VerificationStep {
  if (identity === undefined) return { step: 'name', outcome: 'skipped', detail: 'a client has no name to check' };
  checkIdentity(leaf, identity, endpoint, maxText);
  return { step: 'name', outcome: 'ok', detail: identity.text };
}

interface Row {
  readonly code: TlsErrorCode;
  readonly words: (leaf: X509Certificate) => string;
}

const UNKNOWN: Row = { code: 'ERR_SOCK_TLS_UNKNOWN_ISSUER', words: (leaf) => `was issued by ${oneLine(leaf.issuer)}, which is not trusted here; give its authority as ca, or let the peer send its intermediates` };
const SELF_SIGNED: Row = { code: 'ERR_SOCK_TLS_SELF_SIGNED', words: () => 'is signed by itself and not trusted here; give it as ca if it is meant to be' };

/** X.509 verification results by the names of OpenSSL. */
const VERDICTS: Readonly<Record<string, Row>> = {
  CERT_HAS_EXPIRED: { code: 'ERR_SOCK_TLS_EXPIRED', words: (leaf) => `has expired, or one above it has (its own was valid to ${leaf.validTo}); renew it, or set the clock right` },
  CERT_NOT_YET_VALID: { code: 'ERR_SOCK_TLS_NOT_YET_VALID', words: (leaf) => `is not valid yet, or one above it is not (its own begins ${leaf.validFrom}); is the clock right?` },
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN,
  DEPTH_ZERO_SELF_SIGNED_CERT: SELF_SIGNED,
  INVALID_PURPOSE: { code: 'ERR_SOCK_TLS_PURPOSE', words: () => 'is not made for this side of TLS (extended key usage)' },
};

function chainError({ endpoint, role, maxText }: VerifyInput, leaf: X509Certificate, verdict: Error & { code?: string }): TlsError {
  const row = VERDICTS[verdict.code ?? ''];
  const who = `the ${role === 'client' ? 'server' : 'client'}'s certificate ${oneLine(leaf.subject).slice(0, maxText)}${at('at', endpoint)}`;
  const words = row === undefined ? `is not trusted: ${verdict.message.slice(0, maxText)}` : `${row.words(leaf).slice(0, 2 * maxText)} (${verdict.code})`;
  return new TlsError(row?.code ?? 'ERR_SOCK_TLS_UNTRUSTED', `${who} ${words}`, {
    kind: 'verify', phase: 'verify', category: 'trust', endpoint, cause: verdict,
  });
}

function missing({ endpoint, role }: VerifyInput): TlsError<'ERR_SOCK_TLS_CERTIFICATE_REQUIRED'> {
  return new TlsError('ERR_SOCK_TLS_CERTIFICATE_REQUIRED', `the ${role === 'client' ? 'server' : 'client'}${at('at', endpoint)} showed no certificate, and one is required`, {
    kind: 'verify', phase: 'verify', category: 'trust', endpoint,
  });
}

function oneLine(name: string | undefined): string {
  return name === undefined ? '(no name)' : `"${name.replaceAll('\n', ', ')}"`;
}
