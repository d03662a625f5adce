import type { X509Certificate } from 'node:crypto';
import { TlsError } from '../errors.ts';
import type { StapleFeed } from '../context/staple-feed.ts';
import { nameOf } from './revocation-error.ts';
import type { GoodStaple, StapleInput, StapleVerifier } from './staple-verifier.ts';

/** A feed that says when its first response is there. */
export interface OcspFeed extends StapleFeed {
  /**
   * Resolves when there is a response that is good; rejects with the `TlsError` of the attempt that just failed. It is tried again behind the
   * scenes, so `ready()` may be called again.
   */
  ready(): Promise<void>;
}

/** A response that was put to use. */
export interface StapleUpdate {
  /** The certificate that it is about. */
  readonly leaf: X509Certificate;
  /** DER. */
  readonly response: Uint8Array;
  /** Until when it is stapled, in milliseconds of the epoch. */
  readonly validUntil: number;
}

/** What all feeds of a stapler share. */
export interface StapleTask {
  readonly leaf: X509Certificate;
  readonly issuer: X509Certificate;
  readonly verify: StapleVerifier;
  readonly minInterval: number;
  readonly onError: (error: TlsError) => void;
  readonly onUpdate: (update: StapleUpdate) => void;
}

/** A response and what was found of it. */
export interface HeldStaple extends GoodStaple {
  readonly der: Uint8Array;
}

/**
 * Verifies a response by the rules of clients before it is ever stapled.
 *
 * @param from - words for where it came from
 * @throws as {@link StapleVerifier}
 */
export function verified(task: StapleTask, der: Uint8Array, from: string): HeldStaple {
  const certificate = `this server's certificate ${nameOf(task.leaf.subject)}`;
  const input: StapleInput = { der, leaf: task.leaf, issuer: task.issuer, certificate, response: `the OCSP response ${from} for ${certificate}`, endpoint: undefined };
  return { ...task.verify(input), der };
}

/** Whether it may be stapled now. */
export function isCurrent(held: HeldStaple | undefined): held is HeldStaple {
  return held !== undefined && Date.now() < held.validUntil;
}

/** `ERR_SOCK_TLS_DISPOSED`: whoever waits for a response of a closed feed. */
export function closedFeed(): TlsError<'ERR_SOCK_TLS_DISPOSED'> {
  return new TlsError('ERR_SOCK_TLS_DISPOSED', 'the stapler is closed, so no response comes any more', { kind: 'verify', phase: 'verify', category: 'closed' });
}
