import type { Socket } from 'node:net';

/**
 * Breaks a TCP connection off with an RST and nothing before it. `resetAndDestroy()` alone ends the stream first, and a peer that is
 * quick sees a clean end.
 */
export function hardReset(socket: Socket): void {
  if (socket.destroyed) return;
  socket.destroySoon = () => socket.destroy();
  socket.resetAndDestroy();
}
