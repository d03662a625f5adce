import type { Endpoint } from '@sock/core';
import { at } from '@sock/core';
import { TlsError } from '../errors.ts';
import { optionFault } from '../material/option-fault.ts';

const MAX_PROTOCOLS = 16;
const MAX_BYTES = 255;

/**
 * Checks a list of application protocols (RFC 7301): 16 names at most, each of 1 to 255 bytes, none twice.
 *
 * @throws `ERR_SOCK_TLS_OPTION`
 */
export function checkAlpn(protocols: readonly string[] | undefined): readonly string[] {
  if (protocols === undefined) return [];
  if (!Array.isArray(protocols)) fail('expected a list of names, the preferred first, such as ["h2", "http/1.1"]');
  if (protocols.length > MAX_PROTOCOLS) fail(`${protocols.length} protocols; ${MAX_PROTOCOLS} at most`);
  for (const name of protocols) {
    const bytes = typeof name === 'string' ? Buffer.byteLength(name) : 0;
    if (bytes < 1 || bytes > MAX_BYTES) fail(`${JSON.stringify(name)} has ${bytes} bytes; a protocol's name has 1 to ${MAX_BYTES}`);
  }
  if (new Set(protocols).size !== protocols.length) fail('a protocol stands twice in the list');
  return [...protocols];
}

/**
 * The first of the server's `own` protocols that the client offers, `undefined` when there is none: the server knows better than the
 * client what it serves well (RFC 7301, section 3.2).
 */
export function chooseAlpn(offered: readonly string[], own: readonly string[]): string | undefined {
  for (const name of own) if (offered.includes(name)) return name;
  return undefined;
}

/** A server's own protocols, or the function that chooses for it. */
type Own = readonly string[] | ((...facts: never[]) => unknown);

/**
 * `ERR_SOCK_TLS_NO_ALPN`: the client offers protocols, and the server takes none of them.
 *
 * @param own - the server's protocols, or the function that was asked instead
 * @param chosen - what that function answered; it may name a protocol that the client does not offer
 */
export function noSharedAlpn(endpoint: Endpoint | undefined, offered: readonly string[], own: Own, maxText: number, chosen?: string): TlsError<'ERR_SOCK_TLS_NO_ALPN'> {
  const client = `the client${at('at', endpoint)}`;
  const offer = `it offers ${listed(offered, maxText)}`;
  const message = typeof own === 'function'
    ? `no application protocol (ALPN) was agreed on with ${client}: ${offer}, the function in alpn chose ${chosen === undefined ? 'none of these' : `${listed([chosen], maxText)}, which is none of these`}; let it choose one of the client's, or correct the client`
    : `${client} speaks none of this server's application protocols (ALPN): ${offer}, the server has ${listed(own, maxText)}; add one of the client's to alpn, or correct the client`;
  return new TlsError('ERR_SOCK_TLS_NO_ALPN', message, { kind: 'handshake', phase: 'handshake', category: 'protocol', endpoint });
}

/** As many of the names as fit. They come from the peer: quoted, so that none can pretend to be a part of the message. */
function listed(names: readonly string[], maxText: number): string {
  if (names.length === 0) return 'nothing';
  const text = names.map((name) => JSON.stringify(name)).join(', ');
  return text.length > maxText ? `${text.slice(0, maxText)}…` : text;
}

function fail(why: string): never {
  throw optionFault('alpn', why);
}
