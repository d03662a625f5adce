import type { Listener } from '@sock/core';
import { RunningServer } from './running-server.ts';
import type { Handler, ServeArguments, Server } from './server.ts';

/**
 * Accepts connections and hands each to `handler`, until the listener closes. What goes wrong with one connection ends that connection alone, and an accept
 * that fails and may be tried again is tried again. The server has stopped, and `closed` tells it, when the listener is closed and its last connection has left.
 *
 * @throws `ERR_SOCK_POOL_ARGUMENT` for what is no listener or handler, and for an option that is wrong; `ERR_SOCK_CONFIG` for one of the registry or the backoff
 * @example
 * ```ts
 * const server = serve(listener, async (connection) => {
 *   for await (const chunk of connection.socket) await connection.socket.send(chunk);
 * }, { registry: { maxConnections: 1000, idleTimeout: '1m' }, onError: (error) => console.error(error) });
 * await server.drain({ timeout: '20s' });
 * ```
 */
export function serve<D = undefined>(listener: Listener, handler: Handler<D>, ...[options]: ServeArguments<D>): Server<D> {
  return new RunningServer<D>(listener, handler, options ?? {});
}
