import type { Cancel, Socket } from '@sock/core';
import { at } from '@sock/core';
import type { HeaderInfo } from './header-v1.ts';
import { parseV1 } from './header-v1.ts';
import { lengthOfV2, parseV2 } from './header-v2.ts';
import { ProxyHeaderError } from './proxy-error.ts';
import { ProxyFault } from './proxy-fault.ts';
import { V1_BYTES, V1_START, V2_FIXED, V2_SIGNATURE } from './proxy-wire.ts';
import { readHead } from './read-head.ts';

/** What a header may be. */
export interface HeaderLimits {
  readonly version: 1 | 2 | 'any';
  readonly required: boolean;
  readonly maxHeaderBytes: number;
}

/**
 * Takes the header off a connection, and not a byte more.
 *
 * @returns `undefined` when there is none, and none is required; all bytes are still to be read then
 * @throws `ERR_SOCK_PROXY_HEADER`
 */
export async function readHeader(socket: Socket, limits: HeaderLimits, cancel: () => Cancel): Promise<HeaderInfo | undefined> {
  try {
    const { bytes, how } = await readHead(socket, (all) => endOf(all, limits), Math.max(limits.maxHeaderBytes, V1_BYTES), cancel);
    const kind = kindOf(bytes);
    if (how !== 'complete' && (kind === 1 || kind === 2)) throw new ProxyFault('cut', `ended after ${bytes.length} bytes, in its middle`);
    if (how === 'complete' && kind === 1) return parseV1(bytes);
    if (how === 'complete' && kind === 2) return parseV2(bytes);
    if (limits.required) throw new ProxyFault('missing', bytes.length === 0 && how === 'ended' ? 'is missing: the connection ended before it' : MISSING);
    socket.unread(bytes);
    return undefined;
  } catch (error) {
    if (!(error instanceof ProxyFault)) throw error;
    throw new ProxyHeaderError(error.reason, `the PROXY header${at('from', socket.remote)} ${error.message}`, socket.remote);
  }
}

const MISSING = 'is missing: the connection begins with something else; does the peer send one, or did a client come past the proxy?';

/** Where the header ends; 0 when there is none; -1 while more has to come. */
function endOf(bytes: Uint8Array, { version, maxHeaderBytes }: HeaderLimits): number {
  const kind = kindOf(bytes);
  if (kind === 'none') return 0;
  if (kind === 'unsure') return -1;
  if (version !== 'any' && version !== kind) throw new ProxyFault('version', `is of version ${kind}, and only version ${version} is accepted here`);
  return kind === 1 ? endOfV1(bytes) : endOfV2(bytes, maxHeaderBytes);
}

function endOfV1(bytes: Uint8Array): number {
  const line = bytes.subarray(0, V1_BYTES);
  const end = line.indexOf(LF);
  if (end === -1 && line.length === V1_BYTES) throw new ProxyFault('too-long', `is longer than the ${V1_BYTES} bytes of version 1`);
  if (end !== -1 && line[end - 1] !== CR) throw new ProxyFault('malformed', 'ends its line with LF alone');
  return end === -1 ? -1 : end + 1;
}

function endOfV2(bytes: Uint8Array, maxHeaderBytes: number): number {
  if (bytes.length < V2_FIXED) return -1;
  const length = lengthOfV2(bytes);
  if (length > maxHeaderBytes) throw new ProxyFault('too-long', `has ${length} bytes; ${maxHeaderBytes} are the most (maxHeaderBytes)`);
  return bytes.length < length ? -1 : length;
}

const CR = 13;
const LF = 10;

/** The version that begins here; `unsure` while the bytes could still become one. */
function kindOf(bytes: Uint8Array): 1 | 2 | 'none' | 'unsure' {
  const agrees = (start: readonly number[]): boolean => start.every((byte, index) => index >= bytes.length || bytes[index] === byte);
  const v1 = Array.from(V1_START, (letter) => letter.charCodeAt(0));
  if (agrees(v1)) return bytes.length >= v1.length ? 1 : 'unsure';
  if (agrees(V2_SIGNATURE)) return bytes.length >= V2_SIGNATURE.length ? 2 : 'unsure';
  return 'none';
}
