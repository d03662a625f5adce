import { SocketError } from '@sock/core';
import type { AddressPolicy } from '../policy/address-policy.ts';

/** The options of `connect` and `listen` that no section of configuration checks. */
export interface CheckedOptions {
  readonly policy?: AddressPolicy | undefined;
  readonly ipv6Only?: boolean | undefined;
}

/**
 * Refuses what would fail later, or let everybody through.
 *
 * @throws `ERR_SOCK_ARGUMENT` that names the option
 */
export function checkOptions({ policy, ipv6Only = false }: CheckedOptions): void {
  if (policy !== undefined && typeof (policy as Partial<AddressPolicy> | null)?.refusal !== 'function') throw wrong('policy', 'what addressPolicy() answers with');
  if (typeof ipv6Only !== 'boolean') throw wrong('ipv6Only', 'true or false');
}

function wrong(option: string, allowed: string): SocketError<'ERR_SOCK_ARGUMENT'> {
  return new SocketError('ERR_SOCK_ARGUMENT', `${option} takes ${allowed}`, { phase: 'config', category: 'usage' });
}
