import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { connect, createServer } from 'node:tls';
import type { Client } from './contestant.ts';
import { checkHandshake } from './contestant.ts';
import type { Carrier, HandshakeKind, Material } from './work.ts';
import { CIPHER, CIPHER_12 } from './work.ts';

/** Serves handshakes of plain `node:tls`: a server has one context for all connections, however it is written. */
export async function listenForHandshakes(carrier: Carrier, { chain, key }: Material, shaken: (resumed: boolean) => void): Promise<number> {
  const server = createServer({ ...protocol(carrier), cert: chain, key, noDelay: true }, (socket) => {
    shaken(socket.isSessionReused());
    socket.on('data', (chunk) => socket.write(chunk));
    socket.on('error', () => socket.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

/** A client whose steps are handshakes; the last session is kept. `trust` is the CA for each connection, or one context for all. */
export async function connectForHandshakes(
  port: number,
  kind: HandshakeKind,
  trust: { readonly ca: string } | { readonly secureContext: SecureContext },
  carrier: Carrier,
): Promise<Client> {
  const options = { host: '127.0.0.1', port, servername: 'localhost', ...protocol(carrier), ...trust };
  const sessions = new Map<string, Buffer>();
  return {
    async run(_, count) {
      for (let step = 0; step < count; step += 1) {
        const session = kind === 'resumed' ? sessions.get('localhost') : undefined;
        const socket = connect(session === undefined ? options : { ...options, session });
        socket.setNoDelay(true);
        socket.on('session', (given) => sessions.set('localhost', given));
        await once(socket, 'secureConnect');
        checkHandshake(kind, session === undefined, { verified: socket.authorized, resumed: socket.isSessionReused() });
        await greet(socket);
      }
      return undefined;
    },
  };
}

/** The version and the suite, as options of `node:tls`. */
export function protocol(carrier: Carrier): { readonly ciphers: string; readonly maxVersion: 'TLSv1.2' | 'TLSv1.3' } {
  return carrier === 'tls12' ? { ciphers: CIPHER_12, maxVersion: 'TLSv1.2' } : { ciphers: CIPHER, maxVersion: 'TLSv1.3' };
}

/** What is done with each connection: a byte each way, and the end. */
export async function greet(socket: Socket): Promise<void> {
  socket.write(BYTE);
  await once(socket, 'data');
  socket.end();
  await once(socket, 'close');
}

const BYTE: Uint8Array = /*#__PURE__*/ new Uint8Array(1);
