import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { createSecureContext } from 'node:tls';
import type { buildConnector } from 'undici';
import type { Client, Contestant } from './contestant.ts';
import { checkHandshake } from './contestant.ts';
import { greet, protocol } from './node-handshakes.ts';
import { nodeWell } from './node-well.ts';
import { dialling } from './node.ts';
import type { HandshakeKind } from './work.ts';
import { isHandshakes } from './work.ts';

/** The connector of undici, with one context for all connections. It is a client alone. */
export const undici: Contestant = {
  listen: nodeWell.listen,
  async connect(carrier, port, { ca }, { kind }) {
    // It brings a whole HTTP client along, which the processes of others do without.
    const { buildConnector } = await import('undici');
    if (kind === 'dials') return dialling(dialler(buildConnector({}), { protocol: 'http:', hostname: '127.0.0.1', port: String(port) }));
    if (!isHandshakes(kind)) throw new Error(`undici's connector makes connections, and has no way to write ${kind}`);
    const secureContext = createSecureContext({ ...protocol(carrier), ca });
    const connector = buildConnector({ ...protocol(carrier), secureContext, ...(kind === 'full' ? { maxCachedSessions: 0 } : {}) });
    return handshaking(dialler(connector, { protocol: 'https:', hostname: '127.0.0.1', servername: 'localhost', port: String(port) }), kind);
  },
};

function handshaking(dial: () => Promise<Socket>, kind: HandshakeKind): Client {
  return {
    async run(_, count) {
      for (let step = 0; step < count; step += 1) {
        const socket = (await dial()) as TLSSocket;
        const resumed = socket.isSessionReused();
        // It holds its session weakly: a collection of garbage between two runs takes it.
        checkHandshake(kind, step === 0 && !resumed, { verified: socket.authorized, resumed });
        await greet(socket);
      }
      return undefined;
    },
  };
}

function dialler(connector: buildConnector.connector, target: buildConnector.Options): () => Promise<Socket> {
  return () =>
    new Promise((resolve, reject) => {
      connector(target, (error, socket) => (error === null ? resolve(socket) : reject(error)));
    });
}
