import type { Endpoint } from '@sock/core';
import type { HeaderInfo } from './header-v1.ts';
import { ipText } from './ip-bytes.ts';
import { ProxyFault } from './proxy-fault.ts';
import type { ProxyInfo } from './proxy-info.ts';
import { readTlvs } from './header-tlvs.ts';
import { V2_FIXED } from './proxy-wire.ts';

/**
 * Reads a whole header of version 2 (section 2.2 of the specification): the fixed part, and the length that it tells.
 *
 * @throws {ProxyFault}
 */
export function parseV2(bytes: Uint8Array): HeaderInfo {
  const command = commandOf(bytes);
  const family = FAMILIES[bytes[13] as number];
  if (family === undefined) throw new ProxyFault('malformed', `has family and protocol ${hex(bytes[13])}, which do not exist`);
  // Both must be dropped unread: a sender of these may have put anything there.
  if (command === 'local' || family.transport === 'unknown') return { ...NOTHING, command };
  const body = bytes.subarray(V2_FIXED);
  const { size, transport } = family;
  if (body.length < size * 2 + family.ports * 2) throw new ProxyFault('malformed', `has ${body.length} bytes, too few for its addresses`);
  const view = new DataView(bytes.buffer, bytes.byteOffset + V2_FIXED, body.length);
  const addressOf = (index: 0 | 1): Endpoint | undefined => {
    const address = body.subarray(index * size, (index + 1) * size);
    return family.ports === 0 ? unixEndpoint(address) : { host: ipText(address), port: view.getUint16(size * 2 + index * 2) };
  };
  const start = size * 2 + family.ports * 2;
  return { ...NOTHING, ...readTlvs(bytes, V2_FIXED + start), command, transport, source: addressOf(0), destination: addressOf(1) };
}

/** How long a header is, by its fixed part. */
export function lengthOfV2(bytes: Uint8Array): number {
  return V2_FIXED + (((bytes[14] as number) << 8) | (bytes[15] as number));
}

function commandOf(bytes: Uint8Array): ProxyInfo['command'] {
  const byte = bytes[12] as number;
  if (byte >> 4 !== 2) throw new ProxyFault('malformed', `is of version ${byte >> 4} behind the signature of version 2`);
  if (byte === 0x20) return 'local';
  if (byte === 0x21) return 'proxy';
  throw new ProxyFault('malformed', `has command ${byte & 15}; there are 0 and 1`);
}

interface Family {
  readonly transport: ProxyInfo['transport'];
  /** Bytes of one address. */
  readonly size: number;
  /** 2 when ports stand behind the addresses. */
  readonly ports: 0 | 2;
}

const UNKNOWN: Family = { transport: 'unknown', size: 0, ports: 0 };

/** Address family and transport protocol. With one of them unspecified, the header says nothing. */
const FAMILIES: Readonly<Record<number, Family | undefined>> = {
  0x00: UNKNOWN, 0x01: UNKNOWN, 0x02: UNKNOWN, 0x10: UNKNOWN, 0x20: UNKNOWN, 0x30: UNKNOWN,
  0x11: { transport: 'tcp4', size: 4, ports: 2 },
  0x12: { transport: 'udp4', size: 4, ports: 2 },
  0x21: { transport: 'tcp6', size: 16, ports: 2 },
  0x22: { transport: 'udp6', size: 16, ports: 2 },
  0x31: { transport: 'unix', size: 108, ports: 0 },
  0x32: { transport: 'unix-datagram', size: 108, ports: 0 },
};

const NOTHING: HeaderInfo = {
  version: 2, command: 'proxy', transport: 'unknown', source: undefined, destination: undefined,
  alpn: undefined, authority: undefined, uniqueId: undefined, netns: undefined, ssl: undefined, checksum: false, tlvs: [],
};

/** A `sockaddr_un`'s path, which ends at the first NUL; an abstract name begins with one. A client has none, mostly. */
function unixEndpoint(bytes: Uint8Array): Endpoint | undefined {
  const end = bytes.indexOf(0, 1);
  const path = bytes.subarray(0, end === -1 ? bytes.length : end);
  if (path.length === 0 || (path.length === 1 && path[0] === 0)) return undefined;
  return { path: Buffer.from(path).toString('utf8') };
}

function hex(byte: number | undefined): string {
  return `0x${(byte ?? 0).toString(16).padStart(2, '0')}`;
}
