import type { Cancel, Connector, Endpoint, InfoKey, Socket, TcpEndpoint } from '@sock/core';
import { Budget, DIALLED, formatEndpoint, infoKey, isSocketError, isTcpEndpoint, SocketError, toEndpoint } from '@sock/core';
import { checkConnector } from './tunnel-options.ts';
import { ProxyError } from './proxy-error.ts';
import { relabelled } from './relabelled-transport.ts';
import { wireTarget } from './wire-target.ts';

/** How a connection goes through a proxy. */
export interface TunnelInfo {
  readonly kind: 'socks5' | 'http-connect';
  readonly proxy: Endpoint;
  /** Where the proxy says that it dials from (SOCKS5's BND.ADDR and BND.PORT). Many proxies say `0.0.0.0:0`. */
  readonly bound?: TcpEndpoint | undefined;
  /** The proxy's own address on this machine's connection, as far as the transport knows it. */
  readonly through: Endpoint | undefined;
  /** The tunnel that this one lies in, when proxies are chained. */
  readonly below: TunnelInfo | undefined;
}

/** The tunnel of a connection made by `viaSocks5` or `viaHttpConnect`: the outermost one, as seen from the target. */
export const TUNNEL_INFO: InfoKey<TunnelInfo> = /*#__PURE__*/ infoKey<TunnelInfo>('io.tunnel', { passes: true });

/** One kind of proxy, with its options resolved. */
export interface TunnelKind {
  readonly kind: TunnelInfo['kind'];
  /** For messages: `SOCKS5 proxy`. */
  readonly words: string;
  readonly proxy: Endpoint;
  /** What two connections must agree in beside proxy and target: a digest of the credentials. */
  readonly identity: string;
  /** Milliseconds. */
  readonly handshakeTimeout: number;
  /** Asks the proxy for a tunnel, and returns when it stands. */
  readonly open: (socket: Socket, request: TunnelRequest) => Promise<{ readonly bound?: TcpEndpoint | undefined }>;
}

/** What {@link TunnelKind.open} is asked. */
export interface TunnelRequest {
  readonly proxy: Endpoint;
  /** As the program gave it. */
  readonly target: TcpEndpoint;
  /** The target's host as it goes into the request: an IP literal without a zone, or a name of letters, digits, `-`, `_` and dots. */
  readonly host: string;
  /** What is left of the time, for each wait. */
  readonly cancel: () => Cancel;
}

/** A connector that reaches `proxy` by `connector` and has it open a tunnel to each target. One budget covers both. */
export function tunnelConnector(connector: Connector, tunnel: TunnelKind): Connector<Endpoint | string> {
  checkConnector(tunnel.words, connector);
  const { kind, proxy, identity } = tunnel;
  return {
    key: (target) => `${connector.key(proxy)} ${kind}(${formatEndpoint(checked(target, tunnel))}${identity === '' ? '' : ` as ${identity}`})`,
    connect: async (input, cancel): Promise<Socket> => {
      const target = checked(input, tunnel);
      const host = wireTarget(target, tunnel.words);
      const budget = new Budget(cancel);
      const socket = await connector.connect(proxy, budget.rest());
      const upgrade = {
        name: kind,
        key: () => identity,
        upgrade: async (below: Socket, _: Endpoint, limit?: Cancel) => await throughTunnel(below, tunnel, { target, host }, new Budget(new Budget(limit).rest(tunnel.handshakeTimeout))),
      };
      return await socket.upgrade(upgrade, target, budget.rest());
    },
  };
}

async function throughTunnel(socket: Socket, tunnel: TunnelKind, asked: Pick<TunnelRequest, 'target' | 'host'>, budget: Budget): Promise<Socket> {
  const { kind, proxy } = tunnel;
  const { target } = asked;
  const { local, remote } = socket;
  const below = socket.get(TUNNEL_INFO);
  try {
    const { bound } = await tunnel.open(socket, { ...asked, proxy, cancel: () => budget.rest() });
    const info: TunnelInfo = { kind, proxy, bound, through: remote, below };
    const facts = new Map<symbol, unknown>([[DIALLED.symbol, target], [TUNNEL_INFO.symbol, info]]);
    return relabelled(await socket.detach(budget.rest()), { local, remote: target, facts });
  } catch (error) {
    throw tunnelFailure(error, tunnel, target);
  }
}

/** A wait knows nothing of proxies: its errors are told in words that name the proxy and the target. */
function tunnelFailure(error: unknown, { words, proxy, handshakeTimeout }: TunnelKind, target: TcpEndpoint): unknown {
  const who = `the ${words} ${formatEndpoint(proxy)}`;
  if (isSocketError(error, 'ERR_SOCK_TIMEOUT')) {
    const message = `${who} did not open a tunnel to ${formatEndpoint(target)} within the time for it (handshakeTimeout ${handshakeTimeout} ms, and what the call has left)`;
    return new SocketError('ERR_SOCK_TIMEOUT', message, { phase: 'upgrade', category: 'timeout', retryable: true, endpoint: target, cause: error });
  }
  if (isSocketError(error, 'ERR_SOCK_UNEXPECTED_END')) {
    const message = `${who} ended the connection instead of a whole answer about ${formatEndpoint(target)}; does it let this machine in, and is it such a proxy?`;
    return new ProxyError('ERR_SOCK_PROXY_PROTOCOL', message, { proxy, phase: 'upgrade', category: 'protocol', endpoint: target, cause: error });
  }
  return error;
}

/** @throws `ERR_SOCK_ENDPOINT` */
function checked(input: Endpoint | string, { words }: TunnelKind): TcpEndpoint {
  const target = toEndpoint(input);
  const why = isTcpEndpoint(target) ? (target.port === 0 ? 'port 0 is for listeners' : undefined) : 'a tunnel leads to { host, port } alone';
  if (why === undefined && isTcpEndpoint(target)) return target;
  throw new SocketError('ERR_SOCK_ENDPOINT', `connect ${formatEndpoint(target)} through a ${words}: ${why}`, { phase: 'connect', category: 'usage', endpoint: target });
}
