import { join } from 'node:path';
import type { Socket } from '@sock/core';
import { lines } from '@sock/core/framing';
import { connect } from '@sock/io';
import type { SpawnedPeer } from '@sock/testkit';
import { leakGuard, until } from '@sock/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { exampleFolder } from './example-folder.ts';
import { startRedis } from './pool-redis-server.ts';
import { startProgram } from './started-program.ts';

leakGuard();

const { folder, lengths } = exampleFolder('pool', ['config', 'core', 'io', 'pool']);

test('every example is tested here, and has at most 160 lines', () => {
  expect(Object.keys(lengths())).toEqual(['redis-load.ts', 'registry-chat.ts', 'resp-client.ts']);
  for (const length of Object.values(lengths())) expect(length).toBeLessThanOrEqual(160);
});

test('the Redis load runs 10,000 commands over at most 8 connections', async () => {
  await using redis = await startRedis();
  const load = startProgram(process.execPath, [join(folder, 'redis-load.js'), `127.0.0.1:${redis.port}`, '50', '100']);
  expect(await load.exit, load.output).toBe(0);
  const [, commands, connections] = /^(\d+) commands over (\d+) connections/.exec(load.output) ?? [];
  expect([Number(commands), Number(connections) <= 8], load.output).toEqual([10_000, true]);
}, 60_000);

describe('the chat', () => {
  /** A guest who has said who it is. */
  async function guest(port: number, name: string): Promise<{ readonly socket: Socket; readonly heard: AsyncIterator<string> }> {
    const socket = await connect({ host: '127.0.0.1', port });
    onTestFinished(() => socket.destroy());
    const heard = lines(socket)[Symbol.asyncIterator]();
    expect(await heard.next()).toEqual({ done: false, value: 'your name?' });
    await socket.send(new TextEncoder().encode(`${name}\n`));
    return { socket, heard };
  }

  async function startChat(): Promise<{ readonly port: number; readonly peer: SpawnedPeer; readonly stop: () => void }> {
    const peer = startProgram(process.execPath, [join(folder, 'registry-chat.js')]);
    const [, port] = await peer.line(/^listening on (\d+)$/);
    return { port: Number(port), peer, stop: () => void process.kill(peer.pid, 'SIGTERM') };
  }

  test('tells all others, in order, what each one says, and closes in peace on SIGTERM', async () => {
    const { port, peer, stop } = await startChat();
    const guests = await Promise.all(Array.from({ length: 20 }, (_, index) => guest(port, `guest ${index}`)));
    const [first, ...others] = guests as [Awaited<ReturnType<typeof guest>>, ...Awaited<ReturnType<typeof guest>>[]];
    for (let index = 0; index < 100; index += 1) await first.socket.send(new TextEncoder().encode(`word ${index}\n`));
    await Promise.all(others.map(async ({ heard }) => {
      for (let index = 0; index < 100; index += 1) expect((await heard.next()).value).toBe(`guest 0: word ${index}`);
    }));
    stop();
    await Promise.all(guests.map(async ({ heard, socket }) => {
      expect((await heard.next()).value).toBe('the house closes');
      // What the reader has not is ended as well: cleanly.
      expect((await heard.next()).done).toBe(true);
      await socket.close();
    }));
    expect(await peer.exit, peer.output).toBe(0);
    expect(peer.output).toContain('closed: 20 in peace, 0 by force');
  }, 30_000);

  test('a guest who never listens has to go, and costs the others no word', async () => {
    const { port, peer, stop } = await startChat();
    const [loud, good] = [await guest(port, 'loud'), await guest(port, 'good')];
    const deaf = await connect({ host: '127.0.0.1', port });
    onTestFinished(() => deaf.destroy());
    await deaf.send(new TextEncoder().encode('deaf\n'));
    const word = 'x'.repeat(1000);
    let said = 0;
    let heard = 0;
    const listening = (async () => {
      for (let next = await good.heard.next(); next.done !== true; next = await good.heard.next()) if (next.value === `loud: ${word}`) heard += 1;
    })();
    // Until the system's buffers of the deaf one are full, and the queue of the server.
    const batch = new TextEncoder().encode(`${word}\n`.repeat(100));
    while (!peer.output.includes('deaf left')) {
      await loud.socket.send(batch);
      said += 100;
      expect(said, peer.output).toBeLessThan(100_000);
    }
    expect(peer.output).toContain('deaf left: slow');
    await until(() => heard === said, `the good one has heard all ${said} words, and not ${heard}`, 20_000);
    stop();
    await listening;
    for (const socket of [loud.socket, good.socket, deaf]) socket.destroy();
    expect(await peer.exit, peer.output).toBe(0);
  }, 60_000);
});
