import type { Cancel, Socket, Upgrade } from '@sock/core';
import { openServer } from '../handshake/open-server.ts';
import { secureSocket } from '../handshake/secure-socket.ts';
import type { Material } from '../material/material.ts';
import type { VerifyMode } from '../verify/rules.ts';
import type { ContextOptions } from './context-options.ts';
import { Live } from './live.ts';
import type { LiveContext } from './live-context.ts';
import { liveContext } from './live-context.ts';
import type { ServerEngine } from './server-engine.ts';
import { loadServer } from './server-engine.ts';

/** Options of {@link createServerContext}. */
export interface ServerContextOptions extends ContextOptions {
  readonly cert: Material;
  readonly key: Material;
  /**
   * Whether clients must show a certificate: `none` does not ask, `peer` checks the one that is shown, `require` takes no client
   * without one. Default: **`require` when `ca` is given, else `none`**
   */
  readonly verify?: VerifyMode | undefined;
}

/** A server's side of TLS; put on a connection with `socket.upgrade(context)` or `upgradeListener`. */
export interface ServerContext extends Upgrade<unknown>, LiveContext<ServerContextOptions> {
  readonly role: 'server';
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
  return {
    ...liveContext(live),
    name: 'tls',
    role: 'server',
    key: () => live.engine.trust(),
    upgrade: async (socket: Socket, _target: unknown, cancel?: Cancel): Promise<Socket> => {
      const { engine } = live;
      return await secureSocket(socket, { role: 'server', values: engine.values, open: (stream) => openServer(stream, engine) }, cancel);
    },
  };
}
