// Runs into every failure of a TLS client and of making a context, one after the other, and prints a line of JSON for each: its name,
// the code, how long it took, and what was still open in the process a few turns later. It ends by itself, or something is left.
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { upgradeConnector, upgradeListener } from '@sock/core';
import { createAuthority, createSelfSigned } from '@sock/dev-certs';
import { listen, tcp } from '@sock/io';
import { createClientContext, createServerContext } from '@sock/tls-context';

const authority = createAuthority();
const good = authority.issue({ names: ['localhost'] });
const other = authority.issue({ names: ['localhost'] });

const dial = (port, options, timeout = 2000) =>
  upgradeConnector(tcp(), createClientContext({ ca: authority.ca, serverName: 'localhost', ...options })).connect({ host: '127.0.0.1', port }, { timeout });

async function served(certificate, run) {
  const context = createServerContext({ cert: certificate.chain, key: certificate.key });
  const listener = upgradeListener(await listen({ host: '127.0.0.1', port: 0 }), context);
  try {
    await run(listener.endpoint.port);
  } finally {
    await listener.close();
  }
}

async function against(server, run) {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    await run(server.address().port);
  } finally {
    server.closeAllConnections?.();
    await once(server.close(), 'close');
  }
}

/** A plain server that ends each connection by `act`; sockets that are left when the test is over are closed with it. */
async function plain(act, run) {
  const sockets = new Set();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    act(socket);
  });
  await against(server, async (port) => {
    try {
      await run(port);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });
}

const scenarios = {
  'wrong authority': () => served(good, (port) => dial(port, { ca: createAuthority().ca })),
  'wrong name': () => served(good, (port) => dial(port, { serverName: 'other.test' })),
  expired: () => served(authority.issue({ names: ['localhost'], validity: 'expired' }), (port) => dial(port)),
  'signed by itself': () => served(createSelfSigned({ names: ['localhost'] }), (port) => dial(port)),
  'key that does not match': async () => void createServerContext({ cert: good.chain, key: other.key }),
  'truncated PEM': async () => void createServerContext({ cert: good.chain.slice(0, 200), key: good.key }),
  'peer that speaks HTTP': () => against(createHttpServer((_, response) => response.end('hello')), (port) => dial(port)),
  'peer that never answers': () => plain(() => {}, (port) => dial(port, {}, 300)),
  'peer that resets': () => plain((socket) => socket.once('data', () => Object.assign(socket, { resetAndClosing: true }).destroy()), (port) => dial(port)),
  'peer that ends': () => plain((socket) => socket.once('data', () => socket.end()), (port) => dial(port)),
  'closed port': () => plain(() => {}, async () => {}).then(() => dial(1)),
};

for (const [name, run] of Object.entries(scenarios)) {
  const startedAt = performance.now();
  let code = 'none: it worked';
  try {
    await run();
  } catch (error) {
    code = error.code ?? String(error);
  }
  const milliseconds = performance.now() - startedAt;
  for (let turns = 0; turns < 5; turns += 1) await turn();
  // The pipe to the parent is there from the start.
  const open = process.getActiveResourcesInfo().filter((kind) => kind !== 'PipeWrap' && kind !== 'Immediate');
  console.log(JSON.stringify({ name, code, milliseconds, open }));
}
