// Full handshakes, one after the other, client and server in this process: prints the resident memory after the first part and after all.
// Usage: node --expose-gc handshakes.mjs VERSION WARM_UP COUNT
import { setTimeout } from 'node:timers/promises';
import { upgradeConnector, upgradeListener } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import { listen, tcp } from '@sock/io';
import { createClientContext, createServerContext } from '@sock/tls-context';

const [version, warmUp, count] = process.argv.slice(2);
const authority = createAuthority();
const middle = authority.issueIntermediate();
const served = middle.issue({ names: ['localhost'] });
const shown = middle.issue({ usage: 'client', commonName: 'worker' });
const listener = upgradeListener(await listen('127.0.0.1:0'), createServerContext({ cert: served.chain, key: served.key, ca: authority.ca, sessions: false }));
const dial = upgradeConnector(tcp(), createClientContext({ ca: authority.ca, cert: shown.chain, key: shown.key, serverName: 'localhost', sessions: false, minVersion: version, maxVersion: version }));

async function handshakes(times) {
  for (let done = 1; done <= times; done += 1) {
    const [client, server] = await Promise.all([dial.connect(listener.endpoint), listener.accept()]);
    await Promise.all([client.close(), server.close()]);
    // Certificates weigh little in the heap, and much outside of it.
    if (done % 50 === 0) globalThis.gc();
  }
  await setTimeout(50);
  globalThis.gc();
  return process.memoryUsage().rss;
}

const before = await handshakes(Number(warmUp));
const after = await handshakes(Number(count));
console.log(JSON.stringify({ before, after }));
await listener.close();
