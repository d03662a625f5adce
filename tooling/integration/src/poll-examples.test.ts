import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Socket } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import { connect } from '@sock/io';
import { createPoll, READABLE } from '@sock/poll';
import { leakGuard, rejection, until } from '@sock/testkit';
import { createClientContext } from '@sock/tls-context';
import { describe, expect, onTestFinished, test } from 'vitest';
import { exampleFolder } from './example-folder.ts';

leakGuard();

const { folder, lengths } = exampleFolder('poll', ['config', 'core', 'io', 'poll', 'tls-context']);

interface Program {
  readonly port: number;
  /** What it says, line by line, after its first. */
  readonly lines: AsyncIterator<string>;
  /** What it complained of. */
  readonly complaints: () => string;
  /** Ends it, and answers with its exit code. */
  end(): Promise<number | null>;
}

async function start(name: string, ...parameters: string[]): Promise<Program> {
  const child = spawn(process.execPath, [join(folder, name), ...parameters], { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const exit = once(child, 'exit') as Promise<[number | null]>;
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = String((await lines.next()).value);
  expect(first, complaints).toMatch(/^listening on \d+$/);
  return {
    port: Number(first.split(' ').at(-1)),
    lines,
    complaints: () => complaints,
    end: async () => {
      child.kill('SIGTERM');
      return (await exit)[0];
    },
  };
}

test('every example is tested here, and has at most 80 lines', () => {
  expect(Object.keys(lengths())).toEqual(['echo-server.ts', 'tls-proxy.ts']);
  for (const length of Object.values(lengths())) expect(length).toBeLessThanOrEqual(80);
});

describe('the echo server', () => {
  test('echoes for 10,000 connections at the same time', async () => {
    const server = await start('echo-server.js');
    const clients: Socket[] = [];
    onTestFinished(() => {
      for (const client of clients) client.destroy();
    });
    while (clients.length < 10_000) clients.push(...(await Promise.all(Array.from({ length: 250 }, () => connect({ host: '127.0.0.1', port: server.port })))));
    using poll = createPoll<Socket, number>();
    for (const [index, client] of clients.entries()) {
      poll.add(client, READABLE, index);
      client.trySend(new TextEncoder().encode(`I am ${index}`));
    }
    const target = new Uint8Array(64);
    let answered = 0;
    while (answered < clients.length) {
      const batch = await poll.wait({ timeout: '20s' });
      expect(batch.length).toBeGreaterThan(0);
      for (const { socket, data } of batch) {
        const answer = new TextDecoder().decode(target.subarray(0, socket.tryRecv(target)));
        if (answer === `I am ${data}`) answered += 1;
        else expect(answer).toBe(`I am ${data}`);
      }
    }
    for (const client of clients) client.destroy();
    await server.end();
    expect(String((await server.lines.next()).value)).toMatch(/^echoed \d{5,6} bytes$/);
  }, 120_000);

  test('keeps the order and every byte of a client that sends much and reads late, and its end', async () => {
    const server = await start('echo-server.js');
    const client = await connect({ host: '127.0.0.1', port: server.port });
    const sent = new Uint8Array(20_000_000).map((_, index) => (index * 31) >> 3);
    const sending = client.sendAll(sent).then(() => client.shutdown());
    const received = Buffer.alloc(sent.length);
    let length = 0;
    for await (const chunk of client) {
      received.set(chunk, length);
      length += chunk.length;
    }
    await sending;
    expect([length, received.equals(sent)]).toEqual([sent.length, true]);
    expect(await server.end()).toBe(0);
  }, 60_000);
});

describe('the TLS proxy', () => {
  const authority = createAuthority();
  const leaf = authority.issue({ names: ['proxy.test'] });
  const context = createClientContext({ ca: authority.ca });

  /** In front of a server that echoes. */
  async function startProxy(): Promise<Program> {
    // A proxy that breaks off resets this side, too.
    const backend = createServer({ allowHalfOpen: true }, (socket) => void socket.on('error', () => {}).pipe(socket));
    await once(backend.listen(0, '127.0.0.1'), 'listening');
    writeFileSync(join(folder, 'cert.pem'), leaf.chain);
    writeFileSync(join(folder, 'key.pem'), leaf.key, { mode: 0o600 });
    const program = await start('tls-proxy.js', join(folder, 'cert.pem'), join(folder, 'key.pem'), `127.0.0.1:${(backend.address() as AddressInfo).port}`);
    const end = async (): Promise<number | null> => {
      backend.close();
      return await program.end();
    };
    return { ...program, end };
  }

  const dial = async ({ port }: Program, serverName = 'proxy.test'): Promise<Socket> =>
    await (await connect({ host: '127.0.0.1', port })).upgrade(context, { serverName }, { timeout: '10s' });

  test('carries what 50 clients send at once, both ways, and their ends', async () => {
    const proxy = await startProxy();
    const clients = await Promise.all(Array.from({ length: 50 }, () => dial(proxy)));
    await Promise.all(clients.map(async (client, which) => {
      const sent = new Uint8Array(200_000).map((_, index) => index * (which + 1));
      const sending = client.sendAll(sent).then(() => client.shutdown());
      const chunks: Uint8Array[] = [];
      for await (const chunk of client) chunks.push(chunk);
      await sending;
      expect(Buffer.concat(chunks).equals(sent)).toBe(true);
      expect((await client.closed).how).toMatch(/end|local/);
    }));
    await proxy.end();
  }, 60_000);

  test('goes on when a peer speaks no TLS, or does not trust it', async () => {
    const proxy = await startProxy();
    const stranger = await connect({ host: '127.0.0.1', port: proxy.port });
    await stranger.send(new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n'));
    while (await stranger.recv({ timeout: '5s' }).catch(() => null) !== null);
    stranger.destroy();
    await until(() => /^no handshake: .* speaks plain HTTP/.test(proxy.complaints()), 'it says why');
    expect(await rejection(dial(proxy, 'other.test'))).toMatchObject({ code: 'ERR_SOCK_TLS_NAME_MISMATCH' });
    const client = await dial(proxy);
    await client.send(new Uint8Array([1, 2, 3]));
    expect([...await client.recvExactly(3, { timeout: '5s' })]).toEqual([1, 2, 3]);
    client.destroy();
    await proxy.end();
  }, 60_000);
});
