import type { Duplex } from 'node:stream';
import type { SecureContext } from 'node:tls';
import { connect, TLSSocket } from 'node:tls';

// The only file that knows how node:tls wants to be driven, and the two members of it that are not documented.

/** What a TLS engine is made of. */
export interface EngineOptions {
  readonly secureContext: SecureContext;
  readonly alpn: readonly string[];
}

/** The methods of `TLSSocket` that its documentation leaves out. */
interface Undocumented {
  /** Lets TLS errors through as `error`; `tls.Server` calls it for the sockets that it makes. */
  _releaseControl?(): boolean;
  /** The native engine. */
  readonly ssl?: { verifyError?(): (Error & { code?: string }) | null | undefined } | null;
}

/**
 * Starts the client's side. Node's own verification is told not to judge: its verdict is read with {@link chainVerdict} and the
 * name is checked by us, so that every failure is typed and no environment variable has a say.
 *
 * @param name - for SNI; `undefined` for an address, which RFC 6066 keeps out of it
 */
export function startClient(stream: Duplex, options: EngineOptions, name: string | undefined): TLSSocket {
  return connect({
    socket: stream,
    secureContext: options.secureContext,
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    ...(name === undefined ? {} : { servername: name }),
    ...(options.alpn.length === 0 ? {} : { ALPNProtocols: [...options.alpn] }),
  });
}

/** Starts the server's side. With `required`, a client without a certificate gets the alert that says so. */
export function startServer(stream: Duplex, options: EngineOptions, asks: boolean, required: boolean): TLSSocket {
  const tls = new TLSSocket(stream, {
    isServer: true,
    secureContext: options.secureContext,
    requestCert: asks,
    rejectUnauthorized: required,
    ...(options.alpn.length === 0 ? {} : { ALPNProtocols: [...options.alpn] }),
  });
  (tls as unknown as Undocumented)._releaseControl?.();
  return tls;
}

/** What OpenSSL says about the peer's chain: `undefined` = good. A runtime that cannot tell counts as bad. */
export function chainVerdict(tls: TLSSocket): (Error & { code?: string }) | undefined {
  const { ssl } = tls as unknown as Undocumented;
  if (typeof ssl?.verifyError !== 'function') return new Error('this runtime does not tell the result of the chain verification');
  return ssl.verifyError() ?? undefined;
}
