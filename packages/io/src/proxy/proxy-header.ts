import type { Endpoint } from '@sock/core';
import { concat, formatEndpoint, isTcpEndpoint, isUnixEndpoint, SocketError, toEndpoint } from '@sock/core';
import { headerFields } from './header-fields.ts';
import { ipBytes, ipText, mapped } from './ip-bytes.ts';
import type { ProxySsl, ProxyTlv } from './proxy-info.ts';
import { headerChecksum, TLV, V2_FIXED, V2_SIGNATURE } from './proxy-wire.ts';
import { checkObject, optionFault } from './tunnel-options.ts';

/** The client's TLS, as {@link ProxyHeader} tells it: what is left out counts as `false` or is not sent. */
export type ProxyHeaderSsl = Partial<ProxySsl>;

/** What a PROXY header is to say. */
export interface ProxyHeader {
  /** Version 1 is text and has addresses alone. Default: **2** */
  readonly version?: 1 | 2 | undefined;
  /** The client: `client.remote`. Default: **not known** (`UNKNOWN`, `UNSPEC`) */
  readonly source?: Endpoint | string | undefined;
  /** Where it connected to: `client.local`. Default: **not known** */
  readonly destination?: Endpoint | string | undefined;
  /** The proxy speaks for itself, as for a health check; nothing else is sent. Default: **false** */
  readonly speaksForItself?: boolean | undefined;
  /** The protocol that the client chose by ALPN. Version 2 alone, as all that follows. */
  readonly alpn?: string | Uint8Array | undefined;
  /** The server name that the client asked for. Visible ASCII, 255 bytes at most. */
  readonly authority?: string | undefined;
  /** 1 to 128 bytes. */
  readonly uniqueId?: Uint8Array | undefined;
  readonly netns?: string | undefined;
  readonly ssl?: ProxyHeaderSsl | undefined;
  /** More fields; own types are 0xe0 to 0xef. */
  readonly tlvs?: readonly ProxyTlv[] | undefined;
  /** Adds a CRC32c over the header. Default: **false** */
  readonly checksum?: boolean | undefined;
}

/**
 * The bytes of a PROXY header. An IPv4 and an IPv6 address together are both sent as IPv6. Addresses that the version has no place for (Unix in version 1,
 * memory) and missing ones make the header say `UNKNOWN` or `UNSPEC`; `UNSPEC` has no fields.
 *
 * @throws `ERR_SOCK_ENDPOINT` for a host that is a name; `ERR_SOCK_ARGUMENT` for an unknown option, a value that makes no sense, fields in version 1, or a header above 65,551 bytes
 */
export function encodeProxyHeader(header: ProxyHeader): Uint8Array {
  checkObject('PROXY header', header);
  for (const name of Object.keys(header)) if (!NAMES.has(name)) throw optionFault('PROXY header', name, `is no option; there are ${[...NAMES].join(', ')}`);
  const { version = 2, speaksForItself = false } = header;
  if (version !== 1 && version !== 2) throw optionFault('PROXY header', 'version', 'takes 1 or 2');
  const addresses = speaksForItself ? undefined : addressesOf(header);
  const fields = headerFields(header);
  if (version === 2) return encodeV2(speaksForItself ? 0x20 : 0x21, addresses, fields, header.checksum === true);
  if (fields.length > 0 || header.checksum === true) throw optionFault('PROXY header', 'version', '1 has room for addresses alone: leave the fields away, or take version 2');
  return new TextEncoder().encode(lineOfV1(addresses));
}

const NAMES: ReadonlySet<string> = /*#__PURE__*/ new Set([
  'version', 'source', 'destination', 'speaksForItself', 'alpn', 'authority', 'uniqueId', 'netns', 'ssl', 'tlvs', 'checksum',
]);

/** Both addresses in one family; ports when they have some. */
interface Addresses {
  readonly family: 0x11 | 0x21 | 0x31;
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly ports: readonly number[];
}

function addressesOf({ source, destination }: ProxyHeader): Addresses | undefined {
  if (source === undefined || destination === undefined) return undefined;
  const [from, to] = [toEndpoint(source), toEndpoint(destination)];
  if (isUnixEndpoint(from) && isUnixEndpoint(to)) return { family: 0x31, from: unixBytes(from.path), to: unixBytes(to.path), ports: [] };
  if (!isTcpEndpoint(from) || !isTcpEndpoint(to)) return undefined;
  const [a, b] = [bytesOf(from), bytesOf(to)];
  const ports = [from.port, to.port];
  return a.length === 4 && b.length === 4 ? { family: 0x11, from: a, to: b, ports } : { family: 0x21, from: mapped(a), to: mapped(b), ports };
}

function bytesOf(endpoint: { readonly host: string; readonly port: number }): Uint8Array {
  const bytes = ipBytes(endpoint.host);
  if (bytes !== undefined) return bytes;
  throw new SocketError('ERR_SOCK_ENDPOINT', `PROXY header: ${formatEndpoint(endpoint)} is a name; the header has room for addresses alone`, { phase: 'config', category: 'usage', endpoint });
}

function unixBytes(path: string): Uint8Array {
  const bytes = new Uint8Array(108);
  bytes.set(new TextEncoder().encode(path));
  return bytes;
}

function lineOfV1(addresses: Addresses | undefined): string {
  if (addresses === undefined || addresses.family === 0x31) return 'PROXY UNKNOWN\r\n';
  const { family, from, to, ports } = addresses;
  return `PROXY TCP${family === 0x11 ? 4 : 6} ${ipText(from)} ${ipText(to)} ${ports.join(' ')}\r\n`;
}

function encodeV2(command: number, addresses: Addresses | undefined, fields: readonly Uint8Array[], checksum: boolean): Uint8Array {
  const parts: Uint8Array[] = [];
  if (addresses !== undefined) {
    const { from, to, ports } = addresses;
    parts.push(from, to, Uint8Array.from(ports.flatMap((port) => [port >> 8, port & 0xff])), ...fields);
  }
  if (addresses !== undefined && checksum) parts.push(Uint8Array.of(TLV.crc32c, 0, 4, 0, 0, 0, 0));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length > 65_535) throw optionFault('PROXY header', 'tlvs', `make it ${length + V2_FIXED} bytes long; 65551 are the most`);
  const bytes = concat([Uint8Array.of(...V2_SIGNATURE, command, addresses?.family ?? 0, length >> 8, length & 0xff), ...parts]);
  if (addresses !== undefined && checksum) new DataView(bytes.buffer).setUint32(bytes.length - 4, headerChecksum(bytes, bytes.length - 4));
  return bytes;
}
