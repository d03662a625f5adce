import type { Connector, Socket as ByteSocket, TcpEndpoint, Upgrade } from '@sock/core';
import { tcp } from '../connectors.ts';
import type { AnySocketAddress } from './address.ts';
import { toTarget } from './address.ts';
import type { ConnectionPlan } from './connection.ts';
import { Connection } from './connection.ts';
import type { CheckedOptions, SecureTransportKind, SocketOptions } from './options.ts';
import { checkOptions, kindOf } from './options.ts';
import type { Socket } from './socket.ts';
import { misuse, toSocketError } from './socket-error.ts';

/** Whom a layer is to expect at the other end: `sni`, or the host that was dialled. */
export interface SecureTarget {
  readonly serverName: string;
}

/** What `on` and `starttls` put on a connection: any upgrade that takes a server's name. */
export interface SecureLayer extends Upgrade<SecureTarget> {
  /** The application protocol that a connection agreed on. Default: **`SocketInfo.alpn` is always null** */
  readonly agreed?: ((socket: ByteSocket) => string | undefined) | undefined;
  /** The same layer, which offers these protocols instead of its own; for one connection. Default: **the option `alpn` is refused** */
  readonly offering?: ((protocols: readonly string[]) => Upgrade<SecureTarget>) | undefined;
}

/** What the connections of a binding object are made with. */
export interface Bindings {
  /** Dials: through a proxy, from a local address, with other limits. Default: **`tcp()`** */
  readonly connector?: Connector<TcpEndpoint> | undefined;
  /** Secures. Default: **none; `on` and `starttls` are refused** */
  readonly upgrade?: SecureLayer | undefined;
  /** For connections that do not say. Default: **off** */
  readonly secureTransport?: SecureTransportKind | undefined;
}

/** What the Sockets API calls a binding object: a `connect` with settings of its own. It may be taken off the object. */
export interface BindingObject {
  /**
   * Begins to connect, and answers at once. Everything that happens later is told by the socket.
   *
   * @throws `SocketError` for an address or an option that is wrong; its `cause` has the code: `ERR_SOCK_ENDPOINT`, `ERR_SOCK_ARGUMENT`
   */
  readonly connect: (address: AnySocketAddress, options?: SocketOptions) => Socket;
}

/**
 * Makes a binding object.
 *
 * @throws `SocketError` with `ERR_SOCK_ARGUMENT` for an option that is wrong
 * @example
 * const { connect } = bind({ upgrade: clientContext });
 * const socket = connect('localhost:8443', { secureTransport: 'on' });
 */
export function bind(bindings: Bindings = {}): BindingObject {
  const unknown = Object.keys(bindings).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) throw misuse(`${unknown}: bind() has no such option; it has ${KNOWN.join(', ')}`);
  const { connector = tcp(), upgrade } = bindings;
  const fallback = kindOf(bindings.secureTransport ?? 'off');
  return {
    connect: (address, options) => {
      try {
        const target = toTarget(address);
        return start(connector, planOf(target, checkOptions(options, fallback), upgrade));
      } catch (error) {
        throw toSocketError(error);
      }
    },
  };
}

/**
 * Connects in plain text: {@link BindingObject.connect} of a binding object without a layer.
 *
 * @example
 * const socket = connect('localhost:6379');
 */
export function connect(address: AnySocketAddress, options?: SocketOptions): Socket {
  return bind().connect(address, options);
}

const KNOWN: readonly string[] = ['connector', 'upgrade', 'secureTransport'];

function start(connector: Connector<TcpEndpoint>, plan: ConnectionPlan): Socket {
  const { target, secureTransport, layer } = plan;
  return new Connection(plan, async (signal) => {
    const socket = await connector.connect(target, { signal });
    if (secureTransport !== 'on' || layer === undefined) return socket;
    return await socket.upgrade(layer.upgrade, { serverName: layer.serverName }, { signal });
  });
}

function planOf(target: TcpEndpoint, { secureTransport, allowHalfOpen, sni, alpn }: CheckedOptions, upgrade: SecureLayer | undefined): ConnectionPlan {
  if (secureTransport === 'off') return { target, secureTransport, allowHalfOpen, layer: undefined };
  if (upgrade === undefined) throw misuse(`secureTransport "${secureTransport}" needs a layer that secures: connect with a binding object, bind({ upgrade })`);
  if (alpn.length > 0 && upgrade.offering === undefined) throw misuse(`alpn: the layer "${upgrade.name}" of this binding object cannot offer other protocols than its own`);
  if (sni !== undefined && expectsOneName(upgrade)) throw misuse(`sni: the layer "${upgrade.name}" of this binding object expects one name, whatever is asked for`);
  const layer = {
    upgrade: alpn.length > 0 && upgrade.offering !== undefined ? upgrade.offering(alpn) : upgrade,
    serverName: sni ?? target.host,
    agreed: upgrade.agreed ?? (() => undefined),
  };
  return { target, secureTransport, allowHalfOpen, layer };
}

/** To the layer's key, connections to two servers that differ in name alone are the same. */
function expectsOneName(upgrade: SecureLayer): boolean {
  return upgrade.key({ serverName: 'one.invalid' }) === upgrade.key({ serverName: 'other.invalid' });
}
