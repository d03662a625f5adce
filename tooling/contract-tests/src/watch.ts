import type { Socket } from '@sock/core';
import { HANGUP, isSocketError } from '@sock/core';
import { turns } from '@sock/testkit';

/** Resolves as soon as one of the bits of `mask` is set. */
export function ready(socket: Socket, mask: number): Promise<void> {
  return new Promise((resolve) => {
    let stop = (): void => {};
    const look = (now: number): void => {
      if ((now & mask) === 0) return;
      stop();
      resolve();
    };
    stop = socket.onReady(look);
    look(socket.ready);
  });
}

/** Everything until the clean end. */
export async function readAll(socket: Socket): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/**
 * Sends until nobody takes any more: the socket and everything below it are full. Answers with all that was accepted.
 *
 * @param cap - gives up beyond so many bytes: then nothing stops the sender
 */
export async function fillUp(socket: Socket, cap: number): Promise<Uint8Array> {
  const chunk = new Uint8Array(64 * 1024).map((_, index) => index % 253);
  const sent: Uint8Array[] = [];
  let total = 0;
  // Full is what stays full: the system takes more as it gets round to moving what it has.
  for (let quiet = 0; quiet < 25; ) {
    const count = socket.trySend(chunk);
    total += count;
    if (count > 0) sent.push(chunk.subarray(0, count));
    if (total > cap) throw new Error(`${total} bytes were accepted that nobody reads`);
    quiet = count > 0 ? 0 : quiet + 1;
    await turns(1);
  }
  return Buffer.concat(sent);
}

/**
 * Begins a send that no socket can finish while its peer does not read. What was full may take a little more by and by, as the
 * system makes room; this stays in the way.
 *
 * @param size - more than the system can hold
 */
export function clog(socket: Socket, size: number): void {
  // It ends with its socket.
  socket.send(new Uint8Array(size), { owned: true }).catch(() => {});
}

/** The code with which a call of the non-blocking kind throws. */
export function thrownCode(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return isSocketError(error) ? error.code : `not typed: ${String(error)}`;
  }
  return 'nothing thrown';
}

/** Resolves when the socket is over, for whatever reason. */
export async function over(socket: Socket): Promise<void> {
  await ready(socket, HANGUP);
}
