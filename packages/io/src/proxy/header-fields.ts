import { concat } from '@sock/core';
import type { ProxyHeader, ProxyHeaderSsl } from './proxy-header.ts';
import type { ProxyTlv } from './proxy-info.ts';
import { SSL_CLIENT, SSL_TLV, TLV } from './proxy-wire.ts';
import { checkObject, optionFault } from './tunnel-options.ts';

/**
 * The fields behind the addresses, each as its bytes.
 *
 * @throws `ERR_SOCK_ARGUMENT`
 */
export function headerFields({ alpn, authority, uniqueId, netns, ssl, tlvs = [] }: ProxyHeader): Uint8Array[] {
  if (authority !== undefined && (typeof authority !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(authority))) throw optionFault('PROXY header', 'authority', 'takes 1 to 255 visible characters of ASCII');
  if (uniqueId !== undefined && (!(uniqueId instanceof Uint8Array) || uniqueId.length < 1 || uniqueId.length > 128)) throw optionFault('PROXY header', 'uniqueId', 'takes 1 to 128 bytes');
  const known: readonly (readonly [number, string, string | Uint8Array | undefined])[] = [
    [TLV.alpn, 'alpn', alpn], [TLV.authority, 'authority', authority], [TLV.uniqueId, 'uniqueId', uniqueId],
    [TLV.ssl, 'ssl', ssl === undefined ? undefined : sslBytes(ssl)], [TLV.netns, 'netns', netns],
  ];
  if (!Array.isArray(tlvs)) throw optionFault('PROXY header', 'tlvs', 'takes a list of { type, value }');
  const given = new Set<number>([TLV.crc32c]);
  const fields: Uint8Array[] = [];
  for (const [type, name, value] of known) {
    if (value === undefined) continue;
    given.add(type);
    fields.push(field(type, value, name));
  }
  for (const tlv of tlvs as readonly ProxyTlv[]) {
    checkObject('PROXY header: tlvs:', tlv);
    const { type, value } = tlv;
    if (!Number.isInteger(type) || type < 0 || type > 255) throw optionFault('PROXY header', 'tlvs', `has type ${String(type)}, which is not within 0 to 255`);
    if (given.has(type)) throw optionFault('PROXY header', 'tlvs', `has type ${type}, which another option already says`);
    if (!(value instanceof Uint8Array)) throw optionFault('PROXY header', 'tlvs', `has no bytes for type ${type}`);
    fields.push(field(type, value, 'tlvs'));
  }
  return fields;
}

function field(type: number, value: string | Uint8Array, name: string): Uint8Array {
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
  if (!(bytes instanceof Uint8Array) || bytes.length > 65_535) throw optionFault('PROXY header', name, 'takes text or bytes, 65535 at most');
  return concat([Uint8Array.of(type, bytes.length >> 8, bytes.length & 0xff), bytes]);
}

function sslBytes(ssl: ProxyHeaderSsl): Uint8Array {
  checkObject('PROXY header: ssl:', ssl);
  const { tls, certOnConnection, certOnSession, verified, ...texts } = ssl;
  const client = (tls ? SSL_CLIENT.tls : 0) | (certOnConnection ? SSL_CLIENT.certOnConnection : 0) | (certOnSession ? SSL_CLIENT.certOnSession : 0);
  const parts: Uint8Array[] = [Uint8Array.of(client, 0, 0, 0, verified ? 0 : 1)];
  for (const [name, value] of Object.entries(texts)) {
    if (!Object.hasOwn(SSL_TLV, name)) throw optionFault('PROXY header', `ssl.${name}`, 'is no option');
    if (value !== undefined) parts.push(field(SSL_TLV[name as keyof typeof SSL_TLV], value, `ssl.${name}`));
  }
  return concat(parts);
}
