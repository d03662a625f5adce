import { isIP } from 'node:net';

/**
 * The bytes of an IP literal, 4 or 16, in network order. A zone (`%eth0`) is left away: it has a meaning on one machine alone.
 *
 * @returns `undefined` when it is no IP literal
 */
export function ipBytes(text: string): Uint8Array | undefined {
  const version = isIP(text);
  if (version === 0) return undefined;
  if (version === 4) return Uint8Array.from(text.split('.'), Number);
  const [bare = ''] = text.split('%', 1);
  return ipv6Bytes(bare);
}

/** The text of 4 or 16 bytes, in the form of RFC 5952 (the longest run of zeros is left out). */
export function ipText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(index * 2).toString(16));
  if (isMapped(bytes)) return `::ffff:${bytes.subarray(12).join('.')}`;
  const [start, length] = longestZeros(groups);
  if (length < 2) return groups.join(':');
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`;
}

/** An IPv4 address in IPv6's clothes, `::ffff:a.b.c.d`. */
export function isMapped(bytes: Uint8Array): boolean {
  return bytes.length === 16 && bytes[10] === 0xff && bytes[11] === 0xff && bytes.subarray(0, 10).every((byte) => byte === 0);
}

/** 16 bytes in any case: an IPv4 address is mapped. */
export function mapped(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 16) return bytes;
  const sixteen = new Uint8Array(16);
  sixteen.set([0xff, 0xff], 10);
  sixteen.set(bytes, 12);
  return sixteen;
}

/** `text` is known to be valid. */
function ipv6Bytes(text: string): Uint8Array {
  const [head = '', tail] = text.split('::');
  const before = groupBytes(head);
  const after = groupBytes(tail ?? '');
  const bytes = new Uint8Array(16);
  bytes.set(before);
  bytes.set(after, 16 - after.length);
  return bytes;
}

function groupBytes(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

function longestZeros(groups: readonly string[]): [start: number, length: number] {
  let best: [number, number] = [0, 0];
  for (let start = 0; start < groups.length; start += 1) {
    let end = start;
    while (groups[end] === '0') end += 1;
    if (end - start > best[1]) best = [start, end - start];
    start = Math.max(start, end);
  }
  return best;
}
