// The program whose function calls are counted: both ends of everything in one process. Usage: node --no-opt BUNDLE FOLDER. It prints calls by operation, as JSON.
import { Session } from 'node:inspector/promises';
import { setImmediate } from 'node:timers/promises';
import { memoryPair } from '@sock/core/memory';
import { createPoll, READABLE } from '@sock/poll';
import { createPool } from '@sock/pool';
import { sockEnds } from './syscalls-sock.ts';

/** Calls of one operation. */
export interface Calls {
  /** Of functions of this bundle: ours, and the few lines of this program. */
  readonly ours: number;
  /** Of functions of Node in JavaScript. */
  readonly node: number;
}

const results: Record<string, Calls> = {};
const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });

/** Runs `work`, which does `steps` operations, once to make what is made once, and counts in another run. */
async function count(operation: string, steps: number, work: (steps: number) => Promise<unknown>): Promise<void> {
  await work(steps);
  for (let turn = 0; turn < 3; turn += 1) await setImmediate();
  // Tells what was called since it was asked last.
  await session.post('Profiler.takePreciseCoverage');
  await work(steps);
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const calls = (of: (url: string) => boolean): number => {
    const functions = result.filter(({ url }) => of(url)).flatMap((script) => script.functions);
    return Math.round((functions.reduce((all, { ranges }) => all + (ranges[0]?.count ?? 0), 0) / steps) * 10) / 10;
  };
  results[operation] = { ours: calls((url) => url === import.meta.url), node: calls((url) => url.startsWith('node:')) };
}

const message = new Uint8Array(128);
const chunk = new Uint8Array(64 * 1024);
for (const [carrier, folder] of [['tcp', undefined], ['tls', process.argv[2]]] as const) {
  const ends = await sockEnds(folder);
  const pair = await ends.open();
  await count(`${carrier}: awaited send of 128 bytes`, 1000, async (steps) => await Promise.all([pair.arrived(steps * message.length), pair.awaited(message, steps)]));
  await count(`${carrier}: send of 64 KiB`, 32, async (steps) => await Promise.all([pair.arrived(steps * chunk.length), pair.bulk(chunk, steps)]));
  pair.echo = true;
  await count(`${carrier}: round trip`, 200, async (steps) => await pair.roundTrips(message, steps));
  await count(`${carrier}: connection`, 20, async (steps) => {
    for (let step = 0; step < steps; step += 1) await (await ends.open()).close();
  });
}

const pool = createPool({ key: String, connect: async () => memoryPair()[0] });
await count('acquire and release', 1000, async (steps) => {
  for (let step = 0; step < steps; step += 1) (await pool.acquire('a')).release();
});

const poll = createPoll();
for (let index = 0; index < 100; index += 1) {
  const [left, right] = memoryPair();
  await left.send(message);
  poll.add(right, READABLE);
}
await count('event of a poll, 100 at a time', 1000, async (steps) => {
  for (let told = 0; told < steps; told += (await poll.wait()).length);
});

console.log(JSON.stringify(results));
process.exit(0);
