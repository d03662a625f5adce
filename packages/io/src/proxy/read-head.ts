import type { Cancel, Socket } from '@sock/core';
import { concat } from '@sock/core';

/** What {@link readHead} came to. */
export interface Head {
  /** The bytes up to the end that was found; all that came, when none was. */
  readonly bytes: Uint8Array;
  readonly how: 'complete' | 'ended' | 'too-long';
}

/**
 * Receives until `scan` finds the end of a head. What came behind that end is put back: it belongs to the stream.
 *
 * @param scan - is given all bytes so far and how many of them it has seen before; answers where the head ends, or -1 to go on; may throw
 * @param maxBytes - never holds more than these
 * @param cancel - asked for before each receive
 */
export async function readHead(socket: Socket, scan: (bytes: Uint8Array, seen: number) => number, maxBytes: number, cancel: () => Cancel): Promise<Head> {
  let buffer = new Uint8Array(Math.min(256, maxBytes));
  let length = 0;
  for (;;) {
    const chunk = await socket.recv(cancel());
    if (chunk === null) return { bytes: buffer.slice(0, length), how: 'ended' };
    const seen = length;
    const taken = Math.min(chunk.length, maxBytes - seen);
    buffer = withRoom(buffer, seen + taken);
    buffer.set(chunk.subarray(0, taken), seen);
    length += taken;
    const end = scan(buffer.subarray(0, length), seen);
    if (end !== -1) {
      socket.unread(end < seen ? concat([buffer.subarray(end, seen), chunk]) : chunk.subarray(end - seen));
      return { bytes: buffer.slice(0, end), how: 'complete' };
    }
    if (length === maxBytes) return { bytes: buffer.slice(0, length), how: 'too-long' };
  }
}

/** Twice as large each time: a head that comes byte by byte is not copied for each of them. */
function withRoom(buffer: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  if (length <= buffer.length) return buffer;
  const larger = new Uint8Array(Math.max(length, buffer.length * 2));
  larger.set(buffer);
  return larger;
}
