import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Endpoint } from '@sock/core';
import { formatEndpoint, isTcpEndpoint } from '@sock/core';
import type { ClientEngine } from '../context/client-engine.ts';
import { withoutPeer } from '../session/bare-session.ts';
import type { ClientSession } from '../session/client-session.ts';
import { sessionExpiry } from '../session/client-session.ts';
import type { ClientSessions } from '../session/client-sessions.ts';
import type { TlsVersion } from '../tls-section.ts';
import type { Identity } from '../verify/expected-name.ts';
import type { Verified } from '../verify/verify-peer.ts';
import { startClient } from './node-tls.ts';
import type { Circumstances, Opening, Shown } from './opening.ts';
import { peerChain, peerLeaf } from './peer.ts';
import { goneInHandshake } from './tls-failure.ts';

/** Starts a client's handshake, with a session to resume when there is one. */
export async function openClient(stream: Duplex, engine: ClientEngine, identity: Identity | undefined, { endpoint }: Circumstances): Promise<Opening> {
  const { secureContext, alpn, rules, sessions, parsed, recent } = engine;
  const key = sessionKey(engine.trust(), identity, endpoint);
  const offered = await sessions?.take(key);
  const gone = goneInHandshake(stream, endpoint, engine.values.maxErrorText);
  if (gone !== undefined) throw gone;
  const asksForStaple = rules.ocsp?.asksForStaple === true;
  const name = identity?.kind === 'name' ? identity.text : undefined;
  const tls = startClient(stream, { secureContext, alpn, name, asksForStaple, session: offered?.session });
  let staple: Uint8Array | undefined;
  if (asksForStaple) tls.once('OCSPResponse', (response: Buffer | null | undefined) => void (staple = response ?? undefined));
  if (rules.danger?.keyLog !== undefined) tls.on('keylog', rules.danger.keyLog);
  const shown = (anew = false): Shown => {
    if (offered !== undefined && tls.isSessionReused()) return { chain: parsed.of(offered.chain), staple: offered.staple };
    const leaf = anew || recent === undefined ? undefined : peerLeaf(tls);
    const known = leaf && recent?.find(leaf);
    return known === undefined ? { chain: peerChain(tls, parsed), staple } : { chain: known, staple, recent: true };
  };
  const keeper = sessions && new SessionKeeper(tls, sessions, key, offered);
  return {
    tls, rules, identity, shown,
    accepted: (verified, seen) => {
      if (seen.recent !== true && !tls.isSessionReused()) recent?.keep(seen.chain);
      keeper?.accept(verified, seen, engine.sessionLifetimeMs);
    },
    settled: keeper && (() => keeper.settled),
    failed: () => void (offered !== undefined && sessions?.forget(key)),
  };
}

/** Sessions are shared by connections that would be verified by the same rules, for the same name, at the same port. */
function sessionKey(trust: string, identity: Identity | undefined, endpoint: Endpoint | undefined): string {
  const where = endpoint === undefined ? '' : isTcpEndpoint(endpoint) ? String(endpoint.port) : formatEndpoint(endpoint);
  return `${trust} ${identity?.text ?? ''} ${where}`;
}

/** Keeps the sessions that a server gives: not before it was found good, and only those that the engine announces. */
class SessionKeeper {
  readonly #tls: TLSSocket;
  readonly #sessions: ClientSessions;
  readonly #key: string;
  readonly #offered: ClientSession | undefined;
  readonly #early: Buffer[] = [];
  #keep: ((session: Buffer) => void) | undefined;
  /** What may be resumed is in the store, or nothing more will come. */
  #isSettled = false;
  #settle: (() => void) | undefined;
  #settled: Promise<void> | undefined;

  constructor(tls: TLSSocket, sessions: ClientSessions, key: string, offered: ClientSession | undefined) {
    this.#tls = tls;
    this.#sessions = sessions;
    this.#key = key;
    this.#offered = offered;
    // Under TLS 1.2 it comes before the handshake is over, under TLS 1.3 with the first bytes after it. Never getSession(): what it gives
    // at the end of a TLS 1.3 handshake cannot be resumed.
    tls.on('session', (session: Buffer) => {
      if (this.#keep === undefined) this.#early.push(session);
      else this.#keep(session);
    });
  }

  accept({ validUntil }: Verified, { chain, staple }: Shown, lifetimeMs: number): void {
    const resumed = this.#tls.isSessionReused();
    const before = resumed ? this.#offered : undefined;
    if (resumed) this.#sessions.countResumed();
    else if (this.#offered !== undefined) this.#sessions.countRefused();
    const authenticatedAt = before?.authenticatedAt ?? Date.now();
    const notAfter = chain.map(({ validTo }) => Date.parse(validTo));
    const expiresAt = sessionExpiry({ authenticatedAt, lifetimeMs, notAfter, validUntil: validUntil === Infinity ? undefined : validUntil });
    const common = {
      staple, authenticatedAt, expiresAt,
      protocol: this.#tls.getProtocol() as TlsVersion,
      chain: chain.map(({ raw }) => raw),
      alpn: typeof this.#tls.alpnProtocol === 'string' ? this.#tls.alpnProtocol : undefined,
    };
    const offer = (session: Buffer): Promise<void> => this.#sessions.offer(this.#key, { ...common, session: withoutPeer(session) });
    // A turn later: the tickets of a server come one after the other, each with an event of its own.
    this.#keep = (session) => void offer(session).then(() => this.#isSettled || setImmediate(() => this.#end()));
    const early = this.#early.splice(0).map(offer);
    // Under TLS 1.2 they have come by now; and one that was resumed may be used again without a new one.
    if (early.length > 0 || common.protocol !== 'TLSv1.3') void Promise.all(early).then(() => setImmediate(() => this.#end()));
  }

  /** See `SETTLED` of core. Made for those who ask. */
  get settled(): Promise<void> {
    this.#settled ??= new Promise((resolve) => {
      if (this.#isSettled || this.#tls.destroyed) return resolve();
      this.#settle = resolve;
      this.#tls.once('close', resolve);
    });
    return this.#settled;
  }

  #end(): void {
    this.#isSettled = true;
    this.#settle?.();
  }
}
