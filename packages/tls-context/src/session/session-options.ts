import { isUint8Array } from 'node:util/types';
import type { Duration } from '@sock/config';
import { formatDuration } from '@sock/config';
import { MAX_SESSION_MS } from './client-session.ts';
import { countValue, durationValue, flagValue, refuseOption, requireKnownNames, storeValue } from './option-value.ts';
import type { ClientSessionStore, ServerSessionStore } from './session-store.ts';
import type { DerivedTicketKeys, GivenTicketKeys } from './ticket-keys.ts';
import { requireTicketKeys, requireTicketSecret } from './ticket-keys.ts';

/** What a client context takes as `sessions`; `false` in its place: every handshake is a full one. */
export interface ClientSessionOptions {
  /**
   * Where sessions are kept: a store of your own. Default: **in memory, of this context alone**
   *
   * Why: sessions are secrets, and nobody has to care for a place of theirs.
   */
  readonly store?: ClientSessionStore | undefined;
  /**
   * Sessions that are kept in memory, 1 to 1 000 000. Refused together with `store`. Default: **`sessionCacheSize`, 1000**
   *
   * Why: some kilobytes each, and more servers than most clients speak to.
   */
  readonly maxEntries?: number | undefined;
  /**
   * Sessions that are kept in memory for one server, 1 to 100. Refused together with `store`. Default: **4**
   *
   * Why: a ticket of TLS 1.3 is good for one connection, servers give two with each, and clients open a few at once.
   */
  readonly perKey?: number | undefined;
  /**
   * A session of TLS 1.3 that is kept in memory is offered on more than one connection. Who sees the traffic can then tell that they are of one client
   * (RFC 8446, appendix C.4), which connections from one address to one server tell anyway; servers that refuse a ticket the second time cost a full
   * handshake. With `coalesceFirst` of a pool, a burst of connections costs one full handshake. Refused together with `store`. Default: **false**
   *
   * Why: RFC 8446 asks clients not to.
   */
  readonly reuse?: boolean | undefined;
  /**
   * How long after a full handshake its sessions are used, 1 s to 7 d (RFC 8446, section 4.6.1). They end earlier with the certificates and
   * the revocation data that were relied upon. Default: **2 h**
   *
   * Why: so long may a server that lost its certificate be taken for itself, and so long do servers keep their side.
   */
  readonly lifetime?: Duration | undefined;
}

/** What a server context takes as `sessions`; `false` in its place: every handshake is a full one. */
export interface ServerSessionOptions {
  /**
   * Whether clients get tickets (RFC 5077; RFC 8446, section 4.6.1). Without them only clients of TLS 1.2 resume, by `ids`. Default: **true**
   *
   * Why: a ticket costs the server no memory.
   */
  readonly tickets?: boolean | undefined;
  /**
   * What ticket keys are derived from: at least 32 bytes, as they are, or as text, whose UTF-8 bytes count. Servers with the same secret,
   * `rotation` and `idContext` take each other's tickets. It must be random (`openssl rand -hex 32`) and kept like a private
   * key: it decrypts what clients of TLS 1.2 with tickets ever sent, and who has it forges tickets by which he passes for any client, its
   * certificate included. Default: **random, of this context alone**
   *
   * Why: a secret that nobody knows cannot leak; a fleet has to be told.
   */
  readonly ticketSecret?: Uint8Array | string | undefined;
  /**
   * Ticket keys of your own: 48 bytes each (16 of its name, 16 of the HMAC key, 16 of the AES key), as `ticketKeys` of `node:tls`. The
   * first encrypts, the others are accepted; you rotate them. Excludes `ticketSecret` and `rotation`. Default: **none**
   *
   * Why: for a fleet that has such keys already; `ticketSecret` needs less care.
   */
  readonly ticketKeys?: Uint8Array | readonly Uint8Array[] | undefined;
  /**
   * How long a derived key encrypts tickets, 1 min to 7 d, and at least 1/168 of `lifetime`. Old keys are accepted for `lifetime` after it.
   * Default: **1 h**
   *
   * Why: a key that leaks opens an hour of tickets. Each key that is accepted costs memory, 168 are a week of hours.
   */
  readonly rotation?: Duration | undefined;
  /**
   * How long after a full handshake its sessions are taken, 1 s to 7 d. Default: **2 h**
   *
   * Why: so long may a client that lost its certificate be taken for itself; it is OpenSSL's own default.
   */
  readonly lifetime?: Duration | undefined;
  /**
   * Whether clients of TLS 1.2 that know no tickets resume by a session id, and where their sessions are kept: `true` in memory, of this
   * context alone; or a store of your own. Default: **true**
   *
   * Why: old clients save a full handshake, for some kilobytes each.
   */
  readonly ids?: boolean | ServerSessionStore | undefined;
  /**
   * Sessions of `ids` that are kept in memory, 1 to 1 000 000. Refused where none are. Default: **`sessionCacheSize`, 1000**
   *
   * Why: few clients know no tickets.
   */
  readonly maxEntries?: number | undefined;
  /**
   * A name that keeps services apart which share a secret or a store, 1 to 255 bytes of UTF-8: sessions of one are not resumed by the
   * other. It is hashed together with a digest of the authorities that verify clients. Default: **none**
   *
   * Why: most services share neither.
   */
  readonly idContext?: string | undefined;
}

/** {@link ClientSessionOptions}, checked and in milliseconds. */
export interface ClientSessionValues {
  /** `undefined`: in memory, with `maxEntries`, `perKey` and `reuse`. */
  readonly store: ClientSessionStore | undefined;
  readonly maxEntries: number;
  readonly perKey: number;
  readonly reuse: boolean;
  readonly lifetimeMs: number;
}

/** {@link ServerSessionOptions}, checked and in milliseconds. */
export interface ServerSessionValues {
  /** What `TicketKeys` is made of; without `secret` and `keys` it makes its own secret. `undefined`: no tickets. */
  readonly tickets: DerivedTicketKeys | GivenTicketKeys | undefined;
  readonly lifetimeMs: number;
  /** `'memory'`: with `maxEntries`. `undefined`: clients that know no tickets do not resume. */
  readonly ids: ServerSessionStore | 'memory' | undefined;
  readonly maxEntries: number;
  /** Empty when none is given. */
  readonly idContext: string;
}

/**
 * Checks `sessions` of a client context. `false` answers `undefined`: no sessions.
 *
 * @param maxEntries - what counts when the option of that name is not given
 * @throws `ERR_SOCK_TLS_OPTION` with the option as `sessions.NAME`
 */
export function checkClientSessions(options: ClientSessionOptions | false | undefined, maxEntries: number): ClientSessionValues | undefined {
  if (options === false) return undefined;
  const given = options === undefined ? {} : options;
  requireKnownNames(given, CLIENT_NAMES);
  if (given.store !== undefined) {
    refuseGiven(given, ['maxEntries', 'perKey', 'reuse'], 'it is about sessions in memory, and a store is given that keeps them');
  }
  return {
    store: given.store === undefined ? undefined : storeValue('store', given.store, ['take', 'put', 'forget']),
    maxEntries: countValue('maxEntries', given.maxEntries ?? maxEntries, 1, MOST_ENTRIES),
    perKey: countValue('perKey', given.perKey ?? 4, 1, 100),
    reuse: flagValue('reuse', given.reuse ?? false),
    lifetimeMs: lifetime(given.lifetime),
  };
}

/**
 * Checks `sessions` of a server context. `false` answers `undefined`: no sessions.
 *
 * @param maxEntries - what counts when the option of that name is not given
 * @throws `ERR_SOCK_TLS_OPTION` with the option as `sessions.NAME`
 */
export function checkServerSessions(options: ServerSessionOptions | false | undefined, maxEntries: number): ServerSessionValues | undefined {
  if (options === false) return undefined;
  const given = options === undefined ? {} : options;
  requireKnownNames(given, SERVER_NAMES);
  const withTickets = flagValue('tickets', given.tickets ?? true);
  const ids = idStore(given.ids ?? true);
  if (!withTickets && ids === undefined) refuseOption('ids', 'without tickets and without ids nothing can be resumed: give sessions: false if that is meant');
  if (ids !== 'memory') refuseGiven(given, ['maxEntries'], 'it is about session ids in memory, and none are kept there');
  const lifetimeMs = lifetime(given.lifetime);
  const idContext = given.idContext === undefined ? '' : contextName(given.idContext);
  return {
    tickets: withTickets ? ticketSource(given, lifetimeMs, idContext) : noTickets(given),
    lifetimeMs,
    ids,
    maxEntries: countValue('maxEntries', given.maxEntries ?? maxEntries, 1, MOST_ENTRIES),
    idContext,
  };
}

const CLIENT_NAMES: readonly (keyof ClientSessionOptions)[] = ['store', 'maxEntries', 'perKey', 'reuse', 'lifetime'];
const SERVER_NAMES: readonly (keyof ServerSessionOptions)[] = [
  'tickets', 'ticketSecret', 'ticketKeys', 'rotation', 'lifetime', 'ids', 'maxEntries', 'idContext',
];
const MOST_ENTRIES = 1_000_000;
const MINUTE_MS = 60_000;
const MOST_PAST_KEYS = 168;

function noTickets(given: ServerSessionOptions): undefined {
  refuseGiven(given, ['ticketSecret', 'ticketKeys', 'rotation'], 'it is about tickets, and tickets is false');
}

function ticketSource(given: ServerSessionOptions, lifetimeMs: number, purpose: string): DerivedTicketKeys | GivenTicketKeys {
  if (given.ticketKeys !== undefined) {
    refuseGiven(given, ['ticketSecret', 'rotation'], 'it is about derived keys, and ticketKeys are given, which stay as they are');
    const keys = isUint8Array(given.ticketKeys) ? [given.ticketKeys] : given.ticketKeys;
    if (!Array.isArray(keys) || !keys.every(isUint8Array)) refuseOption('ticketKeys', 'expected bytes, or a list of bytes');
    requireTicketKeys(keys);
    return { keys };
  }
  const rotationMs = durationValue('rotation', given.rotation ?? '1h', MINUTE_MS, MAX_SESSION_MS);
  const least = Math.ceil(lifetimeMs / MOST_PAST_KEYS);
  if (rotationMs < least) {
    refuseOption('rotation', `${formatDuration(rotationMs)} is too short for a lifetime of ${formatDuration(lifetimeMs)}: more than ${MOST_PAST_KEYS} keys would be kept; give at least ${formatDuration(least)}`);
  }
  return { secret: given.ticketSecret === undefined ? undefined : secretBytes(given.ticketSecret), rotationMs, lifetimeMs, purpose };
}

function secretBytes(secret: Uint8Array | string): Uint8Array {
  if (typeof secret !== 'string' && !isUint8Array(secret)) refuseOption('ticketSecret', 'expected bytes or text');
  const bytes = typeof secret === 'string' ? Buffer.from(secret) : secret;
  requireTicketSecret(bytes);
  return bytes;
}

function idStore(ids: boolean | ServerSessionStore): ServerSessionStore | 'memory' | undefined {
  if (typeof ids !== 'boolean') return storeValue('ids', ids, ['load', 'store', 'forget']);
  return ids ? 'memory' : undefined;
}

function contextName(name: string): string {
  const length = typeof name === 'string' ? Buffer.byteLength(name) : 0;
  if (length >= 1 && length <= 255) return name;
  refuseOption('idContext', 'expected text of 1 to 255 bytes of UTF-8');
}

function lifetime(given: Duration | undefined): number {
  return durationValue('lifetime', given ?? '2h', 1000, MAX_SESSION_MS);
}

function refuseGiven<O extends object>(options: O, names: readonly (keyof O & string)[], why: string): void {
  for (const name of names) if (options[name] !== undefined) refuseOption(name, `${why}; leave it out`);
}
