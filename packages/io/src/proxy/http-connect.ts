import type { ByteSize, BytesField, Duration, IntField, Section } from '@sock/config';
import { bytes, int, section } from '@sock/config';
import type { Connector, Endpoint } from '@sock/core';
import { toEndpoint } from '@sock/core';
import { requestFields } from './connect-request.ts';
import { openHttpTunnel } from './http-handshake.ts';
import { tunnelConnector } from './tunnel.ts';
import type { TunnelFields } from './tunnel-options.ts';
import { checkObject, identityOf, tunnelFields } from './tunnel-options.ts';

/** Options of {@link viaHttpConnect}. */
export interface HttpConnectOptions {
  /** Where the proxy is, for the connector that reaches it. */
  readonly proxy: Endpoint | string;
  /** User at the proxy, as Basic credentials (RFC 7617): no colon, no control character. Crosses to the proxy in clear unless it is reached by TLS. Default: **none** */
  readonly username?: string | undefined;
  /** Default: **empty** when there is a user */
  readonly password?: string | undefined;
  /**
   * More fields of the request. Names are tokens, values visible ASCII, spaces and tabs; those that would change where the request goes or ends (`Host`,
   * `Content-Length`, `Transfer-Encoding` and the like) are refused. Default: **none**
   */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Time for the proxy to open the tunnel, from the moment in which it is reached. 1 ms to 10 min. Default: **60 s** */
  readonly handshakeTimeout?: Duration | undefined;
  /** The most that the heads of its answers may have together. 64 B to 1 MiB. Default: **16 KiB** */
  readonly maxHeaderBytes?: ByteSize | undefined;
  /** The most fields that its answer may have. 1 to 10,000. Default: **100** */
  readonly maxHeaders?: number | undefined;
  /** How much of the body of a refusal is kept for the error. 0 to 1 MiB. Default: **4 KiB** */
  readonly maxBodyBytes?: ByteSize | undefined;
}

/**
 * Dials through an HTTP proxy by `CONNECT` (RFC 9110, section 9.3.6; HTTP/1.1) that `connector` reaches. Targets are `{ host, port }` or `"host:port"`;
 * names go to the proxy as names. Any 2xx opens the tunnel. The socket's `remote` is the target, its fact `TUNNEL_INFO` the way there. A call's
 * `timeout` covers dialling the proxy and the handshake.
 *
 * @param connector - `tcp()`; `upgradeConnector(tcp(), clientContext)` for a proxy that speaks TLS; or another tunnel
 * @throws `ERR_SOCK_CONFIG`, `ERR_SOCK_ARGUMENT`, `ERR_SOCK_ENDPOINT` for options. Dialling throws what `connector` throws, `ERR_SOCK_PROXY_REFUSED` with
 * `status`, `headers` and `body`, `ERR_SOCK_PROXY_AUTH` for 407, `ERR_SOCK_PROXY_PROTOCOL`, `ERR_SOCK_ENDPOINT`, `ERR_SOCK_TIMEOUT`, `ERR_SOCK_ABORTED`
 */
export function viaHttpConnect(connector: Connector, options: HttpConnectOptions): Connector<Endpoint | string> {
  checkObject('viaHttpConnect()', options);
  const { proxy, headers, ...rest } = options;
  const { handshakeTimeout, username, password, ...limits } = httpConnectSection.resolve(rest, 'viaHttpConnect()');
  const fields = requestFields(headers, username, password);
  return tunnelConnector(connector, {
    kind: 'http-connect',
    words: 'HTTP proxy',
    proxy: toEndpoint(proxy),
    identity: identityOf([username, password, headers === undefined ? undefined : Object.entries(headers)]),
    handshakeTimeout,
    open: async (socket, request) => {
      await openHttpTunnel(socket, request, fields, limits);
      return {};
    },
  });
}

interface HttpConnectFields extends TunnelFields {
  readonly maxHeaderBytes: BytesField;
  readonly maxHeaders: IntField;
  readonly maxBodyBytes: BytesField;
}

const httpConnectSection: Section<'httpConnect', HttpConnectFields> = /*#__PURE__*/ section('httpConnect', {
  .../*#__PURE__*/ tunnelFields(),
  maxHeaderBytes: /*#__PURE__*/ bytes({ default: '16KiB', min: 64, max: '1MiB', doc: 'The most that the heads of an HTTP proxy\'s answers may have' }),
  maxHeaders: /*#__PURE__*/ int({ default: 100, min: 1, max: 10_000, unit: 'fields', doc: 'The most fields that the answer of an HTTP proxy may have' }),
  maxBodyBytes: /*#__PURE__*/ bytes({ default: '4KiB', max: '1MiB', doc: 'How much of the body of a refusal is kept' }),
});
