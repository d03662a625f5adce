import { copyOf } from '@sock/core';
import type { HeaderInfo } from './header-v1.ts';
import { ProxyFault } from './proxy-fault.ts';
import type { ProxySsl, ProxyTlv } from './proxy-info.ts';
import { headerChecksum, SSL_CLIENT, SSL_TLV, TLV } from './proxy-wire.ts';

/** What the fields behind the addresses say. */
export type HeaderFields = Pick<HeaderInfo, 'alpn' | 'authority' | 'uniqueId' | 'netns' | 'ssl' | 'checksum' | 'tlvs'>;

/**
 * Reads the fields from `start` to the end of a whole header, and compares its checksum.
 *
 * @throws {ProxyFault}
 */
export function readTlvs(bytes: Uint8Array, start: number): HeaderFields {
  const tlvs: ProxyTlv[] = [];
  for (const { type, value, at } of fields(bytes, start)) {
    if (type === TLV.noop) continue;
    if (type === TLV.crc32c) compare(bytes, value, at);
    tlvs.push({ type, value: copyOf(value) });
  }
  const one = (type: number, most = Infinity): Uint8Array | undefined => single(tlvs, type, most);
  const ssl = one(TLV.ssl);
  return {
    tlvs,
    alpn: one(TLV.alpn),
    authority: authorityOf(one(TLV.authority)),
    uniqueId: one(TLV.uniqueId, 128),
    netns: text(one(TLV.netns)),
    ssl: ssl === undefined ? undefined : sslOf(ssl),
    checksum: one(TLV.crc32c) !== undefined,
  };
}

/** Type, length, value, one behind the other. */
function* fields(bytes: Uint8Array, start: number): Generator<ProxyTlv & { readonly at: number }> {
  for (let index = start; index < bytes.length;) {
    const at = index + 3;
    const end = at + (((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0));
    if (at > bytes.length || end > bytes.length) throw new ProxyFault('malformed', 'has a field that is longer than what is left of the header');
    yield { type: bytes[index] as number, value: bytes.subarray(at, end), at };
    index = end;
  }
}

function compare(bytes: Uint8Array, value: Uint8Array, at: number): void {
  if (value.length !== 4) throw new ProxyFault('malformed', `has a checksum of ${value.length} bytes instead of 4`);
  if (new DataView(value.buffer, value.byteOffset).getUint32(0) !== headerChecksum(bytes, at)) throw new ProxyFault('checksum', 'does not agree with its checksum (CRC32c): it was damaged on its way');
}

/** Two of one kind: two readers could believe two different ones. */
function single(tlvs: readonly ProxyTlv[], type: number, most: number): Uint8Array | undefined {
  const [first, second] = tlvs.filter((tlv) => tlv.type === type);
  if (second !== undefined) throw new ProxyFault('malformed', `has two fields of type ${type}`);
  if (first !== undefined && first.value.length > most) throw new ProxyFault('malformed', `has a field of type ${type} with ${first.value.length} bytes; ${most} are the most`);
  return first?.value;
}

function authorityOf(value: Uint8Array | undefined): string | undefined {
  const name = text(value);
  if (name === undefined || /^[\x21-\x7e]{1,255}$/.test(name)) return name;
  throw new ProxyFault('malformed', 'has an authority that is no name');
}

/** Section 2.2.5 of the specification. */
function sslOf(value: Uint8Array): ProxySsl {
  if (value.length < 5) throw new ProxyFault('malformed', `has ${value.length} bytes about TLS; 5 is the least`);
  const client = value[0] as number;
  const has = (bit: number): boolean => (client & bit) !== 0;
  const tlvs = [...fields(value, 5)];
  const one = (type: number): string | undefined => text(single(tlvs, type, Infinity));
  const certOnConnection = has(SSL_CLIENT.certOnConnection);
  const certOnSession = has(SSL_CLIENT.certOnSession);
  return {
    tls: has(SSL_CLIENT.tls),
    certOnConnection,
    certOnSession,
    // Zero alone means nothing: it is also said when no certificate was shown.
    verified: (certOnConnection || certOnSession) && value.subarray(1, 5).every((byte) => byte === 0),
    version: one(SSL_TLV.version),
    commonName: one(SSL_TLV.commonName),
    cipher: one(SSL_TLV.cipher),
    signatureAlgorithm: one(SSL_TLV.signatureAlgorithm),
    keyAlgorithm: one(SSL_TLV.keyAlgorithm),
  };
}

function text(value: Uint8Array | undefined): string | undefined {
  return value === undefined ? undefined : new TextDecoder().decode(value);
}
