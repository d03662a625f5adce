import type { Cancel, Socket } from '@sock/core';
import { Budget, formatEndpoint, SocketError } from '@sock/core';
import { connectRequest } from './connect-request.ts';
import { httpRefusal } from './http-refusal.ts';
import { ProxyError } from './proxy-error.ts';
import { readHead } from './read-head.ts';
import type { ResponseHead } from './response-head.ts';
import { parseHead, ResponseFault, scanHead } from './response-head.ts';
import type { TunnelRequest } from './tunnel.ts';

/** What an answer may have. */
export interface ResponseLimits {
  readonly maxHeaderBytes: number;
  readonly maxHeaders: number;
  readonly maxBodyBytes: number;
}

/**
 * Asks for the tunnel and reads the answer. The bytes behind a 2xx are the stream's, whatever `Content-Length` or `Transfer-Encoding` it
 * has (RFC 9110, section 9.3.6).
 */
export async function openHttpTunnel(socket: Socket, request: TunnelRequest, fields: string, limits: ResponseLimits): Promise<void> {
  await socket.send(connectRequest(request.host, request.target.port, fields), request.cancel());
  const head = await finalHead(socket, request, limits);
  if (head.status >= 200 && head.status <= 299) return;
  throw httpRefusal(head, await bodyOf(socket, head, limits.maxBodyBytes, request.cancel()), request);
}

/** The first answer that is not an interim one (1xx); all of them together keep to the limit. */
async function finalHead(socket: Socket, request: TunnelRequest, { maxHeaderBytes, maxHeaders }: ResponseLimits): Promise<ResponseHead> {
  try {
    for (let left = maxHeaderBytes; ;) {
      const { bytes, how } = await readHead(socket, scanHead, Math.max(left, 1), request.cancel);
      if (how === 'too-long') throw new ResponseFault(`answered with a head longer than ${maxHeaderBytes} bytes (maxHeaderBytes)`);
      if (how === 'ended') throw endedEarly(bytes.length, request);
      const head = parseHead(bytes, maxHeaders);
      if (head.status === 101) throw new ResponseFault('switched protocols, which nobody asked for (status 101)');
      if (head.status >= 200) return head;
      left -= bytes.length;
    }
  } catch (error) {
    if (!(error instanceof ResponseFault)) throw error;
    const { proxy, target } = request;
    const message = `the HTTP proxy ${formatEndpoint(proxy)} ${error.message}`;
    throw new ProxyError('ERR_SOCK_PROXY_PROTOCOL', message, { phase: 'upgrade', category: 'protocol', endpoint: target, proxy });
  }
}

/** Becomes the proxy's fault, in words, where all tunnels come together. */
function endedEarly(bytes: number, { target }: TunnelRequest): SocketError {
  return new SocketError('ERR_SOCK_UNEXPECTED_END', `the answer ended after ${bytes} bytes`, { phase: 'recv', category: 'protocol', endpoint: target });
}

/** What comes of the body in a short time, and within its length where that is told: it is for people, and the error need not wait for it. */
async function bodyOf(socket: Socket, { headers }: ResponseHead, maxBytes: number, cancel: Cancel): Promise<Uint8Array> {
  const budget = new Budget(new Budget(cancel).rest(BODY_MS));
  const told = headers.get('content-length');
  const most = told !== undefined && /^\d{1,15}$/.test(told) ? Math.min(Number(told), maxBytes) : maxBytes;
  const body = new Uint8Array(most);
  let length = 0;
  try {
    while (length < most) {
      const chunk = await socket.recv(budget.rest());
      if (chunk === null) break;
      const taken = Math.min(chunk.length, most - length);
      body.set(chunk.subarray(0, taken), length);
      length += taken;
    }
  } catch {
    // The refusal is the error that counts; what has come of its body is kept.
  }
  return body.slice(0, length);
}

const BODY_MS = 300;
