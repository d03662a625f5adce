import type { Endpoint } from '@sock/core';
import { formatEndpoint, SocketError } from '@sock/core';

/** An address that an address policy does not allow. Nothing was sent to it; a peer was reset. */
export class AddressDeniedError extends SocketError<'ERR_SOCK_ADDRESS_DENIED'> {
  /** The IP address, `unix:…`, or `unknown` for a peer that had gone. */
  readonly address: string;
  /** The rule that it broke: `link-local 169.254.0.0/16`, `10.1.0.0/16`, `not in the allow list`. */
  readonly rule: string;

  constructor(address: string, rule: string, phase: 'connect' | 'accept', endpoint: Endpoint) {
    const what = phase === 'connect' ? `connect ${formatEndpoint(endpoint)}: the address policy denies ${address}` : `accept on ${formatEndpoint(endpoint)}: the address policy denies the peer ${address}`;
    super('ERR_SOCK_ADDRESS_DENIED', `${what} (${rule})`, { phase, category: 'access', endpoint });
    this.address = address;
    this.rule = rule;
  }
}
