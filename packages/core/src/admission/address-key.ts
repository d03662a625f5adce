import type { Endpoint } from '../endpoint.ts';
import { isTcpEndpoint } from '../endpoint.ts';

/**
 * What a peer's connections are counted under: an IPv4 address by itself, also in IPv6's clothes; an IPv6 address by its first `prefixBits` bits, as
 * one subscriber has that many addresses to choose from. `undefined` for a peer without an IP address.
 */
export function addressKey(remote: Endpoint | undefined, prefixBits: number): string | undefined {
  if (remote === undefined || !isTcpEndpoint(remote)) return undefined;
  const [text = ''] = remote.host.split('%', 1);
  if (!text.includes(':')) return IPV4.test(text) ? text : undefined;
  const groups = groupsOf(text);
  if (groups === undefined) return undefined;
  const [high, low] = [groups[6] as number, groups[7] as number];
  if (groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)) return `${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`;
  const kept = groups.map((group, index) => group & (0xffff << Math.min(16, Math.max(0, 16 - (prefixBits - index * 16)))) & 0xffff);
  return `${kept.map((group) => group.toString(16)).join(':')}/${prefixBits}`;
}

const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/** The eight groups of an IPv6 address as a runtime writes it; `undefined` when it is none. */
function groupsOf(text: string): number[] | undefined {
  const [head = '', tail, more] = text.split('::');
  if (more !== undefined) return undefined;
  const before = parse(head);
  const after = parse(tail ?? '');
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...before, ...Array.from({ length: missing }, () => 0), ...after];
  return groups.every((group) => group >= 0 && group <= 0xffff) ? groups : undefined;
}

function parse(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!IPV4.test(group)) return /^[\da-f]{1,4}$/i.test(group) ? [Number.parseInt(group, 16)] : [-1];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}
