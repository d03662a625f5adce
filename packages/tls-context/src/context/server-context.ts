import { constants } from 'node:crypto';
import type { SecureContext } from 'node:tls';
import type { Cancel, Socket, Upgrade } from '@sock/core';
import type { ContextOptions } from './context-options.ts';
import { checkContextOptions } from './context-options.ts';
import { loadEngine } from './engine.ts';
import { TlsConfigError } from '../errors.ts';
import type { Material } from '../material/material.ts';
import { startServer } from '../handshake/node-tls.ts';
import { secureSocket } from '../handshake/secure-socket.ts';
import type { VerifyMode } from '../verify/verify-peer.ts';

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
export interface ServerContext extends Upgrade<unknown> {
  readonly role: 'server';
  /** The context of `node:tls`, for code that needs one. It carries none of our verification. */
  secureContext(): SecureContext;
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
  const values = checkContextOptions(options, ['verify'], 'createServerContext()');
  const { cert, key, ca, verify: mode = ca === undefined ? 'none' : 'require' } = options;
  if (cert === undefined || key === undefined) {
    throw new TlsConfigError('ERR_SOCK_TLS_OPTION', cert === undefined ? 'cert' : 'key', 'a server needs a certificate and its key');
  }
  checkMode(mode, ca !== undefined);
  const engine = loadEngine(options, values, mode, {
    // The server knows its own machine; the client's order is often no choice at all.
    honorCipherOrder: true,
    // A resumed session shows no certificate: until sessions carry a verified one, a server that asks for them resumes none.
    secureOptions: mode === 'none' ? 0 : constants.SSL_OP_NO_TICKET,
  });
  return {
    name: 'tls',
    role: 'server',
    key: () => engine.trust,
    secureContext: () => engine.options.secureContext,
    upgrade: async (socket: Socket, _target: unknown, cancel?: Cancel): Promise<Socket> =>
      await secureSocket(
        socket,
        {
          role: 'server', mode, identity: undefined, values,
          start: (stream) => startServer(stream, engine.options, mode !== 'none', mode === 'require'),
        },
        cancel,
      ),
  };
}

function checkMode(mode: VerifyMode, hasAuthorities: boolean): void {
  if (mode !== 'none' && mode !== 'peer' && mode !== 'require') {
    throw new TlsConfigError('ERR_SOCK_TLS_OPTION', 'verify', `${JSON.stringify(mode)} is none of none, peer, require`);
  }
  if (mode === 'none' && hasAuthorities) {
    throw new TlsConfigError('ERR_SOCK_TLS_OPTION', 'ca', 'authorities are given, but verify "none" never uses them');
  }
  if (mode !== 'none' && !hasAuthorities) {
    throw new TlsConfigError('ERR_SOCK_TLS_OPTION', 'ca', `verify "${mode}" needs the authorities of the clients: any public authority would do otherwise`);
  }
}
