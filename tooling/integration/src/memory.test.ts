import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Listener, Socket, TcpEndpoint } from '@sock/core';
import { upgradeListener } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import { listen } from '@sock/io';
import { createServerContext } from '@sock/tls-context';
import { leakGuard, pattern } from '@sock/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

leakGuard();

const MIB = 1024 * 1024;
const LENGTH = 300 * MIB;
const WARM_UP = 64 * MIB;
/** How far apart the parts of the file are that are not zeros. */
const STEP = 512 * 1024;

interface Memory { readonly rss: number; readonly heapUsed: number; readonly external: number; readonly arrayBuffers: number; readonly handles: string }
interface Told { readonly hash: string; readonly before: Memory; readonly mostRss: number; readonly after: Memory }

const authority = createAuthority();
const served = authority.issue({ names: ['localhost'] });
let folder = '';
let path = '';
let hashOfFile = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sock-memory-'));
  path = join(folder, 'file');
  const file = await open(path, 'w');
  await file.truncate(LENGTH);
  // Parts that tell where they stand: one that came twice, or was left out, would show in the hash.
  for (let at = 0; at < LENGTH; at += STEP) await file.write(pattern(4096, at / STEP), 0, 4096, at + ((at / STEP) * 37) % 1000);
  await file.close();
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  hashOfFile = hash.digest('hex');
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

describe.each(['TCP', 'TLS'] as const)('over %s, 300 MiB', (carrier) => {
  test('sendfile to a reader that sleeps: every byte arrives, and the sender does not grow', async () => {
    const { told, got } = await soak(carrier, 'sendfile', hashReceived);
    expect(got).toBe(hashOfFile);
    notGrown(told);
  }, 120_000);

  test('sendv to a reader that sleeps: every byte arrives, and none is kept', async () => {
    const { told, got } = await soak(carrier, 'sendv', hashReceived);
    expect(got).toBe(told.hash);
    notGrown(told);
  }, 120_000);

  test('recvv by a program that sleeps: every byte arrives, and none is kept', async () => {
    const { told, got } = await soak(carrier, 'recvv', sendPattern);
    expect(told.hash).toBe(got);
    notGrown(told);
  }, 120_000);
});

/** Less than anything would grow that keeps even a twentieth of what passes. */
function notGrown({ before, mostRss, after }: Told): void {
  expect(mostRss - before.rss).toBeLessThan(16 * MIB);
  expect(after.heapUsed - before.heapUsed).toBeLessThan(8 * MIB);
  expect(after.external - before.external).toBeLessThan(8 * MIB);
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(8 * MIB);
  expect(after.handles).toBe(before.handles);
}

/** Runs the other side in a process of its own; answers with what it told, and with what `serve` did. */
async function soak(carrier: 'TCP' | 'TLS', mode: 'sendfile' | 'sendv' | 'recvv', serve: (socket: Socket) => Promise<string>): Promise<{ told: Told; got: string }> {
  const plain = await listen('127.0.0.1:0');
  const listener: Listener = carrier === 'TCP' ? plain : upgradeListener(plain, createServerContext({ cert: served.chain, key: served.key }));
  const child = spawn(process.execPath, ['--expose-gc', '--max-semi-space-size=1', fileURLToPath(new URL('programs/soak.mjs', import.meta.url))], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const printed = text(child.stdout);
    const warmUp = mode === 'sendfile' ? 0 : WARM_UP;
    child.stdin.end(JSON.stringify({ mode, port: (plain.endpoint as TcpEndpoint).port, bytes: LENGTH, warmUp, path, ...(carrier === 'TCP' ? {} : { ca: authority.ca }) }));
    const socket = await listener.accept({ timeout: '20s' });
    const got = await serve(socket);
    const told = JSON.parse(await printed) as Told;
    await socket.close();
    return { told, got };
  } finally {
    child.kill();
    await listener.close();
  }
}

/** Reads 4 MiB, sleeps, and so on to the end; the hash of what came. */
async function hashReceived(socket: Socket): Promise<string> {
  const hash = createHash('sha256');
  let sinceRest = 0;
  for await (const chunk of socket) {
    hash.update(chunk);
    sinceRest += chunk.length;
    if (sinceRest < 4 * MIB) continue;
    sinceRest = 0;
    await sleep(5);
  }
  await socket.shutdown();
  return hash.digest('hex');
}

/** Sends as fast as it goes; the hash of what was sent. */
async function sendPattern(socket: Socket): Promise<string> {
  const hash = createHash('sha256');
  for (let sent = 0; sent < LENGTH + WARM_UP; sent += MIB) {
    const chunk = Buffer.alloc(MIB, (sent / MIB) % 251);
    hash.update(chunk);
    await socket.send(chunk, { owned: true });
  }
  await socket.flush();
  await socket.shutdown();
  return hash.digest('hex');
}
