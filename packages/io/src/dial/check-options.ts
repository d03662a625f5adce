import { coreSection, SocketError } from '@sock/core';
import { ioSection } from '../io-section.ts';
import type { AddressPolicy } from '../policy/address-policy.ts';

/** The options of `connect` and `listen` that no section of configuration checks. */
export interface CheckedOptions {
  readonly policy?: AddressPolicy | undefined;
  readonly ipv6Only?: boolean | undefined;
}

/**
 * Refuses what would fail later, or let everybody through: a `policy` that is misspelt guards nobody.
 *
 * @param own - the options that no section has
 * @throws `ERR_SOCK_ARGUMENT` that names the option
 */
export function checkOptions(options: CheckedOptions, own: readonly string[]): void {
  const { policy, ipv6Only = false } = options;
  for (const name of Object.keys(options)) {
    if (!own.includes(name) && !(name in ioSection.fields) && !(name in coreSection.fields)) throw wrong(name, 'nothing: there is no such option');
  }
  if (policy !== undefined && typeof (policy as Partial<AddressPolicy> | null)?.refusal !== 'function') throw wrong('policy', 'what addressPolicy() answers with');
  if (typeof ipv6Only !== 'boolean') throw wrong('ipv6Only', 'true or false');
}

/** The options of a dial. */
export const DIAL_OPTIONS: readonly string[] = ['signal', 'timeout', 'localAddress', 'localPort', 'lookup', 'policy'];

function wrong(option: string, allowed: string): SocketError<'ERR_SOCK_ARGUMENT'> {
  return new SocketError('ERR_SOCK_ARGUMENT', `${option} takes ${allowed}`, { phase: 'config', category: 'usage' });
}
