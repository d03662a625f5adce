import type { Connector, Listener, Socket, TcpEndpoint } from '@sock/core';
import { upgradeConnector, upgradeListener } from '@sock/core';
import { listen, tcp } from '@sock/io';
import { createClientContext, createServerContext } from '@sock/tls-context';
import type { Client, Contestant, StreamWork } from './contestant.ts';
import { isHandshakes, STEP_BYTES } from './contestant.ts';
import { ACK, encodeRun, RunCount } from './run-count.ts';
import { sockHandshakes } from './sock-handshakes.ts';

/** This repository's packages. */
export const sock: Contestant = {
  ...sockHandshakes,
  async listen(carrier, service, { chain, key }) {
    const plain = await listen('127.0.0.1:0');
    const listener: Listener = carrier === 'tcp' ? plain : upgradeListener(plain, createServerContext({ cert: chain, key }));
    void accept(listener, service === 'sink' ? sink : echo);
    return (plain.endpoint as TcpEndpoint).port;
  },
  async connect(carrier, port, { ca }) {
    const context = createClientContext({ ca, serverName: 'localhost' });
    const connector: Connector = carrier === 'tcp' ? tcp() : upgradeConnector(tcp(), context);
    return toClient(await connector.connect({ host: '127.0.0.1', port }));
  },
};

async function accept(listener: Listener, serve: (socket: Socket) => Promise<void>): Promise<void> {
  for await (const socket of listener) {
    serve(socket).catch((error: unknown) => socket.destroy(error));
  }
}

async function echo(socket: Socket): Promise<void> {
  for await (const chunk of socket) await socket.send(chunk, { owned: true });
  await socket.close();
}

async function sink(socket: Socket): Promise<void> {
  const run = new RunCount();
  for await (const chunk of socket) if (run.isOver(chunk)) await socket.send(ACK);
  await socket.close();
}

function toClient(socket: Socket): Client {
  return {
    async run(work, count) {
      if (isHandshakes(work)) throw new Error('handshakes have a client of their own');
      if (work === 'pings') return await pings(socket, count);
      await socket.send(encodeRun(count * STEP_BYTES[work]));
      await SENDS[work](socket, count, new Uint8Array(STEP_BYTES[work]));
      await socket.recvExactly(ACK.length);
      return undefined;
    },
    close: () => socket.close(),
  };
}

async function give(socket: Socket, count: number, bytes: Uint8Array): Promise<void> {
  // The same buffer again and again: given away means that nobody writes to it, and nobody does.
  for (let step = 0; step < count; step += 1) await socket.send(bytes, { owned: true });
}

const SENDS: Record<Exclude<StreamWork, 'pings'>, (socket: Socket, count: number, bytes: Uint8Array) => Promise<void>> = {
  bulk: give,
  bulk16k: give,
  async bulkLent(socket, count, bytes) {
    for (let step = 0; step < count; step += 1) await socket.send(bytes);
  },
  async pipelined(socket, count, bytes) {
    for (let step = 1; step <= count; step += 1) {
      const sent = socket.send(bytes);
      // Once per 1,024 messages: half a send queue. A program that never waited would gather its promises without limit.
      if (step % 1024 === 0) await sent;
    }
  },
  async awaited(socket, count, bytes) {
    for (let step = 0; step < count; step += 1) await socket.send(bytes);
  },
};

async function pings(socket: Socket, count: number): Promise<number[]> {
  const bytes = new Uint8Array(STEP_BYTES.pings);
  const times: number[] = [];
  for (let step = 0; step < count; step += 1) {
    const start = performance.now();
    await socket.send(bytes);
    await socket.recvExactly(bytes.length);
    times.push((performance.now() - start) * 1000);
  }
  return times;
}
