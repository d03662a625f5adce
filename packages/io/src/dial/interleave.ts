import { isIP } from 'node:net';

/** A name may have thousands of addresses, and whoever runs its zone decides how many: more than these are not dialled. */
const MOST_ADDRESSES = 64;

/**
 * The order of RFC 8305 section 4: families take turns, beginning with that of the first address; within a family the order stays. 64
 * addresses at most.
 */
export function interleave(addresses: readonly string[]): string[] {
  // A literal address, and many a name.
  if (addresses.length === 1) return [...addresses];
  const family = isIP(addresses[0] ?? '');
  const first = addresses.filter((address) => isIP(address) === family);
  const other = addresses.filter((address) => isIP(address) !== family);
  return Array.from({ length: Math.max(first.length, other.length) }, (_, index) => [first[index], other[index]])
    .flat().filter((address) => address !== undefined).slice(0, MOST_ADDRESSES);
}
