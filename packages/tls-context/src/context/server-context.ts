import type { Cancel, Socket, Upgrade } from '@sock/core';
import type { Handshake } from '../handshake/handshake.ts';
import { startHandshake } from '../handshake/handshake.ts';
import { openServer } from '../handshake/open-server.ts';
import type { HandshakePlan } from '../handshake/opening.ts';
import { secureSocket } from '../handshake/secure-socket.ts';
import type { CertificateOptions } from '../material/own-certificate.ts';
import type { ServerSessionOptions } from '../session/session-options.ts';
import type { VerifyMode } from '../verify/rules.ts';
import type { HelloAnswer, HelloFacts } from './client-hello-choice.ts';
import type { ContextOptions } from './context-options.ts';
import { Live } from './live.ts';
import type { LiveContext } from './live-context.ts';
import { liveContext } from './live-context.ts';
import type { ServerEngine } from './server-engine.ts';
import { loadServer, SERVER_ENGINE } from './server-engine.ts';
import type { Stapler } from './staple-feed.ts';

/** The protocols of a server, or a function that chooses one; `undefined` refuses the client with "no_application_protocol". */
export type ServerAlpn = readonly string[] | ((offered: readonly string[], hello: HelloFacts) => string | undefined | Promise<string | undefined>);

/** Options of {@link createServerContext}. */
export interface ServerContextOptions extends Omit<ContextOptions, 'alpn'> {
  /**
   * Whether clients must show a certificate: `none` does not ask, `peer` checks the one that is shown, `require` takes no client
   * without one. Default: **`require` when `ca` is given, else `none`**
   */
  readonly verify?: VerifyMode | undefined;
  /**
   * Whether a client shows its certificate once for each session: a resumed handshake then verifies the remembered one again. With `false` nothing
   * is resumed, and each connection shows it anew. Without effect when `verify` is `none`. Default: **true**
   */
  readonly once?: boolean | undefined;
  /** Further certificates, chosen by the name that the client asks for. Those for the same names with keys of another type stand beside each other. Default: **none** */
  readonly certificates?: readonly CertificateOptions[] | undefined;
  /** The names that clients may ask for to get `cert`, `*.example.test` for a whole label. Default: **those in the certificate** */
  readonly names?: readonly string[] | undefined;
  /** What a client gets that asks for no name, or for one that no certificate is for: `cert`, or the alert "unrecognized_name". Default: **`default`** */
  readonly unknownName?: 'default' | 'refuse' | undefined;
  /**
   * Chooses for each ClientHello: another context with its own certificates and rules, this one (`undefined`), or a refusal. It has the time
   * of the handshake; what it throws refuses the client with "internal_error". The chosen context is not asked again. Default: **none**
   */
  readonly onClientHello?: ((hello: HelloFacts) => HelloAnswer | Promise<HelloAnswer>) | undefined;
  /** Sessions that clients may resume; `false` for none. Default: **tickets whose keys change every hour, good for two hours** */
  readonly sessions?: ServerSessionOptions | false | undefined;
  /** OCSP responses for this server's certificates, by `stapler()` of `@sock/tls-context/revocation`. Default: **none** */
  readonly staple?: Stapler | undefined;
  /** Application protocols, the preferred first: the server's order decides. Or a function that chooses from what the client offers. Default: **none** */
  readonly alpn?: ServerAlpn | undefined;
}

/** A server's side of TLS; put on a connection with `socket.upgrade(context)` or `upgradeListener`. */
export interface ServerContext extends Upgrade<unknown>, LiveContext<ServerContextOptions> {
  readonly role: 'server';
  /** Starts a handshake and does not wait: the twin of `socket.upgrade(context, undefined, options)` for programs that are driven by readiness. */
  handshake(socket: Socket, options?: Cancel): Handshake;
  /** For other contexts of this package. */
  [SERVER_ENGINE](): ServerEngine;
}

/**
 * Makes a server context. Everything is loaded and checked now, as for a client.
 *
 * @throws `ERR_SOCK_TLS_PEM`, `ERR_SOCK_TLS_MATERIAL`, `ERR_SOCK_TLS_KEY`, `ERR_SOCK_TLS_KEY_MISMATCH`, `ERR_SOCK_TLS_OPTION`, `ERR_SOCK_CONFIG`
 * @example
 * ```ts
 * const context = createServerContext({ cert: { file: 'chain.pem' }, key: { file: 'key.pem' } });
 * for await (const socket of upgradeListener(await listen(':::8443'), context)) void serve(socket);
 * ```
 */
export function createServerContext(options: ServerContextOptions): ServerContext {
  const live = new Live<ServerContextOptions, ServerEngine>(options, loadServer);
  const plan = (): HandshakePlan => {
    const { engine } = live;
    return { role: 'server', values: engine.values, open: (stream, where) => openServer(stream, () => live.engine, where) };
  };
  const context: ServerContext = {
    ...liveContext(live),
    name: 'tls',
    role: 'server',
    key: () => live.engine.trust(),
    upgrade: async (socket, _target, cancel) => await secureSocket(socket, plan(), cancel),
    handshake: (socket, options) => startHandshake<unknown>(socket, context, plan, undefined, options),
    [SERVER_ENGINE]: () => live.engine,
  };
  return context;
}
