import { connect as nodeConnect, isIP } from 'node:net';
import type { NetConnectOpts } from 'node:net';
import type { Cancel, Endpoint, Socket, SocketLimits, SocketLimitsInput, TcpEndpoint } from '@sock/core';
import { Budget, coreSection, formatEndpoint, isTcpEndpoint, isUnixEndpoint, SocketError, toEndpoint, wait } from '@sock/core';
import { checkOptions, DIAL_OPTIONS } from './dial/check-options.ts';
import { interleave } from './dial/interleave.ts';
import { race } from './dial/race.ts';
import { fromErrno } from './errno.ts';
import type { IoInput, IoValues } from './io-section.ts';
import { ioSection } from './io-section.ts';
import { fromNodeSocket } from './node-socket.ts';
import type { AddressPolicy } from './policy/address-policy.ts';
import { programObserver } from './program-observer.ts';
import type { Lookup } from './resolve-host.ts';
import { resolveHost } from './resolve-host.ts';

/** Options of {@link connect}: how to dial, the limits of the socket, and `{ signal, timeout }` for the whole call. */
export interface ConnectOptions extends Cancel, SocketLimitsInput, IoInput {
  /** The local address to dial from; addresses of the other family are left out. Default: **the system's choice** */
  readonly localAddress?: string | undefined;
  /** The local port to dial from, 1 to 65,535; TCP only. One port can hold one connection to each address. Default: **any free one** */
  readonly localPort?: number | undefined;
  /** Resolves names. Default: **the system's resolver** (`getaddrinfo`, with the hosts file) */
  readonly lookup?: Lookup | undefined;
  /** Decides on every address before it is dialled, resolved or literal; see `@sock/io/policy`. Default: **none** */
  readonly policy?: AddressPolicy | undefined;
}

/**
 * Connects to `{ host, port }`, `{ path }` or their text (`"host:port"`, `"unix:/path"`). The addresses of a name race each other
 * (RFC 8305): families take turns, the next address begins `attemptDelay` after the one before, at once when one fails, and the first that
 * answers ends the others. `timeout` is one budget for look-up and connect together.
 *
 * @throws {@link ConnectError} with `attempts`: `ERR_SOCK_REFUSED`, `ERR_SOCK_UNREACHABLE`, `ERR_SOCK_TIMEOUT`, `ERR_SOCK_ABORTED` and others.
 * `ERR_SOCK_NOT_FOUND` (no such path), `ERR_SOCK_NAME` (phase `dns`), `ERR_SOCK_ADDRESS_DENIED`, `ERR_SOCK_ENDPOINT`, `ERR_SOCK_ARGUMENT`,
 * `ERR_SOCK_CONFIG`; the error names endpoint and phase
 * @example
 * ```ts
 * const socket = await connect({ host: 'localhost', port: 6379 }, { timeout: '2s' });
 * ```
 */
export async function connect(target: Endpoint | string, options: ConnectOptions = {}): Promise<Socket> {
  checkOptions(options, DIAL_OPTIONS);
  return await dial(toEndpoint(target), options, ioSection.pick(options), coreSection.pick(options));
}

/** {@link connect} with everything resolved, for a connector that dials often. */
export function dial(endpoint: Endpoint, options: ConnectOptions, io: IoValues, limits: SocketLimits): Promise<Socket> {
  const observer = programObserver();
  if (observer === undefined) return reach(endpoint, options, io, limits);
  return observer.connect(endpoint, () => reach(endpoint, options, io, limits));
}

async function reach(endpoint: Endpoint, options: ConnectOptions, io: IoValues, limits: SocketLimits): Promise<Socket> {
  const budget = new Budget(options);
  const { policy } = options;
  if (isUnixEndpoint(endpoint)) {
    const refusal = policy?.refusal(formatEndpoint(endpoint), 'connect', endpoint);
    if (refusal !== undefined) throw refusal;
    return await open({ path: endpoint.path }, endpoint, limits, budget.rest(io.connectTimeout));
  }
  if (!isTcpEndpoint(endpoint)) throw notDialable(endpoint, 'an endpoint in memory cannot be dialled: use memoryPair()');
  if (endpoint.port === 0) throw notDialable(endpoint, 'port 0 is for listeners, and means any free one');
  const family = localFamily(options, endpoint);
  const found = (await resolveHost(endpoint, budget.rest(io.dnsTimeout), options.lookup)).filter((address) => family === 0 || isIP(address) === family);
  if (found.length === 0) throw badLocal(`localAddress "${options.localAddress}" is of another family than every address of the target`, endpoint);
  const denied = new Map<string, SocketError>();
  for (const address of policy === undefined ? [] : found) {
    const refusal = policy?.refusal(address, 'connect', endpoint);
    if (refusal !== undefined) denied.set(address, refusal);
  }
  const addresses = interleave(found.filter((address) => !denied.has(address)));
  if (addresses.length === 0) throw denied.get(found[0] as string) as SocketError;
  return await race(addresses, budget, {
    ...io, endpoint, denied, open: async (host, cancel) => await open(tcpOptions(host, endpoint, options, io), endpoint, limits, cancel),
  });
}

function tcpOptions(host: string, { port }: TcpEndpoint, { localAddress, localPort }: ConnectOptions, io: IoValues): NetConnectOpts {
  return {
    host,
    port,
    noDelay: io.noDelay,
    keepAlive: io.keepAlive,
    keepAliveInitialDelay: io.keepAliveDelay,
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(localPort === undefined ? {} : { localPort }),
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

/** 4 or 6 when only addresses of that family can be dialled. */
function localFamily({ localAddress, localPort = 1 }: ConnectOptions, endpoint: Endpoint): number {
  const family = isIP(localAddress ?? '');
  if (localAddress !== undefined && family === 0) throw badLocal(`localAddress "${localAddress}" is no IP address`, endpoint);
  if (!Number.isInteger(localPort) || localPort < 1 || localPort > 65_535) throw badLocal(`localPort ${localPort} is not within 1 to 65535`, endpoint);
  return family;
}

function badLocal(why: string, endpoint: Endpoint): SocketError<'ERR_SOCK_ARGUMENT'> {
  return new SocketError('ERR_SOCK_ARGUMENT', why, { phase: 'connect', category: 'usage', endpoint });
}

function notDialable(endpoint: Endpoint, why: string): SocketError<'ERR_SOCK_ENDPOINT'> {
  return new SocketError('ERR_SOCK_ENDPOINT', `connect ${formatEndpoint(endpoint)}: ${why}`, { phase: 'connect', category: 'usage', endpoint });
}
