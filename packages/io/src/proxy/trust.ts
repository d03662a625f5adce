import type { BlockList as NodeBlockList } from 'node:net';
import { BlockList, isIP } from 'node:net';
import type { Endpoint } from '@sock/core';
import { isTcpEndpoint } from '@sock/core';
import { ipBytes, ipText, isMapped } from './ip-bytes.ts';
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
  if (typeof trust === 'function') return trust;
  if (!Array.isArray(trust)) throw optionFault('proxyProtocol()', 'trust', 'takes a list of addresses, or a function');
  const peers = new BlockList();
  for (const entry of trust as readonly unknown[]) {
    if (typeof entry !== 'string') throw optionFault('proxyProtocol()', 'trust', `has an entry that is no text (${typeof entry})`);
    if (entry === 'any') return () => true;
    for (const range of NAMED[entry] ?? [entry]) add(peers, range);
  }
  const local = trust.includes('local');
  return (remote) => {
    if (remote === undefined) return false;
    return isTcpEndpoint(remote) ? matches(peers, remote.host) : local;
  };
}

const NAMED: Readonly<Record<string, readonly string[] | undefined>> = {
  local: [],
  loopback: ['127.0.0.0/8', '::1'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '100.64.0.0/10', 'fc00::/7', 'fe80::/10'],
};

function add(peers: NodeBlockList, entry: string): void {
  const [address = '', bits, more] = entry.split('/');
  const version = address.includes('%') ? 0 : isIP(address);
  const most = version === 4 ? 32 : 128;
  const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : Infinity;
  if (version === 0 || more !== undefined || prefix > most) {
    throw optionFault('proxyProtocol()', `trust: "${entry.slice(0, 60)}"`, 'is neither an IP address, nor a range such as 10.0.0.0/8, nor one of any, local, loopback, private');
  }
  peers.addSubnet(address, prefix, version === 4 ? 'ipv4' : 'ipv6');
}

function matches(peers: NodeBlockList, host: string): boolean {
  const bytes = ipBytes(host);
  // A name is what somebody called the peer, not where it is.
  if (bytes === undefined) return false;
  const bare = isMapped(bytes) ? bytes.subarray(12) : bytes;
  return peers.check(ipText(bare), bare.length === 4 ? 'ipv4' : 'ipv6');
}
