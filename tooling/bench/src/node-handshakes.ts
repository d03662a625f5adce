import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { connect, createSecureContext, createServer } from 'node:tls';
import type { Carrier, Client, Contestant, HandshakeWork } from './contestant.ts';
import { checkHandshake, CIPHER, CIPHER_12 } from './contestant.ts';

/** Handshakes of plain `node:tls`, written the usual way: one context for all connections, and the last session of each server kept. */
export const nodeHandshakes: Pick<Contestant, 'listenForHandshakes' | 'handshakes'> = {
  async listenForHandshakes(carrier, { chain, key }, shaken) {
    const server = createServer({ ...protocol(carrier), cert: chain, key, noDelay: true }, (socket) => {
      shaken(socket.isSessionReused());
      socket.on('data', (chunk) => socket.write(chunk));
      socket.on('error', () => socket.destroy());
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  },
  async handshakes(carrier, port, { ca }, work) {
    const secureContext = createSecureContext({ ...protocol(carrier), ca });
    const sessions = new Map<string, Buffer>();
    return {
      async run(_, count) {
        for (let step = 0; step < count; step += 1) {
          const session = work === 'resumed' ? sessions.get('localhost') : undefined;
          const socket = connect({ host: '127.0.0.1', port, secureContext, servername: 'localhost', ...(session === undefined ? {} : { session }) });
          socket.setNoDelay(true);
          socket.on('session', (given) => sessions.set('localhost', given));
          await talk(socket, work, session === undefined);
        }
        return undefined;
      },
      close: async () => {},
    } satisfies Client;
  },
};

function protocol(carrier: Carrier): { readonly ciphers: string; readonly maxVersion: 'TLSv1.2' | 'TLSv1.3' } {
  return carrier === 'tls12' ? { ciphers: CIPHER_12, maxVersion: 'TLSv1.2' } : { ciphers: CIPHER, maxVersion: 'TLSv1.3' };
}

async function talk(socket: TLSSocket, work: HandshakeWork, first: boolean): Promise<void> {
  await once(socket, 'secureConnect');
  checkHandshake(work, first, { verified: socket.authorized, resumed: socket.isSessionReused() });
  socket.write(BYTE);
  await once(socket, 'data');
  socket.end();
  await once(socket, 'close');
}

const BYTE: Uint8Array = /*#__PURE__*/ new Uint8Array(1);
