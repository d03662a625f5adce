import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import type { Client, Contestant, StreamWork } from './contestant.ts';
import { CIPHER, isHandshakes, STEP_BYTES } from './contestant.ts';
import { nodeHandshakes } from './node-handshakes.ts';
import { ACK, encodeRun, RunCount } from './run-count.ts';

/** Plain `node:net` and `node:tls`, written the usual way: `write`, `drain` when it says so, `data` events. */
export const node: Contestant = {
  ...nodeHandshakes,
  async listen(carrier, service, { chain, key }) {
    const serve = service === 'sink' ? sink : echo;
    const server: Server =
      carrier === 'tcp' ? createServer({ noDelay: true }, serve) : createTlsServer({ cert: chain, key, noDelay: true }, serve);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  },
  async connect(carrier, port, { ca }) {
    const host = '127.0.0.1';
    const socket = carrier === 'tcp' ? connect({ host, port }) : connectTls({ host, port, ca, servername: 'localhost', ciphers: CIPHER });
    await once(socket, carrier === 'tcp' ? 'connect' : 'secureConnect');
    socket.setNoDelay(true);
    return toClient(socket);
  },
};

function echo(socket: Socket): void {
  socket.on('data', (chunk) => socket.write(chunk));
}

function sink(socket: Socket): void {
  const run = new RunCount();
  socket.on('data', (chunk) => {
    if (run.isOver(chunk)) socket.write(ACK);
  });
}

function toClient(socket: Socket): Client {
  return {
    async run(work, count) {
      if (isHandshakes(work)) throw new Error('handshakes have a client of their own');
      if (work === 'pings') return await pings(socket, count);
      socket.write(encodeRun(count * STEP_BYTES[work]));
      const acknowledged = once(socket, 'data');
      await SENDS[work](socket, count, new Uint8Array(STEP_BYTES[work]));
      await acknowledged;
      return undefined;
    },
    async close() {
      socket.end();
      await once(socket, 'close');
    },
  };
}

const SENDS: Record<Exclude<StreamWork, 'pings'>, (socket: Socket, count: number, bytes: Uint8Array) => Promise<void>> = {
  bulk: write,
  bulk16k: write,
  bulkLent: write,
  pipelined: write,
  async awaited(socket, count, bytes) {
    for (let step = 0; step < count; step += 1) await new Promise((written) => socket.write(bytes, written));
  },
};

async function write(socket: Socket, count: number, bytes: Uint8Array): Promise<void> {
  for (let step = 0; step < count; step += 1) {
    if (!socket.write(bytes)) await once(socket, 'drain');
  }
}

function pings(socket: Socket, count: number): Promise<number[]> {
  const bytes = new Uint8Array(STEP_BYTES.pings);
  return new Promise((resolve) => {
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
  });
}
