import type { Cancel, Socket, Upgrade } from '@sock/core';
import type { Handshake } from '../handshake/handshake.ts';
import { startHandshake } from '../handshake/handshake.ts';
import { openClient } from '../handshake/open-client.ts';
import type { HandshakePlan } from '../handshake/opening.ts';
import { secureSocket } from '../handshake/secure-socket.ts';
import { checkAlpn } from '../hello/alpn.ts';
import { TLS_INFO } from '../info.ts';
import type { ClientSessionStats } from '../session/client-sessions.ts';
import type { ClientSessionOptions } from '../session/session-options.ts';
import type { ClientEngine, ClientTarget } from './client-engine.ts';
import { loadClient } from './client-engine.ts';
import type { ContextOptions } from './context-options.ts';
import { Live } from './live.ts';
import type { LiveContext } from './live-context.ts';
import { liveContext } from './live-context.ts';

export type { ClientTarget } from './client-engine.ts';

/** Options of {@link createClientContext}. Without `ca` the authorities that come with the runtime are trusted. */
export interface ClientContextOptions extends ContextOptions {
  /** Whom to expect, whatever address is dialled. Default: **the host of the target** */
  readonly serverName?: string | undefined;
  /** Sessions that servers gave, to be resumed; `false` for none. Default: **kept in memory for two hours** */
  readonly sessions?: ClientSessionOptions | false | undefined;
}

/** A client's side of TLS; put on a connection with `socket.upgrade(context, { serverName })` or `upgradeConnector`. */
export interface ClientContext extends Upgrade<ClientTarget>, LiveContext<ClientContextOptions> {
  readonly role: 'client';
  /** What happened to sessions so far; `undefined` when none are kept. */
  readonly sessionStats: ClientSessionStats | undefined;
  /**
   * Starts a handshake and does not wait: the twin of `socket.upgrade(context, target, options)` for programs that are driven by readiness.
   *
   * @param target - as for `upgrade`. Default: **the endpoint that was dialled**
   */
  handshake(socket: Socket, target?: ClientTarget, options?: Cancel): Handshake;
  /**
   * The same context for connections that offer other application protocols than its own; it follows updates.
   *
   * @throws `ERR_SOCK_TLS_OPTION`
   */
  readonly offering: (protocols: readonly string[]) => Upgrade<ClientTarget>;
  /** The application protocol that a connection agreed on, if it did. */
  readonly agreed: (socket: Socket) => string | undefined;
}

/**
 * Makes a client context. Everything is loaded and checked now: a file that is missing, a key that does not match, a damaged
 * certificate is an error here and not at the first connection.
 *
 * Servers are verified, always: chain, depth and name. `NODE_TLS_REJECT_UNAUTHORIZED` has no effect.
 *
 * @throws `ERR_SOCK_TLS_PEM`, `ERR_SOCK_TLS_MATERIAL`, `ERR_SOCK_TLS_KEY`, `ERR_SOCK_TLS_KEY_MISMATCH`, `ERR_SOCK_TLS_OPTION`, `ERR_SOCK_CONFIG`
 * @example
 * ```ts
 * const context = createClientContext({ ca: { file: 'ca.pem' } });
 * const socket = await (await connect('localhost:8443')).upgrade(context, { serverName: 'localhost' });
 * ```
 */
export function createClientContext(options: ClientContextOptions = {}): ClientContext {
  const live = new Live<ClientContextOptions, ClientEngine>(options, loadClient);
  const plan = (target: ClientTarget, engine: ClientEngine = live.engine): HandshakePlan => {
    const identity = engine.expected(target);
    return { role: 'client', values: engine.values, open: (stream, where) => openClient(stream, engine, identity, where) };
  };
  const context: ClientContext = {
    ...liveContext(live),
    name: 'tls',
    role: 'client',
    get sessionStats() {
      return live.engine.sessions?.stats;
    },
    key: (target) => `${live.engine.trust()} ${live.engine.expected(target)?.text ?? '(anybody)'}`,
    upgrade: async (socket, target, cancel) => await secureSocket(socket, plan(target), cancel),
    handshake: (socket, target, options) => startHandshake(socket, context, plan, target, options),
    agreed: (socket) => socket.get(TLS_INFO)?.alpn,
    offering: (protocols) => {
      const alpn = checkAlpn(protocols);
      return {
        name: 'tls',
        key: (target) => `${context.key(target)} ${JSON.stringify(alpn)}`,
        upgrade: async (socket, target, cancel) => await secureSocket(socket, plan(target, offering(live.engine, alpn)), cancel),
      };
    },
  };
  return context;
}

/** Sessions of connections that offered other protocols stay apart: the key that they are kept under has `trust()` in it. */
function offering(engine: ClientEngine, alpn: readonly string[]): ClientEngine {
  return { ...engine, alpn, trust: () => `${engine.trust()} ${JSON.stringify(alpn)}` };
}
