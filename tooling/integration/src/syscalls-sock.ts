import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Socket } from '@sock/core';
import { upgradeConnector, upgradeListener } from '@sock/core';
import { listen, tcp } from '@sock/io';
import { createClientContext, createServerContext } from '@sock/tls-context';
import { Arrivals } from './syscalls-arrivals.ts';
import type { Ends, Pair } from './syscalls-program.ts';

/** This repository's packages. Over TLS with the certificates in `folder`. */
export async function sockEnds(folder: string | undefined): Promise<Ends> {
  const file = (name: string): string => readFileSync(join(folder ?? '', name), 'utf8');
  const plain = await listen('127.0.0.1:0');
  const listener = folder === undefined ? plain : upgradeListener(plain, createServerContext({ cert: file('server.pem'), key: file('server.key') }));
  const connector = folder === undefined ? tcp() : upgradeConnector(tcp(), createClientContext({ ca: file('ca.pem'), serverName: 'localhost', sessions: false }));
  return {
    async open() {
      const [client, server] = await Promise.all([connector.connect(plain.endpoint), listener.accept()]);
      return pairOf(client, server);
    },
  };
}

function pairOf(client: Socket, server: Socket): Pair {
  const there = new Arrivals();
  const pair: Pair = {
    echo: false,
    arrived: async (bytes) => await there.wait(bytes),
    async pipelined(bytes, count) {
      let sent: Promise<void> | undefined;
      for (let step = 0; step < count; step += 1) sent = client.send(bytes);
      await sent;
    },
    async awaited(bytes, count) {
      for (let step = 0; step < count; step += 1) await client.send(bytes);
    },
    async roundTrips(bytes, count) {
      for (let step = 0; step < count; step += 1) {
        await client.send(bytes);
        await client.recvExactly(bytes.length);
      }
    },
    async bulk(bytes, count) {
      for (let step = 0; step < count; step += 1) await client.send(bytes, { owned: true });
    },
    async close() {
      await Promise.all([client.close(), served]);
    },
  };
  const served = serve();
  return pair;

  async function serve(): Promise<void> {
    for await (const chunk of server) {
      if (pair.echo) await server.send(chunk, { owned: true });
      there.take(chunk.length);
    }
    await server.close();
  }
}
