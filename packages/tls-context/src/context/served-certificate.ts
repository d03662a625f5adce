import type { SecureContext, Server } from 'node:tls';
import { Server as TlsServer } from 'node:tls';
import { isUint8Array } from 'node:util/types';
import type { ServerSessionStore } from '../session/session-store.ts';
import type { TicketKey } from '../session/ticket-keys.ts';
import type { StapleFeed } from './staple-feed.ts';

/** What a {@link ServedCertificate} is made of. */
export interface ServedCertificateParts {
  readonly keyType: string;
  /** Makes a native context; its tickets are encrypted with these keys, or there are none. */
  readonly native: (ticketKey: TicketKey | undefined) => SecureContext;
  readonly staples: StapleFeed | undefined;
  readonly ids: ServerSessionStore | undefined;
  readonly lifetimeMs: number;
}

/** One certificate of a server, and the native objects that serve it. */
export class ServedCertificate {
  readonly #parts: ServedCertificateParts;
  /**
   * By the key object, which stays the same for as long as its tickets are accepted: as many contexts as keys, and none is made twice. One whose
   * key is accepted no longer is nobody's, and goes with it.
   */
  readonly #contexts = new WeakMap<TicketKey, SecureContext>();
  #withoutTickets: SecureContext | undefined;
  readonly #servers = new Map<boolean, Server>();

  constructor(parts: ServedCertificateParts, ticketKey: TicketKey | undefined) {
    this.#parts = parts;
    // At once: what OpenSSL refuses is an error now, and not at the first connection.
    this.secureContext(ticketKey);
  }

  get keyType(): string {
    return this.#parts.keyType;
  }

  /** The native context whose tickets have this key: a native context has one, and a ticket of an older key is resumed by another one. */
  secureContext(ticketKey: TicketKey | undefined): SecureContext {
    if (ticketKey === undefined) return (this.#withoutTickets ??= this.#parts.native(undefined));
    let context = this.#contexts.get(ticketKey);
    if (context === undefined) {
      context = this.#parts.native(ticketKey);
      this.#contexts.set(ticketKey, context);
    }
    return context;
  }

  /** A server that never listens, when a handshake needs one: to staple, or to keep sessions by their id. */
  server(keepsIds: boolean): Server | undefined {
    const { staples, ids } = this.#parts;
    const withIds = keepsIds && ids !== undefined;
    if (staples === undefined && !withIds) return undefined;
    let server = this.#servers.get(withIds);
    if (server === undefined) {
      server = new TlsServer();
      if (staples !== undefined) server.on('OCSPRequest', (_certificate, _issuer, answer) => answer(null, staple(staples)));
      if (withIds) keepIds(server, ids, this.#parts.lifetimeMs);
      this.#servers.set(withIds, server);
    }
    return server;
  }

  close(): void {
    this.#parts.staples?.close();
  }
}

function staple(staples: StapleFeed): Buffer {
  const response = staples.current();
  // Node staples nothing for an empty answer; its types know a Buffer alone.
  return (response === undefined ? null : Buffer.from(response)) as Buffer;
}

/** Session ids of TLS 1.2. What the store does wrong costs a full handshake, and nothing more. */
function keepIds(server: Server, store: ServerSessionStore, lifetimeMs: number): void {
  server.on('newSession', (id: Buffer, session: Buffer, done: () => void) => {
    void settled(async () => await store.store(id, session, lifetimeMs)).then(done);
  });
  server.on('resumeSession', (id: Buffer, done: (error: Error | null, session: Buffer | null) => void) => {
    // What is no bytes is no session, as are bytes that OpenSSL cannot read.
    void settled<unknown>(async () => await store.load(id)).then((session) => done(null, isUint8Array(session) ? Buffer.from(session) : null));
  });
}

/** Long enough for a store on another machine; the handshake waits. */
const STORE_TIMEOUT_MS = 1000;

async function settled<T>(call: () => Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, STORE_TIMEOUT_MS, undefined);
  });
  try {
    return await Promise.race([call().catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}
