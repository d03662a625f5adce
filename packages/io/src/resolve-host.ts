import { lookup as systemLookup } from 'node:dns';
import { isIP } from 'node:net';
import type { Cancel, TcpEndpoint } from '@sock/core';
import { wait } from '@sock/core';
import { fromErrno } from './errno.ts';

/** Resolves a name to addresses, best first. */
export type Lookup = (host: string) => Promise<readonly string[]>;

/**
 * The addresses of an endpoint, best first; a literal is its own. A look-up that comes late is dropped.
 *
 * @throws `ERR_SOCK_NAME` with phase `dns`, `ERR_SOCK_TIMEOUT`, `ERR_SOCK_ABORTED`
 */
export async function resolveHost(endpoint: TcpEndpoint, cancel: Cancel, lookup: Lookup = bySystem): Promise<readonly string[]> {
  if (isIP(endpoint.host) !== 0) return [endpoint.host];
  return await wait<readonly string[]>(cancel, { phase: 'dns', what: 'name look-up', endpoint }, (resolve, reject) => {
    lookup(endpoint.host).then(
      (addresses) => (addresses.length > 0 ? resolve(addresses) : reject(fromErrno(noAddress(endpoint.host), 'dns', endpoint))),
      (error: unknown) => reject(fromErrno(error, 'dns', endpoint)),
    );
  });
}

function bySystem(host: string): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    systemLookup(host, { all: true, verbatim: true }, (error, addresses) => {
      if (error === null) resolve(addresses.map(({ address }) => address));
      else reject(error);
    });
  });
}

function noAddress(host: string): Error {
  return Object.assign(new Error(`the look-up of ${host} gave no address`), { code: 'ENODATA' });
}
