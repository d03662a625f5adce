import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type { TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import { encodeJob } from './job.ts';
import type { Contestant, Link } from './link.ts';
import { receive, streamOf } from './node-server.ts';
import { decodeReceipt } from './receipt.ts';

/** Where a node:tls server listens and what it takes to trust it. */
export interface NodeTarget {
  readonly port: number;
  readonly ca: string;
  /** The one cipher suite that is offered, so that both contestants encrypt alike. */
  readonly cipher: string;
}

/** The same job as an ordinary program on `node:tls` does it: a stream of the file piped into the socket, `data` events to read. */
export function nodeContestant(target: NodeTarget): Contestant {
  return { name: 'node:tls', open: async () => toLink(await dial(target)) };
}

async function dial({ port, ca, cipher }: NodeTarget): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, ca, servername: 'localhost', ciphers: cipher });
  await once(socket, 'secureConnect');
  // Each job hears of a failure by itself; one that comes between two of them must not end the process.
  socket.on('error', () => {});
  socket.setNoDelay(true);
  return socket;
}

function toLink(socket: TLSSocket): Link {
  return {
    get moved() {
      return socket.bytesWritten + socket.bytesRead;
    },
    protocol: socket.getProtocol() ?? undefined,
    cipher: socket.getCipher().standardName,
    async upload(file, hashed) {
      socket.write(encodeJob(hashed ? 'uploadAndHash' : 'uploadAndCount'));
      streamOf(file, socket).pipe(socket);
      return decodeReceipt(await textOf(socket));
    },
    async download(hashed) {
      socket.end(encodeJob('download'));
      return await receive(socket, hashed);
    },
    roundTrips(count, size) {
      socket.write(encodeJob('echo'));
      return pingPong(socket, count, new Uint8Array(size));
    },
    async close() {
      if (socket.destroyed) return;
      socket.resume().end();
      await once(socket, 'close');
    },
    destroy: () => void socket.destroy(),
  };
}

async function textOf(socket: TLSSocket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await finished(socket, { writable: false });
  return text;
}

function pingPong(socket: TLSSocket, count: number, ping: Uint8Array): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const times: number[] = [];
    let start = 0;
    let missing = 0;
    const next = (): void => {
      missing = ping.length;
      start = performance.now();
      socket.write(ping);
    };
    socket.once('close', () => reject(new Error('the server broke off a round trip')));
    socket.on('data', (chunk: Uint8Array) => {
      missing -= chunk.length;
      if (missing > 0) return;
      times.push((performance.now() - start) * 1000);
      if (times.length < count) next();
      else resolve(times);
    });
    next();
  });
}
