import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import type { Client, Contestant } from './contestant.ts';
import { connectForHandshakes, greet, listenForHandshakes } from './node-handshakes.ts';
import { NODE_SERVICES } from './node-services.ts';
import { encodeRun } from './run-count.ts';
import type { Carrier, Material, StreamKind } from './work.ts';
import { CIPHER, isHandshakes, isLoad } from './work.ts';

/** Plain `node:net` and `node:tls`, written the usual way: `write`, `drain` when it says so, `data` events, `pipe`. */
export const node: Contestant = {
  async listen(carrier, service, material, shaken) {
    if (service === 'handshakes') return await listenForHandshakes(carrier, material, shaken);
    return await serve(carrier, material, NODE_SERVICES[service]);
  },
  async connect(carrier, port, material, { kind }) {
    // The CA with each connection, as it stands in the documentation of tls.connect().
    if (isHandshakes(kind)) return await connectForHandshakes(port, kind, { ca: material.ca }, carrier);
    if (isLoad(kind)) throw new Error(`the client of ${kind} is the same for everybody`);
    if (kind === 'dials') return dialling(async () => await dial(carrier, port, material));
    const socket = await dial(carrier, port, material);
    return kind === 'pings' ? pinging(socket) : kind === 'mirrored' ? mirrored(socket, write) : sending(socket, SENDS[kind], join(material.folder, 'file'));
  },
};

/** Serves each connection of a carrier with `service`. */
export async function serve(carrier: Carrier, { chain, key }: Material, service: (socket: Socket) => void, highWaterMark?: number): Promise<number> {
  const options = { noDelay: true, ...(highWaterMark === undefined ? {} : { highWaterMark }) };
  const server: Server = carrier === 'tcp' ? createServer(options, service) : createTlsServer({ ...options, cert: chain, key }, service);
  // A client that is ended in the middle of a run is no fault of a server.
  server.on(carrier === 'tcp' ? 'connection' : 'secureConnection', (socket: Socket) => socket.on('error', () => socket.destroy()));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

/** A connection that is ready for use. */
export async function dial(carrier: Carrier, port: number, { ca }: Material, highWaterMark?: number): Promise<Socket> {
  const options = { host: '127.0.0.1', port, ...(highWaterMark === undefined ? {} : { highWaterMark }) };
  const socket = carrier === 'tcp' ? connect(options) : connectTls({ ...options, ca, servername: 'localhost', ciphers: CIPHER });
  await once(socket, carrier === 'tcp' ? 'connect' : 'secureConnect');
  socket.setNoDelay(true);
  return socket;
}

/** A client whose steps are connections. */
export function dialling(dialOne: () => Promise<Socket>): Client {
  return {
    async run(_, count) {
      for (let step = 0; step < count; step += 1) await greet(await dialOne());
      return undefined;
    },
  };
}

/** A way to send `count` times the same bytes, or the same file. */
export type NodeSend = (socket: Socket, count: number, bytes: Uint8Array, file: string) => Promise<void>;

/** A client that sends in one of these ways, and waits for the server's acknowledgement. */
export function sending(socket: Socket, send: NodeSend, file: string): Client {
  return {
    close: () => void socket.destroy(),
    async run(work, count) {
      socket.write(encodeRun(count * work.bytes));
      const acknowledged = once(socket, 'data');
      await send(socket, count, new Uint8Array(work.bytes), file);
      await acknowledged;
      return undefined;
    },
  };
}

const SENDS: Readonly<Record<Exclude<StreamKind, 'pings' | 'mirrored'>, NodeSend>> = {
  bulk: write,
  pipelined: write,
  async awaited(socket, count, bytes) {
    for (let step = 0; step < count; step += 1) await new Promise((written) => socket.write(bytes, written));
  },
  async file(socket, count, _, file) {
    for (let step = 0; step < count; step += 1) {
      const stream = createReadStream(file);
      stream.pipe(socket, { end: false });
      await once(stream, 'end');
    }
  },
};

/** As fast as `write` lets it. */
export async function write(socket: Socket, count: number, bytes: Uint8Array): Promise<void> {
  for (let step = 0; step < count; step += 1) {
    if (!socket.write(bytes)) await once(socket, 'drain');
  }
}

/** A client that sends with `send`, and gets everything back at the same time. */
export function mirrored(socket: Socket, send: typeof write): Client {
  return {
    close: () => void socket.destroy(),
    async run(work, count) {
      let missing = count * work.bytes;
      const back = new Promise<void>((resolve, reject) => {
        const gone = (): void => reject(new Error('the server has left'));
        const arrived = (chunk: Uint8Array): void => {
          missing -= chunk.length;
          if (missing > 0) return;
          socket.off('data', arrived).off('close', gone);
          resolve();
        };
        socket.on('data', arrived).on('close', gone);
      });
      await send(socket, count, new Uint8Array(work.bytes));
      await back;
      return undefined;
    },
  };
}

function pinging(socket: Socket): Client {
  return {
    close: () => void socket.destroy(),
    run: (work, count) =>
      new Promise((resolve) => {
        const bytes = new Uint8Array(work.bytes);
        const times: number[] = [];
        let start = 0;
        let missing = 0;
        const next = (): void => {
          missing = bytes.length;
          start = performance.now();
          socket.write(bytes);
        };
        const arrived = (chunk: Uint8Array): void => {
          missing -= chunk.length;
          if (missing > 0) return;
          times.push((performance.now() - start) * 1000);
          if (times.length < count) return next();
          socket.off('data', arrived);
          resolve(times);
        };
        socket.on('data', arrived);
        next();
      }),
  };
}
