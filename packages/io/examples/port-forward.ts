// Passes connections on: node port-forward.js TARGET [LISTEN], each as HOST:PORT or unix:/path
import { formatEndpoint } from '@sock/core';
import type { Socket } from '@sock/core';
import { relay } from '@sock/core/streams';
import { connect, listen } from '@sock/io';

const [, , target = '127.0.0.1:8080', at = '127.0.0.1:0'] = process.argv;
const listener = await listen(at);
const open = new Set<Socket>();

async function pass(client: Socket): Promise<void> {
  const from = client.remote === undefined ? 'somebody' : formatEndpoint(client.remote);
  open.add(client);
  try {
    const server = await connect(target, { timeout: '5s' });
    // Each end is passed on as a half-close; a failure of one side is a reset for the other.
    const { aToB, bToA } = await relay(client, server, { idleTimeout: '5m' });
    console.log(`${from}: ${aToB} bytes there, ${bToA} bytes back`);
  } catch (error) {
    console.error(`${from}: ${(error as Error).message}`);
    client.destroy(error);
  } finally {
    open.delete(client);
  }
}

process.once('SIGTERM', () => {
  void listener.close();
  for (const client of open) client.destroy();
});

console.log(`listening on ${formatEndpoint(listener.endpoint)}`);
for await (const client of listener) void pass(client);
