import { isIPv6 } from 'node:net';
import { optionFault } from './tunnel-options.ts';

/** A CONNECT request (RFC 9112, section 3.2.3). The host has been checked: nothing in it can end a line. */
export function connectRequest(host: string, port: number, fields: string): Uint8Array {
  const authority = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  return new TextEncoder().encode(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${fields}\r\n`);
}

/**
 * The lines of the request's own fields, checked.
 *
 * @throws `ERR_SOCK_ARGUMENT`
 */
export function requestFields(headers: Readonly<Record<string, string>> | undefined, username: string | undefined, password: string | undefined): string {
  const lines: string[] = [];
  if (headers !== undefined && (typeof headers !== 'object' || headers === null || Array.isArray(headers))) throw fault('headers', 'takes an object of names and values');
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (!TOKEN.test(name)) throw fault(`headers: "${name.replace(/[^\x20-\x7e]/g, '?').slice(0, 60)}"`, 'is no name of a header field');
    if (OURS.has(name.toLowerCase())) throw fault(`headers.${name}`, 'cannot be given: it decides where the request goes or ends');
    if (name.toLowerCase() === 'proxy-authorization' && username !== undefined) throw fault(`headers.${name}`, 'stands beside a username: give one of the two');
    if (typeof value !== 'string' || !VALUE.test(value)) throw fault(`headers.${name}`, 'has a character that no field value has (a line end, a control character, or none of ASCII)');
    lines.push(`${name}: ${value}\r\n`);
  }
  const sum = lines.reduce((length, line) => length + line.length, 0);
  if (lines.length > MOST_FIELDS || sum > MOST_BYTES) throw fault('headers', `has ${lines.length} fields of ${sum} bytes; ${MOST_FIELDS} of ${MOST_BYTES} are the most`);
  return `${basic(username, password)}${lines.join('')}`;
}

const MOST_FIELDS = 100;
const MOST_BYTES = 65_536;

/** RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]{1,256}$/i;
const VALUE = /^[\t\x20-\x7e]*$/;

/** Routing, framing and what changes the meaning of the answer. */
const OURS: ReadonlySet<string> = /*#__PURE__*/ new Set([
  'connection', 'content-length', 'expect', 'host', 'http2-settings', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade',
]);

/** RFC 7617. */
function basic(username: string | undefined, password: string | undefined): string {
  if (username === undefined && password === undefined) return '';
  if (username === undefined) throw fault('password', 'is given without a username');
  if (username.includes(':')) throw fault('username', 'has a colon, which ends a user name in Basic credentials');
  const credentials = `${username}:${password ?? ''}`;
  // oxlint-disable-next-line no-control-regex -- control characters are just what must not pass
  if (/[\u0000-\u001f\u007f]/.test(credentials)) throw fault('username or password', 'has a control character');
  return `Proxy-Authorization: Basic ${Buffer.from(credentials).toString('base64')}\r\n`;
}

function fault(option: string, why: string): Error {
  return optionFault('viaHttpConnect()', option, why);
}
