import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { spawnPeer } from './spawn-peer.ts';

/** A port on loopback where a connect neither succeeds nor fails. */
export interface FullBacklog extends AsyncDisposable {
  readonly port: number;
}

// The process stands still after it listens, so the system completes `backlog + 1` connections and drops every later SYN.
const LISTENER = `
  const server = require('node:net').createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
    require('node:fs').writeSync(1, 'port ' + server.address().port + '\\n');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });`;

/**
 * A listener with a full backlog: the silent address for tests of time-outs, without dialling anything beyond this machine.
 */
export async function fullBacklog(): Promise<FullBacklog> {
  const listener = spawnPeer(process.execPath, ['-e', LISTENER]);
  const port = Number((await listener.line(/^port (\d+)/))[1]);
  const sockets: Socket[] = [];
  // Fills it up: done when a connect stays without an answer for far longer than loopback takes.
  for (let answered = true; answered; ) {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('error', () => {});
    sockets.push(socket);
    const timer = new AbortController();
    answered = await Promise.race([
      new Promise<boolean>((resolve) => socket.once('connect', () => resolve(true))),
      setTimeout(50, false, { signal: timer.signal }),
    ]);
    timer.abort();
  }
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await listener.stop();
    },
  };
}
