import { lookup as systemLookup } from 'node:dns';
import { isIP } from 'node:net';
import type { Cancel, TcpEndpoint } from '@sock/core';
import { formatEndpoint, SocketError, wait } from '@sock/core';
import { fromErrno } from './errno.ts';

/** Resolves a name to IP addresses, best first. */
export type Lookup = (host: string) => Promise<LookupAnswer>;

/** IP addresses, best first. */
export interface LookupAnswer extends ReadonlyArray<string> {
  /** How long a cache may keep them, in milliseconds. Default: **not known** */
  readonly ttlMs?: number | undefined;
}

/**
 * The addresses of an endpoint, best first; a literal is its own. A look-up that comes late is dropped.
 *
 * @throws `ERR_SOCK_NAME` with phase `dns`, `ERR_SOCK_TIMEOUT`, `ERR_SOCK_ABORTED`
 */
export async function resolveHost(endpoint: TcpEndpoint, cancel: Cancel, lookup: Lookup = bySystem): Promise<readonly string[]> {
  if (isIP(endpoint.host) !== 0) return [endpoint.host];
  return await wait<readonly string[]>(cancel, { phase: 'dns', what: 'name look-up', endpoint }, (resolve, reject) => {
    // Begun inside `then`, and handled behind it, so that a look-up that throws or answers with no list is one that rejects.
    Promise.resolve(endpoint.host).then(lookup).then((addresses) => {
      const wrong = addresses.findIndex((address) => isIP(address) === 0);
      if (addresses.length === 0) reject(noName(endpoint, 'the look-up gave no address'));
      // Node would look it up again, past the caller's own look-up.
      else if (wrong !== -1) reject(noName(endpoint, `the look-up gave "${addresses[wrong]}", which is no IP address`));
      else resolve(addresses);
    }).catch((error: unknown) => {
      const typed = fromErrno(error, 'dns', endpoint);
      if (typed.code === 'ERR_SOCK_SYSTEM') reject(noName(endpoint, error instanceof Error ? error.message : String(error), error));
      // A look-up knows the name alone.
      else reject(typed.endpoint === undefined ? new SocketError(typed.code, typed.message, { ...typed, endpoint, cause: typed.cause }) : typed);
    });
  });
}

/** `getaddrinfo`, with the hosts file; it tells no time to live. */
export function bySystem(host: string): Promise<LookupAnswer> {
  return new Promise((resolve, reject) => {
    systemLookup(host, { all: true, verbatim: true }, (error, addresses) => {
      if (error === null) resolve(addresses.map(({ address }) => address));
      else reject(error);
    });
  });
}

function noName(endpoint: TcpEndpoint, why: string, cause?: unknown): SocketError<'ERR_SOCK_NAME'> {
  return new SocketError('ERR_SOCK_NAME', `dns ${formatEndpoint(endpoint)} does not resolve: ${why}`, { phase: 'dns', category: 'name', endpoint, cause });
}
