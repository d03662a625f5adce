// Opens hundreds of TLS connections and drops them at awkward moments: inside readiness callbacks, in microtasks, in the middle of
// a handshake, with megabytes in both directions. What matters is that the process lives and that nothing is left in it.
import { setImmediate as turn } from 'node:timers/promises';
import { upgradeConnector, upgradeListener } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import { listen, tcp } from '@sock/io';
import { createClientContext, createServerContext } from '@sock/tls-context';

const rounds = Number(process.argv[2] ?? 15);
// A small generator with a fixed seed: the same choices in every run, as far as the network allows.
let seed = 4711;
const choose = (count) => {
  seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
  return (seed >>> 16) % count;
};

const authority = createAuthority();
const stranger = createAuthority();
const issued = authority.issue({ names: ['localhost'] });
const listener = upgradeListener(await listen({ host: '127.0.0.1', port: 0 }), createServerContext({ cert: issued.chain, key: issued.key }));
const dials = [
  { ca: authority.ca },
  { ca: authority.ca, maxVersion: 'TLSv1.2' },
  { ca: stranger.ca },
].map((options) => upgradeConnector(tcp(), createClientContext({ ...options, serverName: 'localhost' })));

const load = new Uint8Array(200_000).fill(7);
const ends = {};

async function live(socket) {
  void socket.closed.then(({ how }) => (ends[how] = (ends[how] ?? 0) + 1));
  const mode = choose(7);
  let events = 0;
  socket.onReady(() => {
    events += 1;
    if (mode === 0 && events === 2) socket.destroy();
    if (mode === 5 && events === 1) socket.destroy(new Error('no more'));
  });
  void socket.send(load, { owned: true }).catch(() => {});
  void socket.send(load).catch(() => {});
  if (mode === 1) queueMicrotask(() => socket.destroy());
  if (mode === 2) setImmediate(() => socket.destroy());
  if (mode === 3) process.nextTick(() => socket.destroy());
  let received = 0;
  try {
    for await (const chunk of socket) {
      received += chunk.length;
      if (mode === 4 && received > choose(400_000)) break;
      if (received >= 2 * load.length) {
        await socket.close();
        break;
      }
    }
  } catch {
    // Whatever the other side did to this one: the counts below are what is looked at.
  }
  socket.destroy();
  await socket.closed;
}

const serving = (async () => {
  const all = [];
  for await (const socket of listener) all.push(live(socket));
  await Promise.all(all);
})();
for (let round = 0; round < rounds; round += 1) {
  const batch = Array.from({ length: 20 }, async () => {
    const cancel = choose(3) === 0 ? { timeout: choose(20) } : {};
    try {
      await live(await dials[choose(dials.length)].connect({ host: '127.0.0.1', port: listener.endpoint.port }, cancel));
    } catch (error) {
      ends[error.code] = (ends[error.code] ?? 0) + 1;
    }
  });
  await Promise.all(batch);
}
await listener.close();
await serving;
for (let turns = 0; turns < 20; turns += 1) await turn();
const open = process.getActiveResourcesInfo().filter((kind) => kind !== 'PipeWrap' && kind !== 'Immediate');
console.log(JSON.stringify({ ends, open }));
