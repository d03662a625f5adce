import type { X509Certificate } from 'node:crypto';
import type { Endpoint } from '@sock/core';
import { at, isSocketError } from '@sock/core';
import { waives } from '../danger/waiver.ts';
import type { TlsError } from '../errors.ts';
import { thrown } from '../errors.ts';
import type { VerificationStep } from '../info.ts';
import { chainError, datesError } from './chain-error.ts';
import type { Identity } from './expected-name.ts';
import { checkIdentity } from './expected-name.ts';
import { buildPath } from './path.ts';
import type { CheckResult, Peer, PeerCheck } from './peer.ts';
import { checkPeerPins } from './pins.ts';
import type { VerifyRules } from './rules.ts';
import { otherSide, verifyError } from './verify-error.ts';

/** What a verification is about. */
export interface VerifyInput {
  readonly role: 'client' | 'server';
  readonly rules: VerifyRules;
  /** The peer's chain, its own certificate first; on a resumed session that of the handshake in which the session began. */
  readonly chain: readonly X509Certificate[];
  /** What OpenSSL said about the chain; `undefined` = good. */
  readonly verdict: (Error & { code?: string }) | undefined;
  /** Whom the peer must be; a server does not ask. */
  readonly identity: Identity | undefined;
  readonly endpoint: Endpoint | undefined;
  readonly resumed: boolean;
  readonly staple: Uint8Array | undefined;
}

/** A peer that was found good. */
export interface Verified {
  readonly steps: readonly VerificationStep[];
  /** Until when that holds, in milliseconds of the epoch; infinite when no step says so. */
  readonly validUntil: number;
}

/**
 * Verifies a peer: chain, name, depth, pins, CRL, OCSP, and what the program adds, in this order. Runs on every handshake of both
 * roles, resumed ones too.
 *
 * @throws a `TlsError` of kind `verify`
 */
export async function verifyPeer(input: VerifyInput): Promise<Verified> {
  const { rules } = input;
  const [leaf] = input.chain;
  if (rules.mode === 'none') return NOT_ASKED;
  if (leaf === undefined) {
    if (rules.mode === 'require') throw missing(input);
    return NOT_SHOWN;
  }
  const peer = peerOf(input, leaf);
  const steps = [checkChain(input, leaf), checkName(input, leaf), checkDepth(input), checkPins(rules, peer)];
  let validUntil = Infinity;
  for (const [step, check] of [['crl', rules.crl], ['ocsp', rules.ocsp]] as const) {
    if (check === undefined) {
      steps.push({ step, outcome: 'skipped', detail: 'not configured' });
      continue;
    }
    const { until, ...done } = await runCheck(step, check, peer);
    validUntil = Math.min(validUntil, until);
    steps.push(done);
  }
  steps.push(rules.custom === undefined ? { step: 'custom', outcome: 'skipped', detail: 'not configured' } : await runCustom(rules.custom, peer));
  return { steps, validUntil };
}

function peerOf({ role, rules, chain, identity, endpoint, resumed, staple }: VerifyInput, certificate: X509Certificate): Peer {
  let path: { readonly found: readonly X509Certificate[] | undefined } | undefined;
  return {
    role, endpoint, certificate, chain, resumed, staple,
    expected: identity?.text,
    path: () => (path ??= { found: buildPath(certificate, chain, rules.anchors) }).found,
  };
}

function checkChain(input: VerifyInput, leaf: X509Certificate): VerificationStep {
  const { rules, verdict, resumed, chain } = input;
  const error = verdict === undefined ? (resumed ? datesError(input, chain) : undefined) : chainError(input, leaf, verdict);
  if (error !== undefined) {
    if (!waives(rules.danger, 'untrusted-chain')) throw error;
    return { step: 'chain', outcome: 'waived', detail: error.message };
  }
  return { step: 'chain', outcome: 'ok', detail: `issued by ${((leaf.issuer as string | undefined) ?? '(no name)').replaceAll('\n', ', ')}${resumed ? '; its dates were checked again' : ''}` };
}

function checkName({ rules, identity, endpoint }: VerifyInput, leaf: X509Certificate): VerificationStep {
  if (identity === undefined) return { step: 'name', outcome: 'skipped', detail: 'nobody in particular is expected' };
  try {
    checkIdentity(leaf, identity, endpoint, rules.maxText);
  } catch (error) {
    if (!waives(rules.danger, 'any-name')) throw error;
    return { step: 'name', outcome: 'waived', detail: (error as Error).message };
  }
  return { step: 'name', outcome: 'ok', detail: identity.text };
}

function checkDepth({ chain, rules, endpoint }: VerifyInput): VerificationStep {
  const depth = chain.length - 1;
  if (depth > rules.maxDepth) {
    throw verifyError('ERR_SOCK_TLS_CHAIN_TOO_LONG', `the peer${at('at', endpoint)} has ${depth} certificates between its own and a root; maxChainDepth allows ${rules.maxDepth}; raise it, or let the peer send less`, { category: 'limit', endpoint });
  }
  return { step: 'depth', outcome: 'ok', detail: `${depth} above the peer's own` };
}

function checkPins({ pins, maxText }: VerifyRules, peer: Peer): VerificationStep {
  if (pins === undefined) return { step: 'pins', outcome: 'skipped', detail: 'no key is pinned' };
  const result = checkPeerPins(pins, peer, maxText);
  if (result === 'reported') return { step: 'pins', outcome: 'reported', detail: 'the peer has none of the pinned keys; it was reported' };
  return { step: 'pins', outcome: result.outcome, detail: result.detail };
}

async function runCheck(step: 'crl' | 'ocsp', check: PeerCheck, peer: Peer): Promise<VerificationStep & { until: number }> {
  const { outcome, detail, validUntil = Infinity } = await answerOf(step, check, peer);
  if (!OUTCOMES.has(outcome) || typeof detail !== 'string') throw badAnswer(step, 'no outcome and detail that are known here', peer);
  // A time that cannot be compared would count as no limit, or for ever as over.
  if (typeof validUntil !== 'number' || Number.isNaN(validUntil)) throw badAnswer(step, `validUntil ${typeof validUntil === 'number' ? String(validUntil) : `a value of type ${typeof validUntil}`}: give milliseconds of the epoch, or leave it out for no limit`, peer);
  return { step, outcome, detail, until: validUntil };
}

const OUTCOMES: ReadonlySet<unknown> = /*#__PURE__*/ new Set(['ok', 'skipped', 'unknown']);

/** What the check found. One of somebody's own may throw anything: whatever it is, the peer is refused. */
async function answerOf(step: string, check: PeerCheck, peer: Peer): Promise<CheckResult> {
  let answer: unknown;
  try {
    answer = await check.check(peer);
  } catch (error) {
    if (isSocketError(error)) throw error;
    throw refusedBy(`the ${step} check`, peer, thrown(error), error);
  }
  if (typeof answer !== 'object' || answer === null) throw badAnswer(step, `a value of type ${answer === null ? 'null' : typeof answer}: give { outcome, detail }`, peer);
  return answer as CheckResult;
}

async function runCustom(custom: NonNullable<VerifyRules['custom']>, peer: Peer): Promise<VerificationStep> {
  try {
    const answer: unknown = await custom(peer);
    // Whoever answers "false" to "verify this peer" means no.
    if (answer !== false) return { step: 'custom', outcome: 'ok', detail: 'verifyPeer accepted it' };
  } catch (error) {
    if (isSocketError(error)) throw error;
    throw refusedBy('verifyPeer', peer, thrown(error), error);
  }
  throw refusedBy('verifyPeer', peer, 'it answered false');
}

// One for all connections, each of which keeps it.
const NOT_ASKED: Verified = /*#__PURE__*/ unverified('no certificate was asked for');
const NOT_SHOWN: Verified = /*#__PURE__*/ unverified('the peer showed no certificate, and none is required');

function unverified(detail: string): Verified {
  return { steps: [{ step: 'chain', outcome: 'skipped', detail }], validUntil: Infinity };
}

function refusedBy(who: string, peer: Peer, why: string, cause?: unknown): TlsError {
  return verifyError('ERR_SOCK_TLS_REFUSED', `${who} refused ${otherSide(peer)}: ${why}`, { endpoint: peer.endpoint, cause });
}

function badAnswer(step: string, found: string, peer: Peer): TlsError {
  return verifyError('ERR_SOCK_TLS_REFUSED', `the ${step} check of ${otherSide(peer)} answered with ${found}`, { category: 'usage', endpoint: peer.endpoint });
}

function missing(input: VerifyInput): TlsError {
  return verifyError('ERR_SOCK_TLS_CERTIFICATE_REQUIRED', `${otherSide(input)} showed no certificate, and one is required; give it cert and key`, { endpoint: input.endpoint });
}
