import { ipBytes, isMapped } from '../proxy/ip-bytes.ts';

/** Addresses that have their first `bits` bits in common. */
export interface AddressRange {
  /** 4 or 16. */
  readonly bytes: Uint8Array;
  readonly bits: number;
}

/**
 * The special-purpose ranges of the IANA registries (RFC 6890), by name:
 * - `unspecified`: 0.0.0.0/8 and `::`; systems take them for this machine
 * - `loopback`
 * - `link-local`: also where clouds answer with credentials, 169.254.169.254
 * - `private`: RFC 1918, and what IPv6 once had for it
 * - `unique-local`: fc00::/7 (RFC 4193)
 * - `shared`: 100.64.0.0/10, behind a provider's address translation (RFC 6598)
 * - `metadata`: cloud services for one machine that stand in no other range
 * - `multicast`
 * - `documentation`, `benchmarking`
 * - `reserved`: everything else that is not of the public Internet
 */
export type RangeName =
  | 'unspecified' | 'loopback' | 'link-local' | 'private' | 'unique-local' | 'shared' | 'metadata' | 'multicast' | 'documentation' | 'benchmarking' | 'reserved';

/** What each name stands for. */
export const NAMED_RANGES: Readonly<Record<RangeName, readonly string[]>> = {
  unspecified: ['0.0.0.0/8', '::'],
  loopback: ['127.0.0.0/8', '::1'],
  'link-local': ['169.254.0.0/16', 'fe80::/10'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fec0::/10'],
  'unique-local': ['fc00::/7'],
  shared: ['100.64.0.0/10'],
  metadata: ['168.63.129.16/32'],
  multicast: ['224.0.0.0/4', 'ff00::/8'],
  documentation: ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32', '3fff::/20'],
  benchmarking: ['198.18.0.0/15', '2001:2::/48'],
  reserved: [
    // Protocol assignments, relays of 6to4, class E with the broadcast address; ORCHID, local NAT64.
    '192.0.0.0/24', '192.88.99.0/24', '240.0.0.0/4', '2001:10::/28', '64:ff9b:1::/48',
    // Of IPv6 only 2000::/3 is given out as global unicast; what of ::/8 leads to IPv4 is judged by that.
    '100::/8', '200::/7', '400::/6', '800::/5', '1000::/4', '4000::/2', '8000::/1',
  ],
};

/**
 * Reads an address or a range; `undefined` when it is none, has a zone, or has a bit set behind its prefix: most likely a typing error. IPv4-mapped
 * IPv6 (`::ffff:10.0.0.0/104`) is the IPv4 range that it means, as addresses are judged by that.
 */
export function parseRange(text: string): AddressRange | undefined {
  const [address = '', digits, more] = text.split('/');
  const bytes = address.includes('%') ? undefined : ipBytes(address);
  if (bytes === undefined || more !== undefined) return undefined;
  const most = bytes.length * 8;
  const bits = digits === undefined ? most : /^\d{1,3}$/.test(digits) ? Number(digits) : Infinity;
  if (bits > most) return undefined;
  const clean = bytes.every((byte, index) => (byte & (0xff >> Math.min(8, Math.max(0, bits - index * 8)))) === 0);
  if (!clean) return undefined;
  return isMapped(bytes) && bits >= 96 ? { bytes: bytes.slice(12), bits: bits - 96 } : { bytes, bits };
}

// Not `BlockList` of node:net: that takes text, and does not tell which of its rules it was.
/** Whether an address of 4 or 16 bytes lies in `range`; one of the other family never does. */
export function within(address: Uint8Array, { bytes, bits }: AddressRange): boolean {
  if (address.length !== bytes.length) return false;
  const whole = bits >> 3;
  for (let index = 0; index < whole; index += 1) if (address[index] !== bytes[index]) return false;
  const rest = bits & 7;
  return rest === 0 || (((address[whole] as number) ^ (bytes[whole] as number)) >> (8 - rest)) === 0;
}
