import { constants, createHash } from 'node:crypto';
import type { SecureContext } from 'node:tls';
import { engineMethods } from '../capabilities/runtime.ts';
import { HandshakeGate } from '../handshake/gate.ts';
import { checkAlpn } from '../hello/alpn.ts';
import type { ClientHello } from '../hello/client-hello.ts';
import { optionFault } from '../material/option-fault.ts';
import { KnownClients } from '../session/known-clients.ts';
import { memoryServerSessions } from '../session/memory-sessions.ts';
import { checkServerSessions } from '../session/session-options.ts';
import type { ServerSessionStore } from '../session/session-store.ts';
import type { TicketKey } from '../session/ticket-keys.ts';
import { TicketKeys, ticketOf } from '../session/ticket-keys.ts';
import type { VerifyMode } from '../verify/rules.ts';
import type { BaseEngine } from './base-engine.ts';
import { loadBase } from './base-engine.ts';
import { checkContextOptions } from './context-options.ts';
import type { Replaceable } from './live.ts';
import type { ServerAlpn, ServerContextOptions } from './server-context.ts';
import { serverCertificates } from './server-certificates.ts';
import type { ServedCertificate } from './served-certificate.ts';
import type { Stapler } from './staple-feed.ts';

/** Asks a server context for what its handshakes are made of; registered, so that two installed copies agree. */
export const SERVER_ENGINE: unique symbol = /*#__PURE__*/ Symbol.for('sock.tls.server-engine');

/** What a server's handshakes are made of. */
export interface ServerEngine extends BaseEngine, Replaceable {
  readonly secureContext: SecureContext;
  readonly alpn: ServerAlpn;
  /** The protocols for a client whose hello cannot be read. */
  readonly protocols: readonly string[];
  readonly onClientHello: ServerContextOptions['onClientHello'];
  readonly gate: HandshakeGate;
  readonly clients: KnownClients;
  readonly tickets: TicketKeys | undefined;
  readonly ids: ServerSessionStore | undefined;
  readonly sessions: ServerContextOptions['sessions'];
  /** The certificate for a client; `undefined` when none is for its name, and unknown names are refused. */
  certificateFor(hello: ClientHello | undefined): ServedCertificate | undefined;
  /** The key of the ticket that the client brings, or the one that encrypts new ones. */
  ticketKeyFor(hello: ClientHello | undefined): TicketKey | undefined;
  /** Whether this client's session is kept by its id: it speaks no TLS 1.3 and takes no ticket. */
  keepsIds(hello: ClientHello | undefined): boolean;
  close(next?: ServerEngine): void;
}

const OPTIONS = ['verify', 'once', 'certificates', 'names', 'unknownName', 'onClientHello', 'sessions', 'staple'] as const;

/** Loads and checks what a server is made of. What outlives a change of options is taken over from the previous state. */
export function loadServer(options: ServerContextOptions, previous: ServerEngine | undefined): ServerEngine {
  const values = checkContextOptions(options, OPTIONS, 'createServerContext()');
  const { cert, key, pfx, ca, alpn = [], onClientHello, once = true, verify: mode = ca === undefined ? 'none' : 'require' } = options;
  if (pfx === undefined && (cert === undefined || key === undefined)) {
    throw optionFault(cert === undefined ? 'cert' : 'key', 'a server needs a certificate and its key, or a pfx');
  }
  checkMode(mode, ca !== undefined);
  // Text such as "false" would count as true, and clients would not show their certificates each time.
  if (typeof once !== 'boolean') throw optionFault('once', 'expected true or false');
  if (onClientHello !== undefined && typeof onClientHello !== 'function') throw optionFault('onClientHello', 'expected a function');
  if (options.staple !== undefined && typeof (options.staple as Partial<Stapler> | null)?.attach !== 'function') throw optionFault('staple', 'expected what stapler() of @sock/tls-context/revocation makes');
  // Node passes over what its engine lacks: nothing would be stapled, and nobody would know.
  if (options.staple !== undefined && !engineMethods()('setOCSPResponse')) throw optionFault('staple', 'this runtime cannot staple (tlsCapabilities of @sock/tls-context/capabilities tells what it can); leave the option out');
  const protocols = typeof alpn === 'function' ? [] : checkAlpn(alpn);
  const base = loadBase(options, values, mode, typeof alpn === 'function' ? 'chosen by a function' : protocols);
  const sessions = mode !== 'none' && !once ? undefined : checkServerSessions(options.sessions, values.sessionCacheSize);
  const taken = previous !== undefined && previous.sessions === options.sessions && (previous.tickets === undefined) === (sessions?.tickets === undefined);
  const tickets = taken ? previous.tickets : sessions?.tickets && new TicketKeys(sessions.tickets);
  const ids = taken ? previous.ids : sessions?.ids === 'memory' ? memoryServerSessions(sessions) : sessions?.ids;
  const gate = previous?.gate ?? new HandshakeGate(values.maxHandshakes);
  const served = serverCertificates(options, base, {
    ticketKey: tickets?.current(),
    ids,
    lifetimeMs: sessions?.lifetimeMs ?? 0,
    native: (own, ticketKey) => base.native({
      ...own,
      // The server knows its own machine; the client's order is often no choice at all.
      honorCipherOrder: true,
      sessionIdContext: idContext(base, sessions?.idContext),
      secureOptions: ticketKey === undefined ? constants.SSL_OP_NO_TICKET : 0,
      ...(sessions === undefined ? {} : { sessionTimeout: Math.ceil(sessions.lifetimeMs / 1000) }),
      ...(ticketKey === undefined ? {} : { ticketKeys: Buffer.from(ticketKey.bytes) }),
    }),
  });
  gate.limit = values.maxHandshakes;
  let successor: ServerEngine | undefined;
  return {
    ...base, gate, ids, tickets, protocols, onClientHello,
    alpn: typeof alpn === 'function' ? alpn : protocols,
    sessions: options.sessions,
    clients: previous?.clients ?? new KnownClients(values.sessionCacheSize),
    secureContext: served.default.secureContext(tickets?.current()),
    certificateFor: served.certificateFor,
    ticketKeyFor: (hello) => {
      // A handshake that began before the state was replaced: its keys may be gone.
      if (successor !== undefined) return successor.ticketKeyFor(hello);
      if (tickets === undefined) return undefined;
      const names = hello === undefined ? [] : ticketOf(hello);
      for (const name of names) {
        const found = tickets.find(name);
        if (found !== undefined) return found;
      }
      return tickets.current();
    },
    keepsIds: (hello) => hello !== undefined && ids !== undefined && (values.maxVersion === 'TLSv1.2' || !hello.versions.includes('TLSv1.3')) && (tickets === undefined || hello.sessionTicket === undefined),
    close: (next) => {
      successor = next;
      served.close();
      if (next?.tickets !== tickets) tickets?.dispose();
    },
  };
}

/** Sessions of other authorities or another mode are not resumed: OpenSSL compares these 32 bytes. Servers of a fleet that are set up alike agree. */
function idContext({ authorities, rules }: BaseEngine, own = ''): string {
  return createHash('sha256').update(JSON.stringify([own, rules.mode, authorities])).digest('hex').slice(0, 32);
}

function checkMode(mode: VerifyMode, hasAuthorities: boolean): void {
  if (mode !== 'none' && mode !== 'peer' && mode !== 'require') {
    throw optionFault('verify', `${JSON.stringify(mode)} is none of none, peer, require`);
  }
  if (mode === 'none' && hasAuthorities) {
    throw optionFault('ca', 'authorities are given, but verify "none" never uses them');
  }
  if (mode !== 'none' && !hasAuthorities) {
    throw optionFault('ca', `verify "${mode}" needs the authorities of the clients: any public authority would do otherwise`);
  }
}
