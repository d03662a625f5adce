/**
 * What a client keeps of a handshake, so that the next one to the same server is shorter. A resumed handshake shows no certificate,
 * therefore what was verified in the full one is kept beside the ticket.
 *
 * Every field is a secret or as good as one: `session` holds the key that the next connection begins with.
 */
export interface ClientSession {
  /** The ticket and its keys, as the `session` event of `node:tls` gave them, but for the server's own certificate, which stands in `chain`. */
  readonly session: Uint8Array;
  readonly protocol: 'TLSv1.2' | 'TLSv1.3';
  /** The server's chain (DER) in the full handshake, its own certificate first. Never empty. */
  readonly chain: readonly Uint8Array[];
  /** The OCSP response (DER) that came with it, as it came: nothing has verified it. */
  readonly staple?: Uint8Array | undefined;
  /** The application protocol that was agreed upon. */
  readonly alpn?: string | undefined;
  /** When the FULL handshake ended, in milliseconds of the epoch; a resumption passes it on unchanged, so that no chain of them goes on for ever. */
  readonly authenticatedAt: number;
  /** From when on it is not offered, in milliseconds of the epoch: the lifetime that the server gave, a week, the ends of its certificates and of what the verification relied on, whichever comes first. */
  readonly expiresAt: number;
}

/** What limits a session. */
export interface SessionLimits {
  /** When the full handshake ended, in milliseconds of the epoch. */
  readonly authenticatedAt: number;
  /** How long sessions may be used, in milliseconds. More than {@link MAX_SESSION_MS} counts as that. */
  readonly lifetimeMs: number;
  /** The ends of all certificates that were relied upon, in milliseconds of the epoch. */
  readonly notAfter: readonly number[];
  /** Until when the other checks hold (CRL, OCSP), in milliseconds of the epoch. Default: **no such limit** */
  readonly validUntil?: number | undefined;
}

/** Seven days, in milliseconds: the longest that RFC 8446, section 4.6.1, lets a ticket live. */
export const MAX_SESSION_MS = 604_800_000;

/**
 * From when on a session must not be used, in milliseconds of the epoch: the least of its own lifetime and of all that was relied upon.
 * A limit that is no finite number (a date that could not be read) counts as over.
 */
export function sessionExpiry({ authenticatedAt, lifetimeMs, notAfter, validUntil }: SessionLimits): number {
  // The sum, too, may be infinite; and a lifetime without end must not pass for seven days.
  const ownEnd = Number.isFinite(lifetimeMs) ? authenticatedAt + Math.min(lifetimeMs, MAX_SESSION_MS) : NaN;
  let least = finiteOrOver(ownEnd);
  for (const end of notAfter) least = Math.min(least, finiteOrOver(end));
  return validUntil === undefined ? least : Math.min(least, finiteOrOver(validUntil));
}

/** Whether a session is over at `now`. */
export function isOver(expiresAt: number, now: number): boolean {
  // Not `expiresAt <= now`: that is false for NaN.
  return !(expiresAt > now);
}

function finiteOrOver(end: number): number {
  return Number.isFinite(end) ? end : 0;
}
