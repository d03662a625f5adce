import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls, createSecureContext, createServer as createTlsServer } from 'node:tls';
import { Arrivals } from './syscalls-arrivals.ts';
import type { Ends, Pair } from './syscalls-program.ts';

/** Plain `node:net` and `node:tls`, asked for what Sock does by itself: no delay, and keep-alive. Over TLS with the certificates in `folder`. */
export async function nodeEnds(folder: string | undefined): Promise<Ends> {
  const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 };
  const file = (name: string): string => readFileSync(join(folder ?? '', name), 'utf8');
  const server: Server = folder === undefined ? createServer(options) : createTlsServer({ ...options, cert: file('server.pem'), key: file('server.key') });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const at = { ...options, host: '127.0.0.1', port: (server.address() as AddressInfo).port };
  const secureContext = folder === undefined ? undefined : createSecureContext({ ca: file('ca.pem') });
  return {
    async open() {
      const accepted = once(server, secureContext === undefined ? 'connection' : 'secureConnection') as Promise<[Socket]>;
      const client = secureContext === undefined ? connect(at) : connectTls({ ...at, secureContext, servername: 'localhost' });
      await once(client, secureContext === undefined ? 'connect' : 'secureConnect');
      // tls.connect() does not look at these options.
      if (secureContext !== undefined) client.setNoDelay(true).setKeepAlive(true, options.keepAliveInitialDelay);
      const [end] = await accepted;
      return pairOf(client, end);
    },
  };
}

function pairOf(client: Socket, server: Socket): Pair {
  const there = new Arrivals();
  const back = new Arrivals();
  const pair: Pair = {
    echo: false,
    arrived: async (bytes) => await there.wait(bytes),
    pipelined: write,
    async awaited(bytes, count) {
      for (let step = 0; step < count; step += 1) await new Promise((written) => client.write(bytes, written));
    },
    async roundTrips(bytes, count) {
      for (let step = 0; step < count; step += 1) {
        const all = back.wait(bytes.length);
        client.write(bytes);
        await all;
      }
    },
    bulk: write,
    async close() {
      const closed = Promise.all([once(client, 'close'), once(server, 'close')]);
      client.end();
      await closed;
    },
  };
  client.on('data', ({ length }) => back.take(length));
  server.on('data', (chunk) => {
    if (pair.echo) server.write(chunk);
    there.take(chunk.length);
  });
  return pair;

  async function write(bytes: Uint8Array, count: number): Promise<void> {
    for (let step = 0; step < count; step += 1) if (!client.write(bytes)) await once(client, 'drain');
  }
}
