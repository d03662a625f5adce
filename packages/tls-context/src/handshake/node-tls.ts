import type { Duplex } from 'node:stream';
import type { SecureContext, Server } from 'node:tls';
import { connect, TLSSocket } from 'node:tls';

// The only file that knows how node:tls wants to be driven, and the members of it that are not documented.

/** What the engine of one client's handshake is made of. */
export interface ClientEngineOptions {
  readonly secureContext: SecureContext;
  readonly alpn: readonly string[];
  /** For SNI; `undefined` for an address, which RFC 6066 keeps out of it. */
  readonly name: string | undefined;
  readonly session?: Uint8Array | undefined;
  readonly asksForStaple?: boolean | undefined;
}

/** What the engine of one server's handshake is made of. */
export interface ServerEngineOptions {
  readonly secureContext: SecureContext;
  readonly alpn: readonly string[];
  /** Whether a client is asked for a certificate. */
  readonly asks: boolean;
  /** A client without a certificate gets the alert that says so. */
  readonly required: boolean;
  /** A server that never listens: the only way to staple, and to keep sessions by their id. */
  readonly server?: Server | undefined;
}

/** The methods of `TLSSocket` that its documentation leaves out. */
interface Undocumented {
  /** Lets TLS errors through as `error`; `tls.Server` calls it for the sockets that it makes. */
  _releaseControl?(): boolean;
  /** Begins a client's handshake. */
  _start?(): void;
  setServername?(name: string): void;
  /** The native engine. */
  readonly ssl?: {
    readStop?(): unknown;
    verifyError?(): (Error & { code?: string }) | null | undefined;
    readonly writeQueueSize?: number;
    /** Gets each session of a client, once somebody listens to `session`. */
    onnewsession?: (id: Buffer, session: Buffer) => void;
  } | null;
}

/**
 * Starts the client's side. Node's own verification is told not to judge: its verdict is read with {@link chainVerdict} and the
 * name is checked by us, so that every failure is typed and no environment variable has a say.
 */
export function startClient(stream: Duplex, options: ClientEngineOptions): TLSSocket {
  const { prototype } = TLSSocket as unknown as { readonly prototype: Undocumented };
  const known = typeof prototype._start === 'function' && typeof prototype.setServername === 'function';
  return known ? startDirectly(stream, options) : startByConnect(stream, options);
}

/**
 * What `tls.connect()` does, without what it does in vain: it reads a session twice, and makes objects of the old kind of all certificates of the server, for
 * a check of its name that is ours. A third of a full handshake is that.
 */
function startDirectly(stream: Duplex, { secureContext, alpn, name, session, asksForStaple }: ClientEngineOptions): TLSSocket {
  const tls = new TLSSocket(stream, {
    isServer: false,
    secureContext,
    requestCert: true,
    rejectUnauthorized: false,
    ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
    ...(session === undefined ? {} : { session: Buffer.from(session) }),
    ...(asksForStaple === true ? { requestOCSP: true } : {}),
  });
  const inner = tls as unknown as Undocumented;
  // It would hold sessions back until connect() has judged the server. Here it is judged elsewhere, and sessions are kept only after that.
  if (inner.ssl != null) inner.ssl.onnewsession = (_id, given) => void tls.emit('session', given);
  inner._releaseControl?.();
  if (name !== undefined) inner.setServername?.(name);
  tls.once('secure', () => refuseSmallGroup(tls));
  inner._start?.();
  return tls;
}

/** As `tls.connect()` does: OpenSSL takes smaller groups at its lowest security level. */
function refuseSmallGroup(tls: TLSSocket): void {
  const key = tls.getEphemeralKeyInfo();
  if (key === null || !('type' in key) || key.type !== 'DH' || (key.size ?? 0) >= MIN_DH_BITS) return;
  tls.emit('error', Object.assign(new Error(`DH parameter size ${key.size} is less than ${MIN_DH_BITS}`), { code: 'ERR_TLS_DH_PARAM_SIZE' }));
  tls.destroy();
}

const MIN_DH_BITS = 1024;

function startByConnect(stream: Duplex, { secureContext, alpn, name, session, asksForStaple }: ClientEngineOptions): TLSSocket {
  return connect({
    socket: stream,
    secureContext,
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    ...(name === undefined ? {} : { servername: name }),
    ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
    ...(session === undefined ? {} : { session: Buffer.from(session) }),
    ...(asksForStaple === true ? { requestOCSP: true } : {}),
  });
}

/** Starts the server's side. */
export function startServer(stream: Duplex, { secureContext, alpn, asks, required, server }: ServerEngineOptions): TLSSocket {
  const tls = new TLSSocket(stream, {
    isServer: true,
    secureContext,
    requestCert: asks,
    rejectUnauthorized: required,
    ...(server === undefined ? {} : { server }),
    ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
  });
  (tls as unknown as Undocumented)._releaseControl?.();
  return tls;
}

/** What OpenSSL says about the peer's chain: `undefined` = good. A runtime that cannot tell counts as bad. */
export function chainVerdict(tls: TLSSocket): (Error & { code?: string }) | undefined {
  const { ssl } = tls as unknown as Undocumented;
  const verdict: unknown = typeof ssl?.verifyError === 'function' ? ssl.verifyError() : 'nothing';
  if (verdict === null || verdict === undefined) return undefined;
  if (verdict instanceof Error) return verdict;
  return new Error('this runtime does not tell the result of the chain verification (tlsCapabilities of @sock/tls-context/capabilities tells what it can)');
}

/** Whether bytes of the engine's own still wait for room on the connection. A runtime that does not tell answers no. */
export function waitsForRoom(tls: TLSSocket): boolean {
  return ((tls as unknown as Undocumented).ssl?.writeQueueSize ?? 0) > 0;
}

/**
 * Whether a ServerHello has come: a cipher suite is chosen by then. A session that is offered brings one along, so that it counts as answered,
 * too. The types of Node leave out that there may be none.
 */
export function isAnswered(tls: TLSSocket): boolean {
  return (tls.getCipher() as object | undefined) !== undefined;
}

/** Reads no more from below: what comes is left to the system, which stops the sender. */
export function stopReading(tls: TLSSocket): void {
  tls.pause();
  (tls as unknown as Undocumented).ssl?.readStop?.();
}
