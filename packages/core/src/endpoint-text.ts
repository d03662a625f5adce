import type { Endpoint, TcpEndpoint, UnixEndpoint } from './endpoint.ts';
import { isTcpEndpoint, isUnixEndpoint } from './endpoint.ts';
import { SocketError } from './errors.ts';

/**
 * `host:port`, `[v6]:port`, `unix:/path`, `unix:@abstract`, `memory:name`; a relative path that starts with `@` becomes `unix:./@…`.
 * {@link parseEndpoint} reads all but the memory back.
 */
export function formatEndpoint(endpoint: Endpoint): string {
  if (isTcpEndpoint(endpoint)) {
    const { host, port } = endpoint;
    return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  }
  if (isUnixEndpoint(endpoint)) return `unix:${pathText(endpoint.path)}`;
  return `memory:${endpoint.memory}`;
}

/**
 * Reads `host:port`, `[v6]:port`, `unix:/path`, `unix:relative/path` or `unix:@abstract`. Names are lower-cased, as DNS compares them.
 *
 * @throws `ERR_SOCK_ENDPOINT` that says what is wrong with the text
 */
export function parseEndpoint(text: string): TcpEndpoint | UnixEndpoint {
  if (text.startsWith('unix:')) return parseUnix(text, text.slice(5));
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/s.exec(text);
  if (bracketed !== null) {
    const host = bracketed[1] ?? '';
    if (!IPV6_SHAPE.test(host)) throw malformed(text, `"${host}" in brackets is no IPv6 address`);
    return checkTcpEndpoint({ host: host.toLowerCase(), port: parsePort(text, bracketed[2]) }, text);
  }
  const colon = text.lastIndexOf(':');
  const host = colon === -1 ? text : text.slice(0, colon);
  if (host.includes(':')) throw malformed(text, 'an IPv6 address stands in brackets: [::1]:80');
  const port = parsePort(text, colon === -1 ? undefined : text.slice(colon + 1));
  return checkTcpEndpoint({ host: host.toLowerCase(), port }, text);
}

/**
 * Takes an endpoint or its text and answers with an endpoint that can be used.
 *
 * @throws `ERR_SOCK_ENDPOINT`
 */
export function toEndpoint(input: Endpoint | string): Endpoint {
  if (typeof input === 'string') return parseEndpoint(input);
  if (typeof input !== 'object' || input === null) throw malformed(String(input), 'it is neither text nor an endpoint object');
  if (isTcpEndpoint(input)) return checkTcpEndpoint(input, `${input.host}:${input.port}`);
  if (isUnixEndpoint(input)) {
    checkUnixPath(formatEndpoint(input), input.path);
    return input;
  }
  if (!('memory' in input)) throw malformed(JSON.stringify(input), 'it has neither { host, port } nor { path }');
  return input;
}

/** ` 127.0.0.1:80` with `preposition` before it, or nothing when the endpoint is not known: for messages. */
export function at(preposition: string, endpoint: Endpoint | undefined): string {
  return endpoint === undefined ? '' : ` ${preposition} ${formatEndpoint(endpoint)}`;
}

function pathText(path: string): string {
  if (path.startsWith('\0')) return `@${path.slice(1)}`;
  // A file of that name must not read like an abstract one: they are two different sockets.
  return path.startsWith('@') ? `./${path}` : path;
}

const IPV6_SHAPE = /^[0-9a-f:.]*:[0-9a-f:.]*(?:%[\w.-]+)?$/i;

function parsePort(text: string, digits: string | undefined): number {
  if (digits === undefined || digits === '') throw malformed(text, 'the port is missing');
  // Digits only: "0x50", "80 " and "+80" are typing errors, not ports.
  if (!/^\d{1,5}$/.test(digits)) throw malformed(text, `"${digits}" is no port number`);
  return Number(digits);
}

function checkTcpEndpoint(endpoint: TcpEndpoint, text: string): TcpEndpoint {
  const { host, port } = endpoint;
  if (typeof host !== 'string' || host === '') throw malformed(text, 'the host is missing');
  if (host.length > 255) throw malformed(text, `the host has ${host.length} characters; a name has 255 at most`);
  // oxlint-disable-next-line no-control-regex -- control characters are just what must not pass
  if (/[\s\u0000-\u001f\u007f/@[\]]/.test(host)) throw malformed(text, 'the host has a character that no name has');
  if (host.includes(':') && !IPV6_SHAPE.test(host)) throw malformed(text, `"${host}" is neither a name nor an IPv6 address`);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw malformed(text, `port ${port} is not within 0 to 65535`);
  return endpoint;
}

/** `sun_path` has 108 bytes on Linux (104 on BSD), one of them the closing NUL; longer paths would be cut silently. */
const UNIX_PATH_BYTES = 107;

function parseUnix(text: string, path: string): UnixEndpoint {
  const real = path.startsWith('@') ? `\0${path.slice(1)}` : path;
  checkUnixPath(text, real);
  return { path: real };
}

function checkUnixPath(text: string, path: string): void {
  if (typeof path !== 'string' || path === '' || path === '\0') throw malformed(text, 'the path is missing');
  if (path.includes('\0', 1)) throw malformed(text, 'the path has a NUL byte');
  const bytes = new TextEncoder().encode(path).length;
  if (bytes > UNIX_PATH_BYTES) {
    throw malformed(text, `the path has ${bytes} bytes; a Unix socket's has ${UNIX_PATH_BYTES} at most`);
  }
}

function malformed(text: string, why: string): SocketError<'ERR_SOCK_ENDPOINT'> {
  const shown = text.length > 120 ? `${text.slice(0, 120)}…` : text;
  return new SocketError('ERR_SOCK_ENDPOINT', `"${shown}" is no endpoint: ${why}`, { phase: 'config', category: 'usage' });
}
