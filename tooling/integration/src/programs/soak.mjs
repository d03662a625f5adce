// The side whose memory is watched, in a process of its own: connects to the port that it is told, moves `bytes` as `mode` says, and prints
// a line of JSON: what it hashed, and how memory, heap and handles stood before, at most, and after, with the connection still open.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { upgradeConnector } from '@sock/core';
import { tcp } from '@sock/io';
import { sendfile } from '@sock/io/files';
import { createClientContext } from '@sock/tls-context';

const [input] = await once(process.stdin.setEncoding('utf8'), 'data');
const { mode, port, bytes, warmUp, path, ca } = JSON.parse(input);
const dial = ca === undefined ? tcp() : upgradeConnector(tcp(), createClientContext({ ca, serverName: 'localhost' }));
const socket = await dial.connect({ host: '127.0.0.1', port });
const hash = createHash('sha256');

const modes = {
  async sendfile(length) {
    await sendfile(socket, path, { length });
  },
  // A header, a body in pieces, a trailer: what is small is copied, what is large is lent; the same buffers for each call, since they are the
  // program's again.
  async sendv(length) {
    const list = [12, 60_000, 4000, 32_768, 7].map((size) => Buffer.alloc(size));
    const round = list.reduce((sum, part) => sum + part.length, 0);
    for (let sent = 0, value = 0; sent < length; sent += round) {
      for (const part of list) hash.update(part.fill((value += 1) % 251));
      await socket.sendv(list);
    }
    await socket.flush();
  },
  async recvv(length) {
    let sinceRest = 0;
    for (let got = 0; got < length; ) {
      const chunks = await socket.recvv();
      // The other side has sent all.
      if (chunks === null) return;
      for (const chunk of chunks) {
        hash.update(chunk);
        got += chunk.length;
        sinceRest += chunk.length;
      }
      if (sinceRest < 4 * 1024 * 1024) continue;
      sinceRest = 0;
      await sleep(5);
    }
  },
};

/** Once what is about to be let go has been let go: a request that has answered, a buffer that nobody holds. */
async function settled() {
  for (let round = 0; round < 5; round += 1) {
    await turn();
    globalThis.gc();
  }
  return look();
}

function look() {
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  return { rss, heapUsed, external, arrayBuffers, handles: process.getActiveResourcesInfo().filter((kind) => kind !== 'Timeout').toSorted().join() };
}

// Collected before each look: how much garbage the runtime lets lie meanwhile is its own affair (30 MiB on a busy machine).
let mostRss = 0;
const watch = setInterval(() => {
  globalThis.gc();
  mostRss = Math.max(mostRss, process.memoryUsage.rss());
}, 20);
// What passes through as buffers of the runtime makes it set aside some memory, once: that is no growth.
if (warmUp > 0) await modes[mode](warmUp);
const before = await settled();
mostRss = before.rss;
await modes[mode](bytes);
clearInterval(watch);
const after = await settled();
console.log(JSON.stringify({ hash: hash.digest('hex'), before, mostRss: Math.max(mostRss, after.rss), after }));
await socket.shutdown();
while ((await socket.recv()) !== null);
await socket.close();
