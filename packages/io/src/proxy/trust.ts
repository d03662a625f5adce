import type { Endpoint } from '@sock/core';
import { isTcpEndpoint } from '@sock/core';
import type { AddressRange } from '../policy/address-ranges.ts';
import { NAMED_RANGES, parseRange, within } from '../policy/address-ranges.ts';
import { ipBytes, isMapped } from './ip-bytes.ts';
import { optionFault } from './tunnel-options.ts';

/**
 * Who may say for whom it speaks:
 * - `any`: everybody who can connect. Only where nobody but the proxy can
 * - `local`: what comes from this machine without an address: a Unix socket, memory
 * - `loopback`: 127.0.0.0/8 and ::1
 * - `private`: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 169.254.0.0/16, 100.64.0.0/10, fc00::/7 and fe80::/10
 * - an IP address, or a range of them such as `"203.0.113.0/24"`
 */
// oxlint-disable-next-line no-redundant-type-constituents -- names the words, although any text may be an address
export type TrustedPeer = 'any' | 'local' | 'loopback' | 'private' | (string & {});

/** A list of peers, or a function that decides; it is given the peer's real address, as far as it is known. */
export type ProxyTrust = readonly TrustedPeer[] | ((remote: Endpoint | undefined) => boolean);

/**
 * The function that a {@link ProxyTrust} stands for. IPv4 addresses in IPv6's clothes count as what they are.
 *
 * @throws `ERR_SOCK_ARGUMENT` for an entry that is none
 */
export function trustRule(trust: ProxyTrust): (remote: Endpoint | undefined) => boolean {
  // Nothing but true: a promise, from an untyped program, would count as yes.
  if (typeof trust === 'function') return (remote) => (trust(remote) as unknown) === true;
  if (!Array.isArray(trust)) throw optionFault('proxyProtocol()', 'trust', 'takes a list of addresses, or a function');
  if (trust.includes('any')) return () => true;
  const ranges = (trust as readonly unknown[]).flatMap((entry) => rangesOf(entry));
  const local = trust.includes('local');
  return (remote) => {
    if (remote === undefined) return false;
    return isTcpEndpoint(remote) ? matches(ranges, remote.host) : local;
  };
}

function rangesOf(entry: unknown): AddressRange[] {
  const text = typeof entry === 'string' ? entry : '';
  return behind(text).map((one) => {
    const range = parseRange(one);
    if (range !== undefined) return range;
    throw optionFault('proxyProtocol()', `trust: "${text.slice(0, 60)}"`, 'is neither an IP address, nor a range such as 198.51.100.0/24, nor one of any, local, loopback, private');
  });
}

/** What a word stands for; anything else stands for itself. */
function behind(text: string): readonly string[] {
  if (text === 'local') return [];
  if (text === 'loopback') return NAMED_RANGES.loopback;
  return text === 'private' ? [...NAMED_RANGES.private, ...NAMED_RANGES['unique-local'], ...NAMED_RANGES['link-local'], ...NAMED_RANGES.shared] : [text];
}

function matches(ranges: readonly AddressRange[], host: string): boolean {
  const bytes = ipBytes(host);
  // A name is what somebody called the peer, not where it is.
  if (bytes === undefined) return false;
  const bare = isMapped(bytes) ? bytes.subarray(12) : bytes;
  return ranges.some((range) => within(bare, range));
}
