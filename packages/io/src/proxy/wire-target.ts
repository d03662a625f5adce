import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import type { TcpEndpoint } from '@sock/core';
import { formatEndpoint, SocketError } from '@sock/core';

/**
 * The host of a target as a proxy is told it: an IP literal as it is, a name in ASCII. The proxy resolves names.
 *
 * Anything else than letters, digits, `-`, `_` and dots is refused, and so is a name that would turn into an address: what a program let pass as a
 * harmless name must not mean something else to the proxy.
 *
 * @param words - the kind of proxy, for messages
 * @throws `ERR_SOCK_ENDPOINT`
 */
export function wireTarget(target: TcpEndpoint, words: string): string {
  const { host } = target;
  if (isIP(host) !== 0) {
    if (host.includes('%')) throw refused(target, words, 'its zone means nothing to another machine');
    return host;
  }
  const name = ASCII.test(host) ? host : domainToASCII(host);
  if (!NAME.test(name)) throw refused(target, words, 'the host is neither an IP address nor a name of letters, digits, "-", "_" and dots');
  if (name.length > 255) throw refused(target, words, `the name has ${name.length} bytes; 255 is the most`);
  if (isIP(name) !== 0) throw refused(target, words, `the name would become the address ${name}`);
  if (NUMBER.test(name)) throw refused(target, words, `resolvers would read "${name}" as an address, for it ends with a number: write an address as a.b.c.d`);
  return name;
}

// oxlint-disable-next-line no-control-regex -- ASCII is just that range
const ASCII = /^[\u0000-\u007f]*$/;
/** The last label is decimal, octal or hexadecimal: an IPv4 address to `inet_aton`, and no top-level domain is like that (WHATWG URL, "ends in a number"). */
const NUMBER = /(?:^|\.)(?:\d+|0x[0-9a-f]*)\.?$/i;
const NAME = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?$/i;

function refused(target: TcpEndpoint, words: string, why: string): SocketError<'ERR_SOCK_ENDPOINT'> {
  return new SocketError('ERR_SOCK_ENDPOINT', `connect ${formatEndpoint(target)} through a ${words}: ${why}`, { phase: 'connect', category: 'usage', endpoint: target });
}
