import type { X509Certificate } from 'node:crypto';
import type { Endpoint } from '@sock/core';

/** A peer whose certificate is being verified, as every step sees it and as a `verifyPeer` of the program's own gets it. */
export interface Peer {
  /** This side's role: a client verifies servers. */
  readonly role: 'client' | 'server';
  readonly endpoint: Endpoint | undefined;
  /** Whom this side expects, as an ASCII name or an address; `undefined` on a server, which expects nobody. */
  readonly expected: string | undefined;
  /** The peer's own certificate. */
  readonly certificate: X509Certificate;
  /** The peer's chain, its own certificate first, up to the last one below a root. On a resumed session: that of the handshake in which the session began. */
  readonly chain: readonly X509Certificate[];
  /** Whether this connection resumed a session, so that the peer showed nothing now. */
  readonly resumed: boolean;
  /** The OCSP response that came with the certificate (DER), as it came: nothing has verified it. */
  readonly staple: Uint8Array | undefined;
  /**
   * The certificates from the peer's own up to a trusted authority, that included; each signature is checked. `undefined` when no
   * such path can be built from what the peer sent and what is trusted. Computed at the first call.
   */
  path(): readonly X509Certificate[] | undefined;
}

/** What a check found. What it refuses it throws as a `TlsError` of kind `verify`. */
export interface CheckResult {
  /** `unknown`: nothing speaks against the peer, but nothing current speaks for it either, and the policy lets that pass. */
  readonly outcome: 'ok' | 'skipped' | 'unknown';
  /** What was found, for people. */
  readonly detail: string;
  /** Until when that holds, in milliseconds of the epoch: no session is resumed beyond it. */
  readonly validUntil?: number | undefined;
}

/** A step of the verification that another entry brings: a CRL check, an OCSP check. */
export interface PeerCheck {
  readonly step: 'crl' | 'ocsp';
  /** Of all that decides the outcome; it changes when lists are reloaded, and sessions of other rules are not resumed then. */
  readonly digest: string;
  /** Whether a client must ask the server for a staple (RFC 6066, section 8). */
  readonly asksForStaple: boolean;
  /** Looks at the peer of one handshake, full or resumed. What it refuses it throws. */
  check(peer: Peer): Promise<CheckResult>;
  /** Reads its files again, whatever changed: `context.watch()` and `context.update()` call it. Throws and keeps what it has on a fault. */
  reload?(): void;
  /** The files it was made from. */
  readonly files?: readonly string[];
}
