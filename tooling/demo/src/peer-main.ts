// The server process: gets one order, reports its ports, and serves until the channel to the demo closes.
import type { PeerOrder, PeerReport } from './peer-messages.ts';
import { startServers } from './servers.ts';

// Ctrl-C reaches every process of the terminal's group. The demo ends this one, after its own connections.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

process.once('disconnect', () => process.exit(0));
process.once('message', (order: PeerOrder) => {
  startServers(order).then(
    ({ ports }) => report({ ports }),
    (error: unknown) => report({ failure: (error as Error).message }),
  );
});

function report(message: PeerReport): void {
  process.send?.(message);
}
