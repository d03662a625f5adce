// Support of the tests: not compiled into dist, and not published.
import type { Endpoint, SocketLimitsInput } from '@sock/core';
import { Socket } from '@sock/core';
import { memoryPair, memoryTransportPair } from '@sock/core/memory';

/** An accepted socket and its peer; with `host`, the accepted one says that it comes from there. */
export function pairFrom(host?: string, limits: SocketLimitsInput = {}): [accepted: Socket, peer: Socket] {
  if (host === undefined) return memoryPair(limits);
  const [near, far] = memoryTransportPair(limits);
  const remote: Endpoint = { host, port: 1 };
  Object.defineProperty(near, 'remote', { value: remote });
  return [new Socket(near, limits), new Socket(far, limits)];
}

/** Reads everything until the end; what breaks the connection ends it, too. */
export async function readAll(socket: Socket): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of socket) chunks.push(chunk);
  } catch {
    // A test that minds asserts the close reason.
  }
  return Buffer.concat(chunks);
}
