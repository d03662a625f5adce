import type { Socket } from '@sock/core';
import { memoryPair } from '@sock/core/memory';
import { leakGuard } from '@sock/testkit';
import { expect, test } from 'vitest';
import type { Poll } from './index.ts';
import { createPoll, READABLE } from './index.ts';

leakGuard();

const byte = new Uint8Array(1);
const target = new Uint8Array(16);

interface Crowd {
  readonly poll: Poll<Socket, number>;
  readonly peers: readonly Socket[];
}

function crowd(size: number): Crowd {
  const poll = createPoll<Socket, number>();
  const peers = Array.from({ length: size }, (_, index) => {
    const [peer, watched] = memoryPair();
    poll.add(watched, READABLE, index);
    return peer;
  });
  return { poll, peers };
}

/** Milliseconds of one wait with 100 ready ones, which are read afterwards. */
async function once({ poll, peers }: Crowd, first: number): Promise<number> {
  // Spread over all of them.
  const stride = peers.length / 100;
  for (let index = 0; index < 100; index += 1) peers[Math.floor(index * stride + first) % peers.length]?.trySend(byte);
  // Sent, and told, before the clock runs: in a turn of its own.
  await new Promise((resolve) => setTimeout(resolve, 0));
  const began = performance.now();
  const batch = await poll.wait();
  const took = performance.now() - began;
  expect(batch.length).toBe(100);
  for (const { socket } of batch) socket.tryRecv(target);
  return took;
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] as number;

test('20,000 are watched at once, each is told, and each leaves with its close', async () => {
  const { poll, peers } = crowd(20_000);
  expect(poll.size).toBe(20_000);
  for (const peer of peers) peer.trySend(byte);
  const told = new Set<number>();
  while (told.size < 20_000) {
    for (const { socket, data } of await poll.wait()) {
      expect(socket.tryRecv(target) === 1 && !told.has(data)).toBe(true);
      told.add(data);
    }
  }
  expect(await poll.wait({ timeout: 0 })).toEqual([]);
  for (const peer of peers) peer.destroy();
  let left = 0;
  while (poll.size > 0) left += (await poll.wait()).length;
  expect(left).toBe(20_000);
  poll.close();
});

test('a wait costs what is ready: 100 of 20,000 as much as 100 of 200', async () => {
  const [few, many] = [crowd(200), crowd(20_000)];
  const ratios: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const costs: [number[], number[]] = [[], []];
    for (let pass = 0; pass < 40; pass += 1) {
      costs[0].push(await once(few, pass));
      costs[1].push(await once(many, pass));
    }
    ratios.push(median(costs[1]) / median(costs[0]));
  }
  // The bench says 1.0 to 1.2; a look at each of them would be 20 or more. Between them is room for a busy machine.
  expect(median(ratios), `ratios ${ratios.map((ratio) => ratio.toFixed(2)).join(' ')}`).toBeLessThan(2.5);
  if (process.env['SOCK_POLL_PRINT'] !== undefined) process.stdout.write(`ratios ${ratios.map((ratio) => ratio.toFixed(2)).join(' ')}\n`);
  few.poll.close();
  many.poll.close();
});

test('an idle wait of two seconds costs hardly any processor time, with 20,000 watched and a timer far away', async () => {
  const { poll } = crowd(20_000);
  // What was made before is swept up before the clock runs.
  await poll.wait({ timeout: 300 });
  const before = process.cpuUsage();
  await poll.wait({ timeout: 2000 });
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(20);
  poll.close();
});
