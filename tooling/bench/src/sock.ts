import { join } from 'node:path';
import type { Connector, Listener, Socket, TcpEndpoint } from '@sock/core';
import { upgradeConnector, upgradeListener } from '@sock/core';
import { listen, tcp } from '@sock/io';
import { sendfile } from '@sock/io/files';
import { createClientContext, createServerContext } from '@sock/tls-context';
import type { Client, Contestant } from './contestant.ts';
import { ACK, encodeRun } from './run-count.ts';
import { connectForHandshakes, greet, listenForHandshakes } from './sock-handshakes.ts';
import { SOCK_SERVICES, sinkOfChunks } from './sock-services.ts';
import type { StreamKind } from './work.ts';
import { isHandshakes, isLoad } from './work.ts';

/** This repository's packages. */
export const sock: Contestant = contestant(SOCK_SERVICES);

/** The same, but that a sink iterates over chunks, each of which is its own, in place of receiving into one buffer. */
export const sockChunks: Contestant = contestant({ ...SOCK_SERVICES, sink: sinkOfChunks });

function contestant(services: typeof SOCK_SERVICES): Contestant {
  return {
    async listen(carrier, service, material, shaken) {
      if (service === 'handshakes') return await listenForHandshakes(carrier, material, shaken);
      const plain = await listen('127.0.0.1:0');
      const listener: Listener = carrier === 'tcp' ? plain : upgradeListener(plain, createServerContext({ cert: material.chain, key: material.key }));
      void accept(listener, services[service]);
      return (plain.endpoint as TcpEndpoint).port;
    },
    async connect(carrier, port, material, { kind }) {
      if (isHandshakes(kind)) return await connectForHandshakes(carrier, port, material, kind);
      if (isLoad(kind)) throw new Error(`the client of ${kind} is the same for everybody`);
      const context = createClientContext({ ca: material.ca, serverName: 'localhost' });
      const connector: Connector = carrier === 'tcp' ? tcp() : upgradeConnector(tcp(), context);
      if (kind === 'dials') return dialling(connector, port);
      const socket = await connector.connect({ host: '127.0.0.1', port });
      return kind === 'pings' ? pinging(socket) : kind === 'mirrored' ? mirrored(socket) : sending(socket, SENDS[kind], join(material.folder, 'file'));
    },
  };
}

async function accept(listener: Listener, serve: (socket: Socket) => Promise<void>): Promise<void> {
  for await (const socket of listener) {
    serve(socket).catch((error: unknown) => socket.destroy(error));
  }
}

function dialling(connector: Connector, port: number): Client {
  return {
    async run(_, count) {
      for (let step = 0; step < count; step += 1) await greet(await connector.connect({ host: '127.0.0.1', port }));
      return undefined;
    },
  };
}

type Send = (socket: Socket, count: number, bytes: Uint8Array, lent: boolean, file: string) => Promise<void>;

function sending(socket: Socket, send: Send, file: string): Client {
  return {
    close: () => socket.destroy(),
    async run(work, count) {
      await socket.send(encodeRun(count * work.bytes));
      await send(socket, count, new Uint8Array(work.bytes), work.lent === true, file);
      await socket.recvExactly(ACK.length);
      return undefined;
    },
  };
}

async function bulk(socket: Socket, count: number, bytes: Uint8Array, lent: boolean): Promise<void> {
  // The same buffer again and again: given away means that nobody writes to it, and nobody does.
  const options = lent ? undefined : { owned: true };
  for (let step = 0; step < count; step += 1) await socket.send(bytes, options);
}

const SENDS: Readonly<Record<Exclude<StreamKind, 'pings' | 'mirrored'>, Send>> = {
  bulk,
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
  async file(socket, count, _, __, file) {
    for (let step = 0; step < count; step += 1) await sendfile(socket, file);
  },
};

function mirrored(socket: Socket): Client {
  return {
    close: () => socket.destroy(),
    async run(work, count) {
      const sent = bulk(socket, count, new Uint8Array(work.bytes), false);
      for (let missing = count * work.bytes; missing > 0;) {
        const chunk = await socket.recv();
        if (chunk === null) throw new Error('the server has left');
        missing -= chunk.length;
      }
      await sent;
      return undefined;
    },
  };
}

function pinging(socket: Socket): Client {
  return {
    close: () => socket.destroy(),
    async run(work, count) {
      const bytes = new Uint8Array(work.bytes);
      const times: number[] = [];
      for (let step = 0; step < count; step += 1) {
        const start = performance.now();
        await socket.send(bytes);
        await socket.recvExactly(bytes.length);
        times.push((performance.now() - start) * 1000);
      }
      return times;
    },
  };
}
