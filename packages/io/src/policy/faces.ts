import { ipBytes } from '../proxy/ip-bytes.ts';

/** What an address is, for a policy. */
export interface Faces {
  /** The address itself, and the IPv4 address that it is only another way of writing: allowed when one of these is. */
  readonly same: readonly (Uint8Array | 'unix')[];
  /** IPv4 addresses that packets to it are sent to inside of others: denied when one of these is, but never allowed by them. */
  readonly inside: readonly Uint8Array[];
}

/**
 * All addresses that `address` must be judged by; `undefined` when it is no address. A zone (`%eth0`) changes nothing.
 *
 * IPv6 that is IPv4: mapped (`::ffff:a.b.c.d`), which never leaves as IPv6; translated by NAT64 (RFC 6052) and SIIT (RFC 2765). IPv6 that
 * leads to IPv4: compatible (`::a.b.c.d`), 6to4 (RFC 3056), Teredo's server and client (RFC 4380), ISATAP (RFC 5214).
 */
export function facesOf(address: string): Faces | undefined {
  if (address.startsWith('unix:')) return { same: ['unix'], inside: [] };
  const bytes = ipBytes(address);
  if (bytes === undefined) return undefined;
  if (bytes.length === 4) return { same: [bytes], inside: [] };
  const last = bytes.subarray(12);
  if (begins(bytes, MAPPED)) return { same: [last], inside: [] };
  if (begins(bytes, NAT64) || begins(bytes, SIIT)) return { same: [bytes, last], inside: [] };
  return { same: [bytes], inside: tunnelled(bytes, last) };
}

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
const NAT64 = [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0];
const SIIT = [0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0];
const COMPATIBLE = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const SIX_TO_FOUR = [0x20, 0x02];
const TEREDO = [0x20, 0x01, 0, 0];

function tunnelled(bytes: Uint8Array, last: Uint8Array): Uint8Array[] {
  // `::` and `::1` are what they are, and have rules of their own.
  if (begins(bytes, COMPATIBLE)) return begins(last, [0, 0, 0]) && (last[3] as number) <= 1 ? [] : [last];
  if (begins(bytes, SIX_TO_FOUR)) return [bytes.subarray(2, 6)];
  // Teredo hides the client's address from translators that look for it.
  if (begins(bytes, TEREDO)) return [bytes.subarray(4, 8), last.map((byte) => byte ^ 0xff)];
  // 00-00-5E-FE, or 02-… when the IPv4 address is unique.
  return ((bytes[8] as number) & 0xfd) === 0 && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe ? [last] : [];
}

function begins(bytes: Uint8Array, prefix: readonly number[]): boolean {
  return prefix.every((byte, index) => bytes[index] === byte);
}
