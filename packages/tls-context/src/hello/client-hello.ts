import type { NoMessage } from './hello-records.ts';
import { findMessage, malformed, newScan, u16 } from './hello-records.ts';
import { readHostName, readNames } from './hello-text.ts';

/**
 * What a client says first (RFC 8446, section 4.1.2), as far as a server decides by it. Nothing in it is verified: anybody may send
 * anything. Values that only test tolerance (GREASE, RFC 8701) are left out. Byte arrays are views of what was received.
 */
export interface ClientHello {
  /** Whom the client wants (SNI, RFC 6066): lower case ASCII; `undefined` when it says nothing, or an address, or what is no name. */
  readonly serverName: string | undefined;
  /** Application protocols (ALPN, RFC 7301), in the client's order. */
  readonly alpn: readonly string[];
  /**
   * `TLSv1.3`, `TLSv1.2`, `TLSv1.1`, `TLSv1`, `SSLv3`: all that are offered, in the client's order. A client without `supported_versions`
   * tells only its highest one, and that is then the only entry.
   */
  readonly versions: readonly string[];
  readonly cipherSuites: readonly number[];
  /** `signature_algorithms` (RFC 8446, section 4.2.3); empty when absent. */
  readonly signatureSchemes: readonly number[];
  /** `supported_groups` (RFC 8446, section 4.2.7); empty when absent. */
  readonly groups: readonly number[];
  /** TLS 1.2 session ticket (RFC 5077): `undefined` when the client knows no tickets, empty when it has none to show. */
  readonly sessionTicket: Uint8Array | undefined;
  /** Tickets of TLS 1.3 (`pre_shared_key`), the first four at most. */
  readonly pskIdentities: readonly Uint8Array[];
}

/** What {@link parseClientHello} found. */
export type ClientHelloResult = { readonly kind: 'hello'; readonly hello: ClientHello } | NoMessage;

/**
 * Reads the ClientHello at the start of a connection, in whatever records it comes. It never throws, and what it costs is bounded by the
 * length of `bytes`, of which a hello of more than 64 KiB is refused. `malformed` is no verdict: the engine gets the same bytes, and
 * answers them with the alert they deserve.
 *
 * @param bytes - all that came so far
 */
export function parseClientHello(bytes: Uint8Array): ClientHelloResult {
  const message = findMessage(bytes, newScan());
  return 'kind' in message ? message : readClientHello(message);
}

/** Reads a whole ClientHello message, its header of four bytes included. */
export function readClientHello(message: Uint8Array): ClientHelloResult {
  const { length } = message;
  // Header, version, random, and the length of the session id.
  if (length < SESSION_ID) return TOO_SHORT;
  const sessionIdLength = message[SESSION_ID - 1] as number;
  const suites = SESSION_ID + sessionIdLength;
  if (sessionIdLength > 32 || suites + 2 > length) return TOO_SHORT;
  const compression = suites + 2 + u16(message, suites);
  const cipherSuites = compression < length ? readNumbers(message, suites, compression) : undefined;
  if (cipherSuites === undefined) return malformed('the list of cipher suites');
  let at = compression + 1 + (message[compression] as number);
  if (at > length) return TOO_SHORT;
  const draft: Draft = {
    serverName: undefined, alpn: NOTHING, versions: legacyVersion(u16(message, 4)), cipherSuites, signatureSchemes: NOTHING, groups: NOTHING,
    sessionTicket: undefined, pskIdentities: NOTHING,
  };
  // Before TLS 1.2 a hello could do without extensions.
  if (at === length) return { kind: 'hello', hello: draft };
  if (at + 2 > length || at + 2 + u16(message, at) !== length) return malformed('the extensions do not fill the message');
  let seen = 0;
  for (at += 2; at < length; ) {
    if (at + 4 > length) return malformed('an extension is cut off');
    const type = u16(message, at);
    const start = at + 4;
    at = start + u16(message, at + 2);
    if (at > length) return malformed('an extension is cut off');
    const mark = markOf(type);
    if ((seen & mark) !== 0) return malformed(`extension ${type} stands twice`);
    seen |= mark;
    if (!readExtension(draft, type, message, start, at)) return malformed(`extension ${type} cannot be read`);
  }
  return { kind: 'hello', hello: draft };
}

type Draft = { -readonly [K in keyof ClientHello]: ClientHello[K] };

const SESSION_ID = 39;
const SUPPORTED_VERSIONS = 43;
const MAX_IDENTITIES = 4;
const NOTHING: readonly never[] = [];
const TOO_SHORT: NoMessage = { kind: 'malformed', reason: 'the ClientHello is shorter than its own lengths say' };
const VERSION_NAMES: Readonly<Record<number, string>> = { 0x0304: 'TLSv1.3', 0x0303: 'TLSv1.2', 0x0302: 'TLSv1.1', 0x0301: 'TLSv1', 0x0300: 'SSLv3' };

/** One bit for each type that is read here, and for their neighbours. */
function markOf(type: number): number {
  if (type < 20) return 1 << type;
  return type >= 35 && type <= SUPPORTED_VERSIONS ? 1 << (type - 15) : 0;
}

/** Reads one extension between `at` and `end`; false when its lengths contradict each other. Unknown ones are nobody's business here. */
function readExtension(draft: Draft, type: number, message: Uint8Array, at: number, end: number): boolean {
  switch (type) {
    case 0: {
      const name = readHostName(message, at, end);
      draft.serverName = name === '' ? undefined : name;
      return name !== undefined;
    }
    // Whether it asks for a staple (RFC 6066, section 8) the engine knows; the kind of answer must be there.
    case 5:
      return at < end;
    // Readers make a list of their own even when it is empty: `NOTHING` is left for what cannot be read.
    case 10:
      return (draft.groups = readNumbers(message, at, end) ?? NOTHING) !== NOTHING;
    case 13:
      return (draft.signatureSchemes = readNumbers(message, at, end) ?? NOTHING) !== NOTHING;
    case 16:
      return (draft.alpn = readNames(message, at, end) ?? NOTHING) !== NOTHING;
    case 35:
      draft.sessionTicket = message.subarray(at, end);
      return true;
    case 41:
      return (draft.pskIdentities = readIdentities(message, at, end) ?? NOTHING) !== NOTHING;
    case SUPPORTED_VERSIONS:
      return (draft.versions = readVersions(message, at, end) ?? NOTHING) !== NOTHING;
    default:
      return true;
  }
}

/** A list of numbers of two bytes each, behind a length of two bytes; it ends at `end`. */
function readNumbers(message: Uint8Array, start: number, end: number): number[] | undefined {
  if (start + 2 > end || start + 2 + u16(message, start) !== end || ((end - start) & 1) !== 0) return undefined;
  const numbers: number[] = [];
  for (let at = start + 2; at < end; at += 2) {
    const number = u16(message, at);
    if (!isGrease(number)) numbers.push(number);
  }
  return numbers;
}

function readVersions(message: Uint8Array, start: number, end: number): string[] | undefined {
  if (start >= end || start + 1 + (message[start] as number) !== end || ((end - start) & 1) === 0) return undefined;
  const versions: string[] = [];
  for (let at = start + 1; at < end; at += 2) {
    const name = VERSION_NAMES[u16(message, at)];
    if (name !== undefined) versions.push(name);
  }
  return versions;
}

/** Identities with the age of each, then binders, which only the engine can judge (RFC 8446, section 4.2.11). */
function readIdentities(message: Uint8Array, start: number, end: number): Uint8Array[] | undefined {
  if (start + 2 > end) return undefined;
  const last = start + 2 + u16(message, start);
  if (last > end) return undefined;
  const identities: Uint8Array[] = [];
  for (let at = start + 2; at < last && identities.length < MAX_IDENTITIES; ) {
    const stop = at + 2 > last ? Infinity : at + 2 + u16(message, at);
    if (stop + 4 > last) return undefined;
    identities.push(message.subarray(at + 2, stop));
    at = stop + 4;
  }
  return identities;
}

/** Higher ones than TLS 1.2 are offered in `supported_versions` alone (RFC 8446, section 4.2.1). */
function legacyVersion(version: number): readonly string[] {
  const name = VERSION_NAMES[Math.min(version, 0x0303)];
  return name === undefined ? NOTHING : [name];
}

/** RFC 8701: 0x0a0a, 0x1a1a, … 0xfafa. */
function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff);
}
