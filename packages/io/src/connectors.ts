import type { Cancel, Connector, Endpoint, Socket } from '@sock/core';
import { coreSection, formatEndpoint, isTcpEndpoint, isUnixEndpoint, SocketError, toEndpoint } from '@sock/core';
import type { ConnectOptions } from './connect.ts';
import { dial } from './connect.ts';
import { checkOptions, DIAL_OPTIONS } from './dial/check-options.ts';
import { ioSection } from './io-section.ts';

/** Options of {@link tcp} and {@link unix}: as of `connect`; `signal` and `timeout` are given to each dial. */
export type ConnectorOptions = Omit<ConnectOptions, keyof Cancel>;

/**
 * A connector for TCP: targets are `{ host, port }` or `"host:port"`. Options are checked once, here.
 *
 * @throws `ERR_SOCK_CONFIG`, `ERR_SOCK_ARGUMENT`; dialling throws what `connect` throws, and `ERR_SOCK_ENDPOINT` for a target that is no TCP address
 */
export function tcp(options: ConnectorOptions = {}): Connector<Endpoint | string> {
  return connector('tcp', '{ host, port } or "host:port"', isTcpEndpoint, options);
}

/** A connector for Unix sockets: targets are `{ path }`, `"unix:/path"` or `"unix:@abstract"`. Else as {@link tcp}. */
export function unix(options: ConnectorOptions = {}): Connector<Endpoint | string> {
  return connector('unix', '{ path } or "unix:/path"', isUnixEndpoint, options);
}

function connector(
  kind: string,
  wanted: string,
  accepts: (endpoint: Endpoint) => boolean,
  options: ConnectorOptions,
): Connector<Endpoint | string> {
  const io = ioSection.pick(options, `${kind}()`);
  const limits = coreSection.pick(options, `${kind}()`);
  checkOptions(options, DIAL_OPTIONS);
  const { localAddress, localPort, policy } = options;
  // All that makes a connection another one: where it comes from, and whether it would be allowed.
  const from = [
    localAddress === undefined && localPort === undefined ? '' : ` from ${localAddress ?? '*'}${localPort === undefined ? '' : `:${localPort}`}`,
    policy === undefined ? '' : ` by ${policy.key}`,
  ].join('');
  const check = (target: Endpoint | string): Endpoint => {
    const endpoint = toEndpoint(target);
    if (accepts(endpoint)) return endpoint;
    const message = `${kind}() got ${formatEndpoint(endpoint)}: it dials ${wanted}`;
    throw new SocketError('ERR_SOCK_ENDPOINT', message, { phase: 'connect', category: 'usage', endpoint });
  };
  return {
    key: (target) => `${kind} ${formatEndpoint(check(target))}${from}`,
    connect: async (target, cancel): Promise<Socket> => await dial(check(target), { ...options, ...cancel }, io, limits),
  };
}
