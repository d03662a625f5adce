import type { Cancel, Connector, Endpoint, Socket } from '@sock/core';
import { Budget } from '@sock/core';
import type { ProxyHeader } from './proxy-header.ts';
import { encodeProxyHeader } from './proxy-header.ts';
import { shortDigest } from './sha256.ts';
import { checkConnector, optionFault } from './tunnel-options.ts';

/**
 * Sends a PROXY header on a connection on which nothing was sent yet, before TLS if there is any.
 *
 * @throws what {@link encodeProxyHeader} and `socket.send` throw
 * @example
 * ```ts
 * const backend = await connect('10.0.0.5:8080');
 * await sendProxyHeader(backend, { source: client.remote, destination: client.local });
 * ```
 */
export async function sendProxyHeader(socket: Socket, header: ProxyHeader, options?: Cancel): Promise<void> {
  const bytes = encodeProxyHeader(header);
  if (typeof (socket as Partial<Socket> | null | undefined)?.send !== 'function') throw optionFault('sendProxyHeader()', 'socket', 'is no Socket of @sock/core');
  await socket.send(bytes, options);
}

/**
 * A connector whose connections begin with a PROXY header. The header is part of the connector's key: a connection is made for one client, and a pool
 * must not give it to another.
 *
 * @param header - what to say, or a function that tells it for a target; it is called for each dial and each key, and says the same for the same target
 * @throws what {@link encodeProxyHeader} throws: here at once for a header, at dialling for a function
 */
export function withProxyHeader<T = Endpoint>(connector: Connector<T>, header: ProxyHeader | ((target: T) => ProxyHeader)): Connector<T> {
  checkConnector('withProxyHeader()', connector);
  const fixed = typeof header === 'function' ? undefined : encodeProxyHeader(header);
  const bytesFor = (target: T): Uint8Array => fixed ?? encodeProxyHeader((header as (target: T) => ProxyHeader)(target));
  return {
    key: (target) => `${connector.key(target)} proxy-header(${shortDigest(bytesFor(target).join())})`,
    connect: async (target, options) => {
      const bytes = bytesFor(target);
      const budget = new Budget(options);
      const socket = await connector.connect(target, budget.rest());
      try {
        await socket.send(bytes, budget.rest());
        return socket;
      } catch (error) {
        socket.destroy(error);
        throw error;
      }
    },
  };
}
