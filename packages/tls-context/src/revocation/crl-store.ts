import { createHash } from 'node:crypto';
import { TlsConfigError } from '../errors.ts';
import type { CrlSource } from './crl-files.ts';
import { readLists, stampNow } from './crl-files.ts';
import type { CrlList } from './crl-parser.ts';
import { hex } from './der-values.ts';
import { tell } from './revocation-error.ts';

/** Lists that were read together. A set is never changed: a reload makes another one. */
export interface CrlSet {
  readonly byIssuer: ReadonlyMap<string, readonly CrlList[]>;
  /** Hash of the bytes of all lists, whatever their order. */
  readonly digest: string;
  readonly files: readonly string[];
}

/** The current set, and the files that it follows. */
export interface CrlStore {
  /** The set as the files have it, as far as the interval lets it look. Does not throw: while they cannot be read, the last good set stays. */
  current(): CrlSet;
  /** Why the last look found no new set. */
  readonly fault: TlsConfigError | undefined;
  /** Reads now. @throws `ERR_SOCK_TLS_CRL_INVALID`, `ERR_SOCK_TLS_MATERIAL`, and keeps the set that it has */
  reload(): void;
}

/** How often at most the files are looked at when a list is out of date. */
const STALE_LOOK_MS = 1000;

/**
 * Reads the lists now, and looks at their files again when the interval has passed, or sooner when a list has run out. There is no timer:
 * whoever uses the set causes the look.
 *
 * @throws `ERR_SOCK_TLS_CRL_INVALID`, `ERR_SOCK_TLS_MATERIAL`
 */
export function createCrlStore(lists: CrlSource | readonly CrlSource[], intervalMs: number, onError: ((error: TlsConfigError) => void) | undefined, onChange: (() => void) | undefined): CrlStore {
  const several = Array.isArray(lists);
  const sources = (several ? [...lists] : [lists]) as readonly CrlSource[];
  if (sources.length === 0) throw new TlsConfigError('ERR_SOCK_TLS_MATERIAL', 'lists', 'an empty list of lists revokes nothing: leave the check out');
  const options = sources.map((_, index) => (several ? `lists[${index}]` : 'lists'));
  let { set, stamp, firstEnd } = load(sources, options);
  let fault: TlsConfigError | undefined;
  let lookedAt = performance.now();
  const read = (): void => {
    const next = load(sources, options);
    const changed = next.set.digest !== set.digest;
    ({ set, stamp, firstEnd } = next);
    fault = undefined;
    if (changed && onChange !== undefined) queueMicrotask(onChange);
  };
  const look = (): void => {
    const passed = performance.now() - lookedAt;
    if (passed < (Date.now() >= firstEnd ? Math.min(intervalMs, STALE_LOOK_MS) : intervalMs)) return;
    lookedAt = performance.now();
    if (fault === undefined && stampNow(sources, options) === stamp) return;
    try {
      read();
    } catch (error) {
      const told = fault?.message;
      fault = error instanceof TlsConfigError ? error : new TlsConfigError('ERR_SOCK_TLS_CRL_INVALID', 'lists', 'the lists cannot be read', error);
      // The same fault at every look would fill a log.
      if (told !== fault.message) tell(onError, fault);
    }
  };
  return {
    current: () => {
      look();
      return set;
    },
    get fault() {
      return fault;
    },
    reload: () => {
      lookedAt = performance.now();
      read();
    },
  };
}

function load(sources: readonly CrlSource[], options: readonly string[]): { set: CrlSet; stamp: string; firstEnd: number } {
  const { lists, files, stamp } = readLists(sources, options);
  const byIssuer = new Map<string, CrlList[]>();
  for (const list of lists) {
    const key = hex(list.issuer);
    const same = byIssuer.get(key);
    if (same === undefined) byIssuer.set(key, [list]);
    else same.push(list);
  }
  const digest = createHash('sha256').update(lists.map((list) => list.digest).toSorted().join()).digest('base64url').slice(0, 22);
  return { set: { byIssuer, digest, files }, stamp, firstEnd: Math.min(...lists.map(({ nextUpdate }) => nextUpdate ?? Infinity)) };
}
