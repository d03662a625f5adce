import type { ClientSession } from './client-session.ts';

/** A value, or the promise of one: a store in memory answers at once, one in the network later. */
export type MaybePromise<T> = T | PromiseLike<T>;

/**
 * Where clients keep sessions. The default is in memory; a store of your own can share them between processes.
 *
 * **Keys** are digests of whom the client trusts, of the server's name and port, and of all else that decided the outcome of the full
 * handshake. A store takes them as they are: it never shortens, folds or joins them, and never serves one user of a program with
 * the sessions of another where the two must stay apart.
 *
 * **Values are secrets.** Who can read them can present itself to the server as the client that was authenticated, and can decrypt
 * what was ever recorded of connections with a TLS 1.2 session. Who can write them chooses the keys of a connection, and so can pose
 * as the server. Keep them where you would keep a private key, encrypted, and no longer than `expiresAt`.
 *
 * A store that throws, rejects, hangs or answers with something else costs a full handshake and counts in `stats.errors`; it never
 * breaks a connection.
 */
export interface ClientSessionStore {
  /**
   * The session for a key, the newest first. A session of TLS 1.3 must be removed in the same atomic step, so that no two callers are
   * handed the same one: a ticket that is used twice lets observers link the connections (RFC 8446, appendix C.4). One of TLS 1.2
   * may stay.
   */
  take(key: string): MaybePromise<ClientSession | undefined>;
  /** Keeps a session until its `expiresAt`, or shorter. A server gives several at once: keep a few per key, the newest. */
  put(key: string, session: ClientSession): MaybePromise<void>;
  /** Drops all that is kept under a key: the server did not verify again, or does not take its sessions any more. */
  forget(key: string): MaybePromise<void>;
}

/**
 * Where a server keeps the sessions of TLS 1.2 clients that know no tickets (RFC 5246, section 7.3). The default is in memory; a store
 * of your own lets a fleet of servers resume each other's sessions.
 *
 * **Values are secrets**: who can read them can decrypt the connections that they came from and pose as the server to those clients.
 */
export interface ServerSessionStore {
  /** The session of an id (1 to 32 bytes, chosen by this side, sent in clear by the client), or `undefined`. */
  load(id: Uint8Array): MaybePromise<Uint8Array | undefined>;
  /** Keeps a session for `lifetimeMs` milliseconds, or shorter. */
  store(id: Uint8Array, session: Uint8Array, lifetimeMs: number): MaybePromise<void>;
  /** Drops a session. */
  forget(id: Uint8Array): MaybePromise<void>;
}
