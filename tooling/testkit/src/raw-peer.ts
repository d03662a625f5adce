import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A `node:net` socket that keeps what it saw: a second opinion on what was on the wire. */
export interface RawPeer {
  readonly socket: Socket;
  /** Chunks as the system gave them. */
  readonly chunks: readonly Buffer[];
  /** All of them together. */
  readonly received: Buffer;
  /** Resolves when the other side's FIN came; rejects when the connection broke. */
  readonly ended: Promise<void>;
  /** Resolves when the socket is closed, with the error's code (`ECONNRESET`) or `undefined`. */
  readonly closed: Promise<string | undefined>;
}

/** A plain server on loopback. */
export interface RawServer {
  readonly host: string;
  readonly port: number;
  /** The next connection. */
  accept(): Promise<RawPeer>;
  /** Drops all connections too. */
  close(): Promise<void>;
}

/** Listens on loopback, or on `path`. `pause`: accepted sockets read nothing until `resume()`. */
export async function rawServer(options: { readonly path?: string; readonly pause?: boolean } = {}): Promise<RawServer> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: options.pause === true });
  const accepted: RawPeer[] = [];
  const waiting: ((peer: RawPeer) => void)[] = [];
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    const peer = watched(socket, options.pause === true);
    const next = waiting.shift();
    if (next === undefined) accepted.push(peer);
    else next(peer);
  });
  await once(options.path === undefined ? server.listen(0, '127.0.0.1') : server.listen(options.path), 'listening');
  return {
    host: '127.0.0.1',
    port: options.path === undefined ? (server.address() as AddressInfo).port : 0,
    accept: () => {
      const peer = accepted.shift();
      return peer === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(peer);
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Dials with plain `node:net`. */
export async function rawPeer(target: { readonly port: number } | { readonly path: string }): Promise<RawPeer> {
  const socket = connect('path' in target ? { path: target.path, allowHalfOpen: true } : { port: target.port, host: '127.0.0.1', allowHalfOpen: true });
  const peer = watched(socket, false);
  await once(socket, 'connect');
  return peer;
}

function watched(socket: Socket, paused: boolean): RawPeer {
  const chunks: Buffer[] = [];
  let code: string | undefined;
  socket.on('error', (error: NodeJS.ErrnoException) => {
    code = error.code;
  });
  const closed = new Promise<string | undefined>((resolve) => socket.once('close', () => resolve(code)));
  const ended = new Promise<void>((resolve, reject) => {
    socket.once('end', resolve);
    socket.once('close', () => reject(new Error(`closed without an end (${code ?? 'no error'})`)));
  });
  // Most tests look at only one of the two.
  ended.catch(() => {});
  const keep = (): void => void socket.on('data', (chunk) => chunks.push(chunk));
  if (paused) socket.once('resume', keep);
  else keep();
  return {
    socket,
    chunks,
    ended,
    closed,
    get received() {
      return Buffer.concat(chunks);
    },
  };
}
