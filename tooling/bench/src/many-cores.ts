// A server on all cores: node many-cores.js [workers]. It works for each line (here: its SHA-256), and a line "." is answered with the count of those before it.
import cluster from 'node:cluster';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import type { Socket } from '@sock/core';
import { lines } from '@sock/core/framing';
import { listen } from '@sock/io';

if (cluster.isPrimary) {
  const workers = Number(process.argv[2] ?? availableParallelism());
  let port = 0;
  for (let worker = 0; worker < workers; worker += 1) {
    // All workers listen on the same port: the first process has it, and hands the connections out in turn.
    const [address] = (await once(cluster.fork(), 'listening')) as [{ readonly port: number }];
    port = address.port;
  }
  console.log(`${workers} workers listen on ${port}`);
} else {
  const listener = await listen('127.0.0.1:0');
  for await (const socket of listener) serve(socket).catch((error: unknown) => socket.destroy(error));
}

async function serve(socket: Socket): Promise<void> {
  let count = 0;
  let digest = '';
  for await (const line of lines(socket)) {
    if (line === '.') {
      await socket.send(new TextEncoder().encode(String(count)));
      count = 0;
    } else {
      digest = hash('sha256', digest + line);
      count += 1;
    }
  }
  await socket.close();
}
