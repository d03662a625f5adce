import { isIP } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Cancel, Endpoint, Socket, Upgrade } from '@sock/core';
import { isTcpEndpoint, parseEndpoint } from '@sock/core';
import type { ContextOptions } from './context-options.ts';
import { checkContextOptions } from './context-options.ts';
import { loadEngine } from './engine.ts';
import { TlsConfigError } from '../errors.ts';
import type { Identity } from '../verify/expected-name.ts';
import { noName, toIdentity } from '../verify/expected-name.ts';
import { startClient } from '../handshake/node-tls.ts';
import { secureSocket } from '../handshake/secure-socket.ts';

/** Options of {@link createClientContext}. Without `ca` the authorities that come with the runtime are trusted. */
export interface ClientContextOptions extends ContextOptions {
  /** Whom to expect, whatever address is dialled. Default: **the host of the target** */
  readonly serverName?: string | undefined;
}

/** What a client upgrade is told about the server: its address or `"host:port"` (whose host is its name), or its name alone. */
export type ClientTarget = Endpoint | string | { readonly serverName: string } | undefined;

/** A client's side of TLS; put on a connection with `socket.upgrade(context, { serverName })` or `upgradeConnector`. */
export interface ClientContext extends Upgrade<ClientTarget> {
  readonly role: 'client';
  /** The context of `node:tls`, for code that needs one. It carries none of our verification. */
  secureContext(): SecureContext;
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
  const values = checkContextOptions(options, ['serverName'], 'createClientContext()');
  const { cert, key, serverName } = options;
  if ((cert === undefined) !== (key === undefined)) {
    throw new TlsConfigError('ERR_SOCK_TLS_OPTION', cert === undefined ? 'cert' : 'key', 'cert and key are given together, or neither');
  }
  const fixed = serverName === undefined ? undefined : toIdentity(serverName, undefined);
  const engine = loadEngine(options, values, 'require');
  const expected = (target: ClientTarget): Identity => fixed ?? identityOf(target);
  return {
    name: 'tls',
    role: 'client',
    key: (target) => `${engine.trust} ${expected(target).text}`,
    secureContext: () => engine.options.secureContext,
    upgrade: async (socket: Socket, target: ClientTarget, cancel?: Cancel): Promise<Socket> => {
      const peer = expected(target);
      const name = peer.kind === 'name' ? peer.text : undefined;
      return await secureSocket(
        socket,
        { role: 'client', mode: 'require', identity: peer, values, start: (stream) => startClient(stream, engine.options, name) },
        cancel,
      );
    },
  };
}

function identityOf(target: ClientTarget): Identity {
  if (target === undefined) throw noName('the client was not told whom to expect', undefined);
  if (typeof target === 'string') return isName(target) ? toIdentity(target, undefined) : identityOf(parseEndpoint(target));
  if ('serverName' in target) return toIdentity(target.serverName, undefined);
  if (isTcpEndpoint(target)) return toIdentity(target.host, target);
  throw noName('a connection without a host says nothing about whom to expect', target);
}

/** `localhost` and `::1` are names here, `localhost:443` is an endpoint. */
function isName(text: string): boolean {
  return !text.includes(':') || isIP(text) !== 0;
}
