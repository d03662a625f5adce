import { isIPv4, isIPv6 } from 'node:net';
import type { TcpEndpoint } from '@sock/core';
import type { ProxyInfo } from './proxy-info.ts';
import { ProxyFault } from './proxy-fault.ts';

/** What a header says, before the real ends of the connection are added. */
export type HeaderInfo = Omit<ProxyInfo, 'real'>;

/**
 * Reads a line of version 1 (section 2.1 of the specification), with its CRLF.
 *
 * @throws {ProxyFault}
 */
export function parseV1(bytes: Uint8Array): HeaderInfo {
  const line = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length - 2).toString('latin1');
  if (/^PROXY UNKNOWN(?: |$)/.test(line)) return { ...NO_FIELDS, transport: 'unknown', source: undefined, destination: undefined };
  const [, family, from, to, fromPort, toPort] = LINE.exec(line) ?? [];
  if (from === undefined || to === undefined) throw new ProxyFault('malformed', 'is no "PROXY TCP4|TCP6 source destination port port"');
  const isAddress = family === '4' ? isIPv4 : isIPv6;
  for (const address of [from, to]) if (!isAddress(address)) throw new ProxyFault('malformed', `has an address that is none of IPv${family}`);
  return { ...NO_FIELDS, transport: family === '4' ? 'tcp4' : 'tcp6', source: endpoint(from, fromPort), destination: endpoint(to, toPort) };
}

/** One space between the parts, no sign, no zero in front: as the specification demands. */
const LINE = /^PROXY TCP([46]) ([0-9a-fA-F:.]+) ([0-9a-fA-F:.]+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})$/;

const NO_FIELDS = {
  version: 1, command: 'proxy', alpn: undefined, authority: undefined, uniqueId: undefined, netns: undefined, ssl: undefined, checksum: false, tlvs: [],
} as const;

function endpoint(host: string, port: string | undefined): TcpEndpoint {
  if (Number(port) > 65_535) throw new ProxyFault('malformed', `has port ${port}, which is above 65535`);
  return { host: host.toLowerCase(), port: Number(port) };
}
