import { connect as nodeConnect, isIP } from 'node:net';
import type { NetConnectOpts } from 'node:net';
import type { Cancel, Endpoint, Socket, SocketLimits, SocketLimitsInput, TcpEndpoint } from '@sock/core';
import { Budget, coreSection, formatEndpoint, isTcpEndpoint, isUnixEndpoint, SocketError, toEndpoint, wait } from '@sock/core';
import { fromErrno } from './errno.ts';
import type { IoInput, IoValues } from './io-section.ts';
import { ioSection } from './io-section.ts';
import { fromNodeSocket } from './node-socket.ts';
import type { Lookup } from './resolve-host.ts';
import { resolveHost } from './resolve-host.ts';

/** Options of {@link connect}: how to dial, the limits of the socket, and `{ signal, timeout }` for the whole call. */
export interface ConnectOptions extends Cancel, SocketLimitsInput, IoInput {
  /** The local address to dial from. Default: **the system's choice** */
  readonly localAddress?: string | undefined;
  /** Resolves names. Default: **the system's resolver** (`getaddrinfo`, with the hosts file) */
  readonly lookup?: Lookup | undefined;
}

/**
 * Connects to `{ host, port }`, `{ path }` or their text (`"host:port"`, `"unix:/path"`). The addresses of a name are tried in
 * order, the next at once when one fails. `timeout` is one budget for look-up and connect together.
 *
 * @throws `ERR_SOCK_REFUSED`, `ERR_SOCK_NOT_FOUND` (no such path), `ERR_SOCK_NAME` (phase `dns`), `ERR_SOCK_UNREACHABLE`,
 * `ERR_SOCK_ENDPOINT`, `ERR_SOCK_ARGUMENT`, `ERR_SOCK_CONFIG`, `ERR_SOCK_TIMEOUT`, `ERR_SOCK_ABORTED`; the error names endpoint and phase
 * @example
 * ```ts
 * const socket = await connect({ host: 'localhost', port: 6379 }, { timeout: '2s' });
 * ```
 */
export async function connect(target: Endpoint | string, options: ConnectOptions = {}): Promise<Socket> {
  return await dial(toEndpoint(target), options, ioSection.pick(options), coreSection.pick(options));
}

/** {@link connect} with everything resolved, for a connector that dials often. */
export async function dial(endpoint: Endpoint, options: ConnectOptions, io: IoValues, limits: SocketLimits): Promise<Socket> {
  const budget = new Budget(options);
  if (isUnixEndpoint(endpoint)) {
    return await open({ path: endpoint.path }, endpoint, limits, budget.rest(io.connectTimeout));
  }
  if (!isTcpEndpoint(endpoint)) throw notDialable(endpoint, 'an endpoint in memory cannot be dialled: use memoryPair()');
  if (endpoint.port === 0) throw notDialable(endpoint, 'port 0 is for listeners, and means any free one');
  if (options.localAddress !== undefined && isIP(options.localAddress) === 0) throw noAddress(options.localAddress, endpoint);
  const addresses = await resolveHost(endpoint, budget.rest(io.dnsTimeout), options.lookup);
  const failures: SocketError[] = [];
  for (const host of addresses) {
    try {
      return await open(tcpOptions(host, endpoint, options, io), endpoint, limits, budget.rest(io.connectTimeout));
    } catch (error) {
      failures.push(error as SocketError);
      if (budget.over) break;
    }
  }
  throw allFailed(endpoint, addresses, failures);
}

function tcpOptions(host: string, { port }: TcpEndpoint, options: ConnectOptions, io: IoValues): NetConnectOpts {
  return {
    host,
    port,
    noDelay: io.noDelay,
    keepAlive: io.keepAlive,
    keepAliveInitialDelay: io.keepAliveDelay,
    ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
  };
}

function open(options: NetConnectOpts, endpoint: Endpoint, limits: SocketLimits, cancel: Cancel): Promise<Socket> {
  return wait<Socket>(cancel, { phase: 'connect', endpoint }, (resolve, reject) => {
    const stream = nodeConnect({ ...options, allowHalfOpen: true });
    const failed = (error: unknown): void => reject(fromErrno(error, 'connect', endpoint));
    stream.once('error', failed);
    stream.once('connect', () => {
      // Listens to errors in the very moment in which we stop: none may come between and end the process.
      const socket = fromNodeSocket(stream, limits, isUnixEndpoint(endpoint) ? endpoint : undefined, endpoint);
      stream.off('error', failed);
      resolve(socket);
    });
    return () => void stream.destroy();
  });
}

function allFailed(endpoint: TcpEndpoint, addresses: readonly string[], failures: readonly SocketError[]): SocketError {
  const last = failures.at(-1) as SocketError;
  if (failures.length === 1) return last;
  const attempts = failures.map((failure, index) => `${addresses[index]}: ${failure.code}`).join(', ');
  const { code, phase, category, retryable } = last;
  return new SocketError(code, `${last.message}; tried ${attempts}`, {
    phase, category, retryable, endpoint, cause: new AggregateError(failures, 'every address failed'),
  });
}

function noAddress(localAddress: string, endpoint: Endpoint): SocketError<'ERR_SOCK_ARGUMENT'> {
  return new SocketError('ERR_SOCK_ARGUMENT', `localAddress "${localAddress}" is no IP address`, { phase: 'connect', category: 'usage', endpoint });
}

function notDialable(endpoint: Endpoint, why: string): SocketError<'ERR_SOCK_ENDPOINT'> {
  return new SocketError('ERR_SOCK_ENDPOINT', `connect ${formatEndpoint(endpoint)}: ${why}`, { phase: 'connect', category: 'usage', endpoint });
}
