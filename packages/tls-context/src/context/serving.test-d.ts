// For tests alone. The name keeps it out of the build and out of the package, and out of what vitest takes for a file of tests.
import type { Socket } from '@sock/core';
import { upgradeListener } from '@sock/core';
import { listen, tcp } from '@sock/io';
import { bytes, rejection, until } from '@sock/testkit';
import { expect } from 'vitest';
import type { ClientContext, ServerContext, TlsError, TlsInfo } from '../index.ts';
import { TLS_INFO } from '../index.ts';

/** Both ends of a connection that has asked and answered once: the tickets that a server gives have arrived with the answer. */
export interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  readonly client: TlsInfo;
  readonly server: TlsInfo;
}

/** A context that is being served. */
export interface Serving {
  readonly port: number;
  /** What the server refused so far. */
  readonly errors: readonly TlsError[];
  /** Connects, and asks for `localhost` or the name; the sockets are destroyed at the end. Rejects also when the server refuses after the client's handshake. */
  open(client: ClientContext, serverName?: string): Promise<Pair>;
  /** {@link Serving.open}, and away with it. */
  visit(client: ClientContext, serverName?: string): Promise<Pair>;
  /** Why the server refused this client. */
  refused(client: ClientContext): Promise<TlsError>;
}

/** Serves a context on loopback for as long as `run` takes. */
export async function serving(context: ServerContext, run: (server: Serving) => Promise<void>): Promise<void> {
  const errors: TlsError[] = [];
  const listener = upgradeListener(await listen({ host: '127.0.0.1', port: 0 }), context, { onUpgradeError: (error) => errors.push(error as TlsError) });
  const { port } = listener.endpoint as { port: number };
  const sockets: Socket[] = [];
  const far = new Map<number, Socket>();
  const accepting = (async () => {
    for await (const socket of listener) {
      sockets.push(socket);
      far.set((socket.remote as { port: number }).port, socket);
      void answer(socket);
    }
  })();
  const open = async (client: ClientContext, serverName = 'localhost'): Promise<Pair> => {
    const plain = await tcp().connect({ host: '127.0.0.1', port }, { timeout: '5s' });
    const near = await plain.upgrade(client, { serverName }, { timeout: '5s' });
    sockets.push(near);
    // Reading is how a client hears that it was refused after its own handshake was good.
    await near.send(bytes('hi'));
    await near.recvExactly(2, { timeout: '5s' });
    const other = far.get((near.local as { port: number }).port) as Socket;
    return { near, far: other, client: near.get(TLS_INFO) as TlsInfo, server: other.get(TLS_INFO) as TlsInfo };
  };
  try {
    await run({
      port, errors, open,
      visit: async (client, serverName) => {
        const pair = await open(client, serverName);
        pair.near.destroy();
        pair.far.destroy();
        return pair;
      },
      refused: async (client) => {
        const before = errors.length;
        await rejection(open(client));
        await until(() => errors.length > before, 'the server tells why it refused the client');
        expect(errors).toHaveLength(before + 1);
        return errors[before] as TlsError;
      },
    });
  } finally {
    for (const socket of sockets) socket.destroy();
    await listener.close();
    await accepting;
  }
}

/** Not before the client has asked: what a server sends in the turn of its handshake stands before the tickets. */
async function answer(socket: Socket): Promise<void> {
  try {
    await socket.send(await socket.recvExactly(2));
  } catch {
    // A client that refused this server is gone; its own end tells why.
  }
}

/** The subject of the certificate that the server of a connection showed. */
export function shownBy({ client }: Pair): string | undefined {
  return client.peerCertificate?.subject;
}

/** Whether both ends say that a session was resumed; that they differ is a fault. */
export function resumed({ client, server }: Pair): boolean {
  expect(server.resumed, 'both ends agree').toBe(client.resumed);
  return client.resumed;
}
