import type { X509Certificate } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Cancel, Endpoint } from '@sock/core';
import type { TlsValues } from '../tls-section.ts';
import type { Identity } from '../verify/expected-name.ts';
import type { HandshakeProgress } from './handshake-state.ts';
import type { VerifyRules } from '../verify/rules.ts';
import type { Verified } from '../verify/verify-peer.ts';

/** One handshake: who we are in it, and how its engine is started. */
export interface HandshakePlan {
  readonly role: 'client' | 'server';
  readonly values: TlsValues;
  /** Starts the engine on a stream; a server reads the ClientHello first. */
  open(stream: Duplex, circumstances: Circumstances): Opening | Promise<Opening>;
}

/** Where a handshake takes place. */
export interface Circumstances {
  readonly endpoint: Endpoint | undefined;
  readonly cancel: Cancel;
  readonly progress: HandshakeProgress;
}

/** A handshake under way, and what is asked of the peer in it. */
export interface Opening {
  readonly tls: TLSSocket;
  readonly rules: VerifyRules;
  readonly identity: Identity | undefined;
  /**
   * The server name by which the rules were chosen, where a ClientHello was read. A second ClientHello (after HelloRetryRequest) could ask for
   * another, which nobody has judged.
   */
  readonly asked?: { readonly serverName: string | undefined } | undefined;
  /** Why the peer is refused even when the engine takes it: its ClientHello, by which the rules are chosen, could not be read. */
  readonly refusal?: Error | undefined;
  /**
   * What the peer shows, or showed when the session began.
   *
   * @param anew - what is remembered of other connections does not count
   */
  shown(anew?: boolean): Shown;
  /** The peer was found good. */
  accepted?(verified: Verified, shown: Shown): void;
  /** See `SETTLED` of core: when there is something to learn for the next connection. */
  settled?: (() => Promise<void>) | undefined;
  /** The handshake or the verification failed. */
  failed?(): void;
  /** It is over, one way or the other. */
  over?(): void;
}

/** What a peer shows of itself. */
export interface Shown {
  readonly chain: readonly X509Certificate[];
  readonly staple: Uint8Array | undefined;
  /** All above the peer's own certificate was read from another connection, a moment ago. */
  readonly recent?: boolean | undefined;
}
