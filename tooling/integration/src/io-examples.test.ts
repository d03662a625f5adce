import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Listener } from '@sock/core';
import { formatEndpoint } from '@sock/core';
import { connect, listen } from '@sock/io';
import { leakGuard, spawnPeer } from '@sock/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { exampleFolder } from './example-folder.ts';
import { startProgram } from './started-program.ts';

leakGuard();

const { folder, lengths } = exampleFolder('io', ['config', 'core', 'io']);

test('every example is tested here, and has at most 80 lines', () => {
  expect(Object.keys(lengths())).toEqual(['port-forward.ts']);
  for (const length of Object.values(lengths())) expect(length).toBeLessThanOrEqual(80);
});

/** Answers, when all has come, with its digest, and ends. */
async function digests(at: string): Promise<Listener> {
  const listener = await listen(at);
  void (async () => {
    for await (const socket of listener) {
      const hash = createHash('sha256');
      void (async () => {
        for await (const chunk of socket) hash.update(chunk);
        await socket.send(hash.digest());
        await socket.close();
      })().catch(() => {});
    }
  })();
  return listener;
}

describe('the port forwarder', () => {
  test.each(['a port', 'a Unix socket'])('passes bytes on to %s, both ways, with their ends, and tells how many', async (target) => {
    const place = mkdtempSync(join(tmpdir(), 'forward-'));
    onTestFinished(() => rmSync(place, { recursive: true }));
    await using listener = await digests(target === 'a port' ? '127.0.0.1:0' : `unix:${join(place, 'socket')}`);
    await using forward = startProgram(process.execPath, [join(folder, 'port-forward.js'), formatEndpoint(listener.endpoint)]);
    const [, at = ''] = await forward.line(/^listening on (\S+)$/);
    const bytes = randomBytes(3_000_000);
    await using client = await connect(at);
    await client.sendAll(bytes);
    await client.shutdown();
    expect(Buffer.from(await client.recvExactly(32))).toEqual(createHash('sha256').update(bytes).digest());
    expect(await client.recv()).toBeNull();
    await forward.line(/: 3000000 bytes there, 32 bytes back$/);
    process.kill(forward.pid, 'SIGTERM');
    expect(await forward.exit, forward.output).toBe(0);
  }, 60_000);

  test('names the target that does not answer, and breaks the connection off', async () => {
    const free = await listen('127.0.0.1:0');
    await free.close();
    await using forward = startProgram(process.execPath, [join(folder, 'port-forward.js'), formatEndpoint(free.endpoint)]);
    const [, at = ''] = await forward.line(/^listening on (\S+)$/);
    await using curl = spawnPeer('curl', ['-sS', '--noproxy', '*', `http://${at}/`]);
    expect(await curl.exit).not.toBe(0);
    await forward.line(new RegExp(`: .*${formatEndpoint(free.endpoint)}.*`));
  }, 60_000);
});
