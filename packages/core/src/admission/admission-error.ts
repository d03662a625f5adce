import type { Endpoint } from '../endpoint.ts';
import { at } from '../endpoint-text.ts';
import { SocketError } from '../errors.ts';

/** Which limit refused a connection. */
export type AdmissionLimit = 'maxConnections' | 'maxPerAddress' | 'rate';

/** A connection that was refused: what `onRefused` hears, and the cause in the socket's `closed`. */
export class AdmissionError extends SocketError<'ERR_SOCK_LIMIT'> {
  readonly limit: AdmissionLimit;
  /** The address, or the IPv6 prefix, that it was counted under; `undefined` for a peer without one. */
  readonly address: string | undefined;

  constructor(limit: AdmissionLimit, address: string | undefined, remote: Endpoint | undefined, why: string) {
    super('ERR_SOCK_LIMIT', `the connection${at('from', remote)} was refused by ${limit}: ${why}`, { phase: 'accept', category: 'limit', retryable: true, endpoint: remote });
    this.limit = limit;
    this.address = address;
  }
}
