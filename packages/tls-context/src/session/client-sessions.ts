import { isUint8Array } from 'node:util/types';
import type { ClientSession } from './client-session.ts';
import { isOver, sessionExpiry } from './client-session.ts';
import { ParsedChains } from './parsed-chains.ts';
import type { ClientSessionStore, MaybePromise } from './session-store.ts';

/** What happened to a context's sessions. Counted from 0, and never reset. */
export interface ClientSessionStats {
  /** A session was found for a handshake that was to begin. `hits + misses` is how often one was looked for. */
  readonly hits: number;
  /** None was found, or none that is any good. */
  readonly misses: number;
  /** Sessions that the store took. */
  readonly stored: number;
  /** Handshakes that resumed a session. */
  readonly resumed: number;
  /** Handshakes in which the server did not resume the session that was offered to it, and a full one took place. */
  readonly refused: number;
  /** Sessions that were over when the store handed them out, or when they were to be stored. */
  readonly expired: number;
  /** Calls of the store that threw, rejected, were not answered in time, or were answered with something that is no session. */
  readonly errors: number;
}

/** What {@link ClientSessions} is made of. */
export interface ClientSessionsOptions {
  readonly store: ClientSessionStore;
  /** How long after the full handshake a session may be used, in milliseconds, whatever the store says. At most seven days count. */
  readonly lifetimeMs: number;
  /** Time that the store has for an answer, in milliseconds; a handshake waits for it. **1000** */
  readonly storeTimeoutMs?: number | undefined;
  /** The clock, in milliseconds of the epoch. **`Date.now`** */
  readonly now?: (() => number) | undefined;
}

/**
 * The sessions of one client context. Stands between handshakes and a store that others wrote: no method throws or rejects, and
 * none waits longer than `storeTimeoutMs`. What goes wrong is counted, and costs a full handshake.
 */
export class ClientSessions {
  /** The chains of sessions that were resumed. */
  readonly parsed: ParsedChains = new ParsedChains();
  readonly #store: ClientSessionStore;
  readonly #lifetimeMs: number;
  readonly #storeTimeoutMs: number;
  readonly #now: () => number;
  readonly #counts: { -readonly [Name in keyof ClientSessionStats]: number } = {
    hits: 0, misses: 0, stored: 0, resumed: 0, refused: 0, expired: 0, errors: 0,
  };

  constructor({ store, lifetimeMs, storeTimeoutMs = 1000, now = Date.now }: ClientSessionsOptions) {
    this.#store = store;
    this.#lifetimeMs = lifetimeMs;
    this.#storeTimeoutMs = storeTimeoutMs;
    this.#now = now;
  }

  /** The counters as they are now; the object does not change later. */
  get stats(): ClientSessionStats {
    return Object.freeze({ ...this.#counts });
  }

  /** The session to offer to a server, or `undefined`: then the handshake is a full one. A store in memory costs no turn of the event loop. */
  async take(key: string): Promise<ClientSession | undefined> {
    const found = await this.#found(key);
    this.#counts[found === undefined ? 'misses' : 'hits']++;
    return found;
  }

  /** Keeps a session that a server gave. Nobody needs to wait for it. */
  async offer(key: string, session: ClientSession): Promise<void> {
    try {
      if (this.#isOver(session)) {
        this.#counts.expired++;
        return;
      }
      await within(this.#store.put(key, session), this.#storeTimeoutMs);
      this.#counts.stored++;
    } catch {
      // The connection that the session came from is good without it.
      this.#counts.errors++;
    }
  }

  /** Drops all sessions of a key. */
  async forget(key: string): Promise<void> {
    try {
      await within(this.#store.forget(key), this.#storeTimeoutMs);
    } catch {
      // What is offered in spite of it is verified again on resumption.
      this.#counts.errors++;
    }
  }

  /** Notes that the server resumed the session that it was offered. */
  countResumed(): void {
    this.#counts.resumed++;
  }

  /** Notes that the server did not resume the session that it was offered. */
  countRefused(): void {
    this.#counts.refused++;
  }

  async #found(key: string): Promise<ClientSession | undefined> {
    try {
      const answer = await within<unknown>(this.#store.take(key), this.#storeTimeoutMs);
      if (answer === undefined) return undefined;
      const session = readSession(answer);
      if (session === undefined) {
        this.#counts.errors++;
        return undefined;
      }
      if (!this.#isOver(session)) {
        // Now, and not when the server has resumed it: then there is no way back to a full handshake. What cannot be read throws.
        this.parsed.of(session.chain);
        return session;
      }
      this.#counts.expired++;
      return undefined;
    } catch {
      // A full handshake is always possible.
      this.#counts.errors++;
      return undefined;
    }
  }

  /** A shared store may hold sessions of a process that is configured to use them longer, so both limits count. */
  #isOver({ authenticatedAt, expiresAt }: ClientSession): boolean {
    return isOver(sessionExpiry({ authenticatedAt, lifetimeMs: this.#lifetimeMs, notAfter: [expiresAt] }), this.#now());
  }
}

/** The answer, or a rejection when it is not there in time. An answer that is there already costs no timer. */
function within<T>(answer: MaybePromise<T>, timeoutMs: number): MaybePromise<T> {
  if (!isThenable(answer)) return answer;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the session store did not answer within ${timeoutMs} ms`)), timeoutMs);
    // `Promise.resolve`, because somebody's own `then` might throw, or call back twice. What comes too late goes unheard, a rejection too.
    void Promise.resolve(answer).then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function isThenable<T>(answer: MaybePromise<T>): answer is PromiseLike<T> {
  return typeof (answer as { then?: unknown } | null | undefined)?.then === 'function';
}

/** What a store answered, with exactly the fields of a session, or `undefined` when it is none. */
function readSession(answer: unknown): ClientSession | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const { session, protocol, chain, staple, alpn, authenticatedAt, expiresAt } = answer as Partial<Record<keyof ClientSession, unknown>>;
  if (!isBytes(session) || (protocol !== 'TLSv1.2' && protocol !== 'TLSv1.3')) return undefined;
  if (!Array.isArray(chain) || chain.length === 0 || !chain.every(isBytes)) return undefined;
  if (staple !== undefined && !isBytes(staple)) return undefined;
  if (alpn !== undefined && typeof alpn !== 'string') return undefined;
  if (!Number.isFinite(authenticatedAt) || !Number.isFinite(expiresAt)) return undefined;
  return { session, protocol, chain, staple, alpn, authenticatedAt: authenticatedAt as number, expiresAt: expiresAt as number };
}

function isBytes(value: unknown): value is Uint8Array {
  return isUint8Array(value) && value.length > 0;
}
