import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { leakGuard, rawServer, until } from '@sock/testkit';
import type { Socket } from '@sock/core';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { connect } from './connect.ts';
import { listen } from './listen.ts';

leakGuard();

const portOf = (endpoint: unknown): number => (endpoint as { port: number }).port;

/** The kernel's timer of the connection from `local` to `remote`: its kind, and the seconds that are left. 2 = keep-alive. */
function kernelTimer(local: number, remote: number): { kind: number; seconds: number } {
  const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');
  const row = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find(([, from, to]) => from?.endsWith(`:${hex(local)}`) === true && to?.endsWith(`:${hex(remote)}`) === true);
  const [kind = '', left = ''] = (row?.[5] ?? '').split(':');
  // /proc counts in hundredths of a second.
  return { kind: Number.parseInt(kind, 16), seconds: Number.parseInt(left, 16) / 100 };
}

async function pair(dialled: object, accepted: object, look: (client: Socket, server: Socket) => Promise<void>): Promise<void> {
  await using listener = await listen('127.0.0.1:0', accepted);
  const client = await connect(listener.endpoint, dialled);
  const server = await listener.accept();
  await look(client, server);
  client.destroy();
  server.destroy();
}

describe('keepAlive and keepAliveDelay, as the kernel has them', () => {
  test('are on by default, for a minute, on both sides', async () => {
    await pair({}, {}, async (client, server) => {
      for (const socket of [client, server]) {
        const timer = kernelTimer(portOf(socket.local), portOf(socket.remote));
        expect(timer.kind).toBe(2);
        expect(timer.seconds).toBeGreaterThan(55);
        expect(timer.seconds).toBeLessThanOrEqual(60.5);
      }
    });
  });

  test('take what they are given', async () => {
    await pair({ keepAliveDelay: '20s' }, { keepAliveDelay: '300s' }, async (client, server) => {
      const [near, far] = [client, server].map((socket) => kernelTimer(portOf(socket.local), portOf(socket.remote)));
      expect(near?.seconds).toBeGreaterThan(15);
      expect(near?.seconds).toBeLessThanOrEqual(20.5);
      expect(far?.seconds).toBeGreaterThan(295);
      expect(far?.seconds).toBeLessThanOrEqual(300.5);
    });
  });

  test('can be switched off', async () => {
    await pair({ keepAlive: false }, { keepAlive: false }, async (client, server) => {
      for (const socket of [client, server]) expect(kernelTimer(portOf(socket.local), portOf(socket.remote)).kind).toBe(0);
    });
  });
});

describe('noDelay, as it is handed to the system', () => {
  /** Watches the calls of every TCP handle; the kernel shows this option nowhere. */
  async function watchHandles(): Promise<() => number> {
    const sample = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => sample.once('listening', resolve));
    const server = (sample as unknown as { _handle: { constructor: { prototype: { setNoDelay(on: boolean): number } } } })._handle;
    const spy = vi.spyOn(server.constructor.prototype, 'setNoDelay');
    onTestFinished(() => spy.mockRestore());
    sample.close();
    return () => spy.mock.calls.filter(([on]) => on).length;
  }

  test.each([
    { dialled: {}, accepted: {}, calls: 2 },
    { dialled: { noDelay: false }, accepted: {}, calls: 1 },
    { dialled: {}, accepted: { noDelay: false }, calls: 1 },
    { dialled: { noDelay: false }, accepted: { noDelay: false }, calls: 0 },
  ])('$dialled $accepted', async ({ dialled, accepted, calls }) => {
    const count = await watchHandles();
    await pair(dialled, accepted, async () => await until(() => count() === calls, `${calls} calls`, 500));
    expect(count()).toBe(calls);
  });
});

// Dials without waiting, and tells how many the system completed while nobody accepted.
const KNOCK = `
  const net = require('node:net');
  let done = 0;
  for (let count = 0; count < 12; count += 1) net.connect(Number(process.argv[1]), '127.0.0.1', () => (done += 1)).on('error', () => {});
  setTimeout(() => { console.log('completed ' + done); process.exit(); }, 300);`;

test.each([1, 5])('a backlog of %d is what the system completes on its own', async (backlog) => {
  await using listener = await listen('127.0.0.1:0', { backlog });
  // Nothing is accepted while this thread stands still.
  const { stdout } = spawnSync(process.execPath, ['-e', KNOCK, String(portOf(listener.endpoint))], { encoding: 'utf8' });
  // Linux completes one more than it is told.
  expect(stdout).toBe(`completed ${backlog + 1}\n`);
});

test('copyBelowBytes decides which sends are copied and resolve before they are written', async () => {
  const server = await rawServer({ pause: true });
  for (const [copyBelowBytes, copied] of [['1KiB', false], ['64KiB', true]] as const) {
    const socket = await connect(server, { copyBelowBytes });
    let resolved = false;
    const sending = socket.send(new Uint8Array(40_000)).then(() => (resolved = true));
    await Promise.resolve();
    await Promise.resolve();
    expect(resolved).toBe(copied);
    await sending;
    socket.destroy();
  }
  await server.close();
});
