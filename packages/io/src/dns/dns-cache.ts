import { isIP } from 'node:net';
import type { SectionInput } from '@sock/config';
import { SocketError } from '@sock/core';
import { fromErrno } from '../errno.ts';
import type { Lookup, LookupAnswer } from '../resolve-host.ts';
import { bySystem } from '../resolve-host.ts';
import { dnsCacheSection } from './dns-section.ts';
import { LeastRecent } from './least-recent.ts';

/** Options of {@link dnsCache}. */
export interface DnsCacheOptions extends SectionInput<typeof dnsCacheSection> {
  /** Resolves what is not known. Default: **the system's resolver** */
  readonly lookup?: Lookup | undefined;
  /** Milliseconds of a clock that does not go back. Default: **`performance.now`** */
  readonly now?: (() => number) | undefined;
}

/** Counts of a cache. */
export interface DnsCacheStats {
  /** Calls that were answered from memory: with addresses, or with the news that there are none. */
  readonly hits: number;
  /** Calls that began a look-up. */
  readonly misses: number;
  /** Calls that waited for a look-up that was under way already. */
  readonly joined: number;
  /** Look-ups that failed, so that an answer out of date was given instead. */
  readonly stale: number;
  /** Names that made room for others. */
  readonly evicted: number;
  /** Names kept now, also those out of date. */
  readonly entries: number;
  /** Look-ups under way now. */
  readonly pending: number;
}

/** Answers of name look-ups, kept for a time. */
export interface DnsCache {
  /** For the option `lookup` of `connect` and `tcp`. */
  readonly lookup: Lookup;
  /** Forgets everything, or one name. A look-up that is under way is answered, but not kept. */
  readonly clear: (host?: string) => void;
  readonly stats: DnsCacheStats;
}

/** `addresses` is missing for a name that has none; `error` tells of it then. */
interface Entry {
  readonly addresses: LookupAnswer | undefined;
  readonly error: unknown;
  readonly endsAt: number;
  /** When it is asked for again; later than `endsAt` while it is given out of date. */
  readonly askAt: number;
}

/**
 * A cache in front of a look-up: one query for a name at a time, whoever asks for it meanwhile; answers kept as long as they live, and that a name
 * does not exist for `negativeTtl` (RFC 2308); the number of names is bounded.
 *
 * @throws `ERR_SOCK_CONFIG`, `ERR_SOCK_ARGUMENT`; looking up throws what the look-up throws, and `ERR_SOCK_LIMIT` while `maxPending` are under way
 * @example
 * ```ts
 * const cache = dnsCache({ lookup: resolver(), staleIfError: '5m' });
 * const dial = tcp({ lookup: cache.lookup });
 * ```
 */
export function dnsCache(options: DnsCacheOptions = {}): DnsCache {
  const { lookup = bySystem, now = () => performance.now(), ...rest } = checked(options);
  const { ttl, maxTtl, negativeTtl, staleIfError, maxEntries, maxPending } = dnsCacheSection.resolve(rest, 'dnsCache()');
  const entries = new LeastRecent<Entry>(maxEntries);
  const pending = new Map<string, Promise<LookupAnswer>>();
  const counts = { hits: 0, misses: 0, joined: 0, stale: 0 };

  const keep = (name: string, query: Promise<LookupAnswer>, entry: Omit<Entry, 'endsAt' | 'askAt'>, ms: number): void => {
    // A query from before a clear() is no news.
    if (pending.get(name) !== query) return;
    const endsAt = now() + ms;
    if (ms > 0) entries.set(name, { ...entry, endsAt, askAt: endsAt });
    else entries.delete(name);
  };

  const ask = (host: string, name: string): Promise<LookupAnswer> => {
    const query: Promise<LookupAnswer> = Promise.resolve(host).then(lookup).then((answer) => {
      const addresses = Object.freeze([...answer]);
      // Nobody can dial it: the next one asks again.
      const usable = addresses.every((address) => isIP(address) !== 0);
      const known = !usable ? 0 : addresses.length === 0 ? negativeTtl : Math.min(answer.ttlMs ?? ttl, maxTtl);
      keep(name, query, { addresses, error: undefined }, known);
      return addresses;
    }, (error: unknown) => {
      const old = entries.peek(name);
      if (isNegative(error)) keep(name, query, { addresses: undefined, error }, negativeTtl);
      else if (old?.addresses !== undefined && old.addresses.length > 0 && now() < old.endsAt + staleIfError) {
        counts.stale += 1;
        // Not every call is to wait for a name server that does not answer (RFC 8767 section 5).
        if (pending.get(name) === query) entries.set(name, { ...old, askAt: Math.min(now() + negativeTtl, old.endsAt + staleIfError) });
        return old.addresses;
      }
      throw error;
    }).finally(() => {
      if (pending.get(name) === query) pending.delete(name);
    });
    pending.set(name, query);
    return query;
  };

  return {
    lookup: async (host) => {
      const name = host.toLowerCase();
      const entry = entries.get(name);
      if (entry !== undefined && now() < entry.askAt) {
        counts.hits += 1;
        if (entry.addresses === undefined) throw entry.error;
        return entry.addresses;
      }
      const running = pending.get(name);
      if (running !== undefined) {
        counts.joined += 1;
        return await running;
      }
      if (pending.size >= maxPending) throw tooMany(host, maxPending);
      counts.misses += 1;
      return await ask(host, name);
    },
    clear: (host) => {
      if (host === undefined) {
        entries.clear();
        pending.clear();
      } else {
        entries.delete(host.toLowerCase());
        pending.delete(host.toLowerCase());
      }
    },
    get stats() {
      return { ...counts, evicted: entries.evicted, entries: entries.size, pending: pending.size };
    },
  };
}

/** @throws `ERR_SOCK_ARGUMENT` */
function checked(options: DnsCacheOptions): DnsCacheOptions {
  const wrong = typeof options !== 'object' || (options as unknown) === null ? 'takes an object of options'
    : (['lookup', 'now'] as const).filter((name) => options[name] !== undefined && typeof options[name] !== 'function').map((name) => `${name} takes a function`)[0];
  if (wrong === undefined) return options;
  throw new SocketError('ERR_SOCK_ARGUMENT', `dnsCache() ${wrong}`, { phase: 'config', category: 'usage' });
}

/** The name server has said that there is no address; all else is a failure to ask it. */
function isNegative(error: unknown): boolean {
  const { code, retryable } = fromErrno(error, 'dns', undefined);
  return code === 'ERR_SOCK_NAME' && !retryable;
}

function tooMany(host: string, maxPending: number): SocketError<'ERR_SOCK_LIMIT'> {
  return new SocketError('ERR_SOCK_LIMIT', `dns ${host}: ${maxPending} look-ups are under way already (maxPending)`, { phase: 'dns', category: 'limit', retryable: true });
}
