import type { Cancel, Socket } from '@sock/core';
import { Budget, isSocketError } from '@sock/core';

/**
 * Looks at the first bytes of an accepted plain connection, so that one port can serve plain and TLS. It waits for one byte, or for two
 * when the first is that of a handshake (22), and gives everything back: the next receive, or the upgrade, has it all. A cancel loses
 * no byte either.
 *
 * A peer that says nothing is waited for: give a `timeout`. It also never gets an answer from a protocol in which the server speaks
 * first; such a protocol cannot share a port with TLS.
 *
 * @returns `tls` when a TLS handshake begins, `end` when the peer left without a byte, else `plain`
 * @throws as `socket.recv()`
 * @example
 * ```ts
 * async function serve(socket: Socket): Promise<void> {
 *   const protocol = await peekProtocol(socket, { timeout: '5s' });
 *   if (protocol === 'tls') await serveSecure(await socket.upgrade(context));
 *   else if (protocol === 'plain') await redirect(socket);
 *   else await socket.close();
 * }
 * // Not awaited: a peer that says nothing must not keep the others waiting.
 * for await (const socket of await listen('[::]:8443')) serve(socket).catch(() => socket.destroy());
 * ```
 */
export async function peekProtocol(socket: Socket, options?: Cancel): Promise<'tls' | 'plain' | 'end'> {
  const budget = new Budget(options);
  const first = await socket.recv(options);
  if (first === null) return 'end';
  socket.unread(first);
  if (first[0] !== HANDSHAKE) return 'plain';
  const major = first[1] ?? (await secondByte(socket, budget.rest()));
  return major === MAJOR_VERSION ? 'tls' : 'plain';
}

/** RFC 8446, section 5.1. */
const HANDSHAKE = 22;
const MAJOR_VERSION = 3;

async function secondByte(socket: Socket, cancel: Cancel): Promise<number | undefined> {
  try {
    // When this one fails, the bytes that it took stay readable.
    const both = await socket.recvExactly(2, cancel);
    socket.unread(both);
    return both[1];
  } catch (error) {
    // A single byte and then the end is no handshake, and the byte is still to be read.
    if (isSocketError(error, 'ERR_SOCK_UNEXPECTED_END')) return undefined;
    throw error;
  }
}
