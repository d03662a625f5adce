import { isIPv4, isIPv6 } from 'node:net';
import { badName } from './errors.ts';

/**
 * An IP address as the 4 or 16 bytes that stand in a certificate (RFC 5280 §4.2.1.6).
 *
 * @throws DevCertsError `ERR_SOCK_DEV_CERTS_NAME`
 */
export function ipAddress(option: string, found: string): Buffer {
  if (isIPv4(found)) return Buffer.from(found.split('.').map(Number));
  if (isIPv6(found) && !found.includes('%')) return ipv6(found);
  const hint = found.includes('%') ? 'a zone means nothing outside this machine' : 'not an IP address';
  throw badName(option, found, `${hint}; allowed are forms like 127.0.0.1 and ::1, names belong in \`names\``);
}

/**
 * A range of addresses (`10.0.0.0/8`, `fd00::/8`) as the address and mask that stand in a name constraint (RFC 5280
 * §4.2.1.10). Bits of the address outside the mask become zero.
 *
 * @throws DevCertsError `ERR_SOCK_DEV_CERTS_NAME`
 */
export function ipRange(option: string, found: string): Buffer {
  const [address = '', prefix = '', ...rest] = found.split('/');
  const bytes = ipAddress(option, address);
  const bits = Number(prefix);
  if (rest.length > 0 || !/^[0-9]{1,3}$/.test(prefix) || bits > bytes.length * 8) {
    throw badName(option, found, `not a range; allowed are an address, a slash and 0 to ${bytes.length * 8}`);
  }
  const mask = bytes.map((_, index) => 0xff & (0xff00 >> Math.min(8, Math.max(0, bits - index * 8))));
  return Buffer.concat([bytes.map((byte, index) => byte & (mask[index] ?? 0)), mask]);
}

function ipv6(text: string): Buffer {
  // An IPv4 tail (::ffff:192.0.2.1) is two groups in other clothes.
  const plain = text.replace(/[0-9.]+\.[0-9.]+$/, (tail) => {
    const [a = 0, b = 0, c = 0, d = 0] = tail.split('.').map(Number);
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [head, tail] = plain.split('::').map((half) => (half === '' ? [] : half.split(':'))) as [string[], string[]?];
  const zeros = tail === undefined ? [] : Array<string>(8 - head.length - tail.length).fill('0');
  const groups = [...head, ...zeros, ...(tail ?? [])];
  const bytes = Buffer.alloc(16);
  groups.forEach((group, index) => bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2));
  return bytes;
}
