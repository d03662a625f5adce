import { LRUCache } from 'lru-cache';
import type { ClientSession } from './client-session.ts';
import { isOver } from './client-session.ts';
import type { ClientSessionStore, ServerSessionStore } from './session-store.ts';

/** Options of {@link memorySessionStore}. */
export interface MemorySessionStoreOptions {
  /** Sessions that are kept in all. **1000**, at least 1 */
  readonly maxEntries?: number | undefined;
  /** Sessions that are kept under one key. **4**, at least 1; never more than `maxEntries` */
  readonly perKey?: number | undefined;
  /** A session of TLS 1.3 is handed out again and again as well; see `ClientSessionOptions`. **false** */
  readonly reuse?: boolean | undefined;
  /** The clock, in milliseconds of the epoch. **`Date.now`** */
  readonly now?: (() => number) | undefined;
}

/**
 * Keeps a client's sessions in memory, and answers at once. When `maxEntries` is reached, the sessions of the key that was not used for
 * the longest time go. A session of TLS 1.3 is handed out once, the newest first, unless `reuse` is set; one of TLS 1.2 again and again, until it
 * expires or a newer one replaces it.
 */
export function memorySessionStore({ maxEntries = 1000, perKey = 4, reuse = false, now = Date.now }: MemorySessionStoreOptions = {}): ClientSessionStore {
  // More than fits in all would be refused as a whole.
  const most = Math.min(perKey, maxEntries);
  // Lists are replaced, never changed: the cache counts what it is given. Not `max`, which takes memory for all entries at once.
  const lists = new LRUCache<string, readonly ClientSession[]>({ maxSize: maxEntries, sizeCalculation: (list) => list.length });
  const good = (key: string): readonly ClientSession[] => {
    const at = now();
    return (lists.get(key) ?? []).filter(({ expiresAt }) => !isOver(expiresAt, at));
  };
  const keep = (key: string, list: readonly ClientSession[]): void => {
    if (list.length === 0) lists.delete(key);
    else lists.set(key, list);
  };
  return {
    take(key) {
      const list = good(key);
      const newest = list[0];
      keep(key, newest?.protocol === 'TLSv1.3' && !reuse ? list.slice(1) : list);
      return newest;
    },
    put(key, session) {
      const older = session.protocol === 'TLSv1.2' ? good(key).filter(({ protocol }) => protocol !== 'TLSv1.2') : good(key);
      keep(key, isOver(session.expiresAt, now()) ? older : [session, ...older].slice(0, most));
    },
    forget(key) {
      lists.delete(key);
    },
  };
}

/** Options of {@link memoryServerSessions}. */
export interface MemoryServerSessionsOptions {
  /** Sessions that are kept. **1000**, at least 1 */
  readonly maxEntries?: number | undefined;
  /** The clock, in milliseconds of the epoch. **`Date.now`** */
  readonly now?: (() => number) | undefined;
}

/** Keeps a server's sessions in memory, and answers at once. When `maxEntries` is reached, the one that was not used for the longest time goes. */
export function memoryServerSessions({ maxEntries = 1000, now = Date.now }: MemoryServerSessionsOptions = {}): ServerSessionStore {
  const sessions = new LRUCache<string, { readonly session: Uint8Array; readonly expiresAt: number }>({ maxSize: maxEntries, sizeCalculation: () => 1 });
  return {
    load(id) {
      const found = sessions.get(idText(id));
      if (found === undefined) return undefined;
      if (!isOver(found.expiresAt, now())) return found.session;
      sessions.delete(idText(id));
      return undefined;
    },
    store(id, session, lifetimeMs) {
      // An id is used again only for a newer session: what was kept under it is over in any case.
      sessions.delete(idText(id));
      if (lifetimeMs > 0) sessions.set(idText(id), { session, expiresAt: now() + lifetimeMs });
    },
    forget(id) {
      sessions.delete(idText(id));
    },
  };
}

function idText(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('latin1');
}
