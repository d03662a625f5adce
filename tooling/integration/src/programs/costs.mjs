// What operations cost in things that can be counted, whatever the machine: node --expose-gc --min-semi-space-size=64 costs.mjs. It prints, for each operation, bytes
// of heap, promises, and writes of the stream below, for one of them, as JSON. The memory of the young is so large that nothing is collected while it counts.
import { createHook } from 'node:async_hooks';
import { Socket as NodeSocket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { memoryPair } from '@sock/core/memory';
import { connect, listen } from '@sock/io';
import { createPoll, READABLE } from '@sock/poll';
import { createPool } from '@sock/pool';

let promises = 0;
const hook = createHook({ init: (_, type) => void (type === 'PROMISE' && (promises += 1)) });

let writes = 0;
for (const name of ['_write', '_writev']) {
  const real = NodeSocket.prototype[name];
  NodeSocket.prototype[name] = function (...given) {
    writes += 1;
    return real.apply(this, given);
  };
}

/** Runs `work`, which does `count` operations, until it is warm; then counts. Twice: the hook that counts promises makes objects of its own. */
async function cost(count, work) {
  for (let turn = 0; turn < 5; turn += 1) await work(count);
  await setImmediate();
  globalThis.gc();
  const [before, written] = [process.memoryUsage().heapUsed, writes];
  await work(count);
  const [bytes, made] = [process.memoryUsage().heapUsed - before, writes - written];
  hook.enable();
  promises = 0;
  await work(count);
  hook.disable();
  const round = (value) => Math.round((value / count) * 100) / 100;
  return { bytes: round(bytes), promises: round(promises), writes: round(made) };
}

const listener = await listen('127.0.0.1:0');
const client = await connect(listener.endpoint);
const server = await listener.accept();
const message = new Uint8Array(128);
const results = {};

const sink = (async () => {
  for await (const chunk of server) if (chunk[chunk.length - 1] === 1) await server.send(message.subarray(0, 64));
})();

results['send of 128 bytes'] = await cost(10_000, async (count) => {
  for (let index = 0; index < count; index += 1) await client.send(message);
  await client.flush();
});

const ping = new Uint8Array(64).fill(1);
results['round trip of 64 bytes'] = await cost(2000, async (count) => {
  for (let index = 0; index < count; index += 1) {
    await client.send(ping);
    await client.recvExactly(64);
  }
});

const pool = createPool({ key: String, connect: async () => memoryPair()[0] });
results['acquire and release'] = await cost(10_000, async (count) => {
  for (let index = 0; index < count; index += 1) (await pool.acquire('a')).release();
});

const poll = createPoll();
for (let index = 0; index < 100; index += 1) {
  const [left, right] = memoryPair();
  await left.send(message);
  poll.add(right, READABLE);
}
results['event of a poll, 100 at a time'] = await cost(20_000, async (count) => {
  for (let told = 0; told < count; told += (await poll.wait()).length);
});

console.log(JSON.stringify(results));
poll.close();
client.destroy();
server.destroy();
await sink.catch(() => {});
await listener.close();
await pool.close();
