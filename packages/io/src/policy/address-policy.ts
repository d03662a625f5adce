import type { Endpoint, SocketError } from '@sock/core';

/** Decides which addresses may be dialled, and which peers may come in. `addressPolicy` of `@sock/io/policy` makes one. */
export interface AddressPolicy {
  /** Names its rules, so that sockets of policies that decide differently are never mixed. */
  readonly key: string;
  /**
   * Why `address` may not be used, if so.
   *
   * @param address - an IP address, `unix:…` for a Unix socket, or nothing when a peer's is not known any more
   * @param endpoint - what the program asked for, or the listener; for the error
   */
  readonly refusal: (address: string | undefined, phase: 'connect' | 'accept', endpoint: Endpoint) => SocketError | undefined;
}
