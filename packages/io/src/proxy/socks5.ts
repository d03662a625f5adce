import type { Duration, Section } from '@sock/config';
import { section } from '@sock/config';
import type { Connector, Endpoint } from '@sock/core';
import { toEndpoint } from '@sock/core';
import type { Credentials } from './socks5-handshake.ts';
import { openSocks5 } from './socks5-handshake.ts';
import { tunnelConnector } from './tunnel.ts';
import type { TunnelFields } from './tunnel-options.ts';
import { checkObject, identityOf, optionFault, tunnelFields } from './tunnel-options.ts';

/** Options of {@link viaSocks5}. */
export interface Socks5Options {
  /** Where the proxy is, for the connector that reaches it. Default: **`127.0.0.1:1080`**, the port of RFC 1928 */
  readonly proxy?: Endpoint | string | undefined;
  /** User at the proxy (RFC 1929), 1 to 255 bytes of UTF-8; with a password or not at all. Crosses to the proxy in clear. Default: **none** */
  readonly username?: string | undefined;
  /** 1 to 255 bytes of UTF-8. */
  readonly password?: string | undefined;
  /** Time for the proxy to open the tunnel, from the moment in which it is reached. 1 ms to 10 min. Default: **60 s** */
  readonly handshakeTimeout?: Duration | undefined;
}

/**
 * Dials through a SOCKS5 proxy (RFC 1928, RFC 1929) that `connector` reaches. Targets are `{ host, port }` or `"host:port"`; names go to the proxy as
 * names and are resolved there. The socket's `remote` is the target, its fact `TUNNEL_INFO` the way there. A call's `timeout` covers
 * dialling the proxy and the handshake.
 *
 * @param connector - `tcp()`, or another tunnel: proxies can be chained
 * @throws `ERR_SOCK_CONFIG`, `ERR_SOCK_ARGUMENT`, `ERR_SOCK_ENDPOINT` for options. Dialling throws what `connector` throws, `ERR_SOCK_PROXY_REFUSED` with
 * `reply`, `ERR_SOCK_PROXY_AUTH`, `ERR_SOCK_PROXY_PROTOCOL`, `ERR_SOCK_ENDPOINT`, `ERR_SOCK_TIMEOUT`, `ERR_SOCK_ABORTED`
 * @example
 * ```ts
 * const dial = upgradeConnector(viaSocks5(tcp(), { proxy: 'localhost:1080' }), createClientContext());
 * const socket = await dial.connect({ host: 'example.com', port: 443 });
 * ```
 */
export function viaSocks5(connector: Connector, options: Socks5Options = {}): Connector<Endpoint | string> {
  checkObject('viaSocks5()', options);
  const { proxy = '127.0.0.1:1080', ...rest } = options;
  const { handshakeTimeout, username, password } = socks5Section.resolve(rest, 'viaSocks5()');
  const credentials = socks5Credentials(username, password);
  return tunnelConnector(connector, {
    kind: 'socks5',
    words: 'SOCKS5 proxy',
    proxy: toEndpoint(proxy),
    identity: identityOf([username, password]),
    handshakeTimeout,
    open: async (socket, request) => ({ bound: await openSocks5(socket, request, credentials) }),
  });
}

const socks5Section: Section<'socks5', TunnelFields> = /*#__PURE__*/ section('socks5', /*#__PURE__*/ tunnelFields());

function socks5Credentials(username: string | undefined, password: string | undefined): Credentials | undefined {
  if (username === undefined && password === undefined) return undefined;
  return { username: field('username', username), password: field('password', password) };
}

function field(name: string, value: string | undefined): Uint8Array {
  if (value === undefined) throw optionFault('viaSocks5()', name, 'is missing: username and password are given together, or neither');
  const bytes = new TextEncoder().encode(value);
  if (bytes.length >= 1 && bytes.length <= 255) return bytes;
  throw optionFault('viaSocks5()', name, `has ${bytes.length} bytes; SOCKS5 has room for 1 to 255`);
}
