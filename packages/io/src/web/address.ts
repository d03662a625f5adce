import type { TcpEndpoint } from '@sock/core';
import { formatEndpoint, isTcpEndpoint, toEndpoint } from '@sock/core';
import { misuse } from './socket-error.ts';

/** Where to connect to. */
export interface SocketAddress {
  /** A name or an IP address; an IPv6 address with or without brackets. */
  readonly hostname: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** A {@link SocketAddress}, or `"hostname:port"`; an IPv6 address stands in brackets there. */
export type AnySocketAddress = string | SocketAddress;

/**
 * Reads an address. It is always one of TCP: `"unix:80"` is port 80 of a host with that name.
 *
 * @throws what `toEndpoint` throws (`ERR_SOCK_ENDPOINT`), and `SocketError` with `ERR_SOCK_ARGUMENT` for what is no address at all
 */
export function toTarget(address: AnySocketAddress): TcpEndpoint {
  const endpoint = toEndpoint(typeof address === 'string' ? partsOf(address) : ofObject(address));
  if (!isTcpEndpoint(endpoint)) throw misuse(`"${formatEndpoint(endpoint)}" is no "hostname:port"`);
  if (endpoint.port === 0) throw misuse(`"${formatEndpoint(endpoint)}": port 0 is for listeners; nothing can be reached there`);
  return endpoint;
}

/** The text itself, but for the one host name that means a path to the rest of these packages. */
function partsOf(text: string): TcpEndpoint | string {
  if (!text.startsWith('unix:')) return text;
  const port = text.slice(5);
  if (!/^\d{1,5}$/.test(port)) throw misuse(`"${text.slice(0, 120)}" is no "hostname:port"; the Sockets API knows no paths`);
  return { host: 'unix', port: Number(port) };
}

function ofObject(address: SocketAddress): TcpEndpoint {
  const given: unknown = address;
  if (typeof given !== 'object' || given === null) throw misuse(`the address is neither text nor an object; give "hostname:port" or { hostname, port }`);
  const { hostname, port } = address;
  if (typeof hostname !== 'string') throw misuse('the address has no hostname; give "hostname:port" or { hostname, port }');
  // A URL's `port` is text, and its `hostname` has the brackets.
  const number = typeof port === 'string' && /^\d{1,5}$/.test(port) ? Number(port) : port;
  if (typeof number !== 'number') throw misuse(`the address of "${hostname.slice(0, 120)}" has no port`);
  const bracketed = /^\[(.*)\]$/s.exec(hostname);
  return { host: (bracketed?.[1] ?? hostname).toLowerCase(), port: number };
}
