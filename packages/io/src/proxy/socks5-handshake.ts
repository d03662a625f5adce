import type { Socket, TcpEndpoint } from '@sock/core';
import { concat, formatEndpoint } from '@sock/core';
import { ipBytes, ipText } from './ip-bytes.ts';
import { ProxyError } from './proxy-error.ts';
import { socks5Refusal } from './socks5-replies.ts';
import type { TunnelRequest } from './tunnel.ts';

/** The two fields of RFC 1929, 1 to 255 bytes each. */
export interface Credentials {
  readonly username: Uint8Array;
  readonly password: Uint8Array;
}

/**
 * Greets the proxy, shows the credentials if it wants them, and asks for the target. Takes not a byte more than the answers have:
 * the next one is the stream's.
 *
 * @returns where the proxy dials from, as it says
 */
export async function openSocks5(socket: Socket, request: TunnelRequest, credentials: Credentials | undefined): Promise<TcpEndpoint> {
  const method = await greeted(socket, request, credentials === undefined ? [NO_AUTH] : [NO_AUTH, USER_PASSWORD]);
  if (method === USER_PASSWORD && credentials !== undefined) await authenticated(socket, request, credentials);
  await socket.send(connectRequest(request), request.cancel());
  const [version, reply] = await socket.recvExactly(2, request.cancel()) as unknown as [number, number];
  if (version !== SOCKS5) throw protocolError(request, `began its answer with byte ${version} instead of 5`);
  // A proxy that refuses may end right behind the code.
  if (reply !== SUCCEEDED) throw socks5Refusal(reply, request);
  return await boundAddress(socket, request);
}

const SOCKS5 = 5;
const NO_AUTH = 0;
const USER_PASSWORD = 2;
const NONE_ACCEPTABLE = 0xff;
const CONNECT = 1;
const SUCCEEDED = 0;
const IPV4 = 1;
const DOMAIN = 3;
const IPV6 = 4;

/** RFC 1928, section 3. */
async function greeted(socket: Socket, request: TunnelRequest, methods: readonly number[]): Promise<number> {
  await socket.send(Uint8Array.of(SOCKS5, methods.length, ...methods), request.cancel());
  // Byte by byte: what is no SOCKS5 may have no second one.
  const version = await byte(socket, request);
  if (version !== SOCKS5) throw protocolError(request, `answered the greeting with byte ${version} instead of 5${looksLike(version)}`);
  const method = await byte(socket, request);
  if (methods.includes(method)) return method;
  if (method !== NONE_ACCEPTABLE) throw protocolError(request, `chose authentication method ${method}, which was not offered`);
  throw authError(request, methods.length === 1 ? 'wants credentials: give username and password' : 'accepts neither a connection without credentials nor a user with a password');
}

/** RFC 1929. */
async function authenticated(socket: Socket, request: TunnelRequest, { username, password }: Credentials): Promise<void> {
  await socket.send(concat([Uint8Array.of(1, username.length), username, Uint8Array.of(password.length), password]), request.cancel());
  const version = await byte(socket, request);
  if (version !== 1) throw protocolError(request, `answered the credentials with byte ${version} instead of 1`);
  const status = await byte(socket, request);
  if (status !== 0) throw authError(request, `refused username and password (status ${status})`);
}

/** RFC 1928, sections 4 and 5. */
function connectRequest({ host, target }: TunnelRequest): Uint8Array {
  const ip = ipBytes(host);
  const name = new TextEncoder().encode(host);
  const address = ip ?? concat([Uint8Array.of(name.length), name]);
  const type = ip === undefined ? DOMAIN : ip.length === 4 ? IPV4 : IPV6;
  return concat([Uint8Array.of(SOCKS5, CONNECT, 0, type), address, Uint8Array.of(target.port >> 8, target.port & 0xff)]);
}

/** RFC 1928, section 6: what comes behind version and reply. */
async function boundAddress(socket: Socket, request: TunnelRequest): Promise<TcpEndpoint> {
  const type = (await socket.recvExactly(2, request.cancel()))[1] as number;
  if (type !== IPV4 && type !== DOMAIN && type !== IPV6) throw protocolError(request, `answered with an address of type ${type}; there are 1, 3 and 4`);
  const length = type === IPV4 ? 4 : type === IPV6 ? 16 : await byte(socket, request);
  const rest = await socket.recvExactly(length + 2, request.cancel());
  const address = rest.subarray(0, length);
  const port = ((rest[length] as number) << 8) | (rest[length + 1] as number);
  return { host: type === DOMAIN ? printable(address) : ipText(address), port };
}

async function byte(socket: Socket, { cancel }: TunnelRequest): Promise<number> {
  return (await socket.recvExactly(1, cancel()))[0] as number;
}

/** A stranger's text, which ends up in logs. */
function printable(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.map((code) => (code > 0x20 && code < 0x7f ? code : 0x3f)));
}

function looksLike(byte: number): string {
  if (byte === 0x48) return ': is it an HTTP proxy? Then viaHttpConnect() is for it';
  if (byte === 0x15 || byte === 0x16) return ': does it want TLS?';
  return byte === 0 || byte === 4 ? ': is it a SOCKS4 proxy?' : ': is it a SOCKS5 proxy?';
}

function protocolError({ proxy, target }: TunnelRequest, why: string): ProxyError {
  const message = `the SOCKS5 proxy ${formatEndpoint(proxy)} ${why}`;
  return new ProxyError('ERR_SOCK_PROXY_PROTOCOL', message, { phase: 'upgrade', category: 'protocol', endpoint: target, proxy });
}

function authError({ proxy, target }: TunnelRequest, why: string): ProxyError {
  const message = `the SOCKS5 proxy ${formatEndpoint(proxy)} ${why}`;
  return new ProxyError('ERR_SOCK_PROXY_AUTH', message, { phase: 'upgrade', category: 'access', endpoint: target, proxy });
}
