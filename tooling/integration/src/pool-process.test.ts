import { fileURLToPath } from 'node:url';
import type { Listener, Socket } from '@sock/core';
import { upgradeListener } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import { listen } from '@sock/io';
import type { Server } from '@sock/pool/registry';
import { serve } from '@sock/pool/registry';
import { leakGuard } from '@sock/testkit';
import type { SpawnedPeer } from '@sock/testkit';
import { createServerContext } from '@sock/tls-context';
import { describe, expect, test } from 'vitest';
import { startProgram } from './started-program.ts';

leakGuard();

const authority = createAuthority();
const leaf = authority.issue({ names: ['localhost'] });

type Carrier = 'TCP' | 'TLS';

/** A server that keeps its connections and says nothing until it is told. */
interface Silent extends AsyncDisposable {
  readonly server: Server;
  readonly sockets: Socket[];
  /** Runs the program that has a pool of connections to it. */
  run(mode: string): SpawnedPeer;
}

async function startSilent(carrier: Carrier): Promise<Silent> {
  const plain: Listener = await listen('127.0.0.1:0');
  const listener = carrier === 'TCP' ? plain : upgradeListener(plain, createServerContext({ cert: leaf.chain, key: leaf.key }));
  const sockets: Socket[] = [];
  const server = serve(listener, async ({ socket }) => {
    sockets.push(socket);
    while ((await socket.recv()) !== null);
  }, { onError: () => {} });
  const { port } = server.endpoint as { port: number };
  return {
    server, sockets,
    run: (mode) => startProgram(process.execPath, [fileURLToPath(new URL('programs/pool-process.mjs', import.meta.url)), mode, String(port), ...(carrier === 'TLS' ? [authority.ca] : [])]),
    [Symbol.asyncDispose]: () => server.close({ timeout: 0 }),
  };
}

/** Whether it has ended after so many milliseconds. */
async function endsWithin(program: SpawnedPeer, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, milliseconds, false)));
  const ended = await Promise.race([program.exit.then(() => true), late]);
  clearTimeout(timer);
  return ended;
}

describe.each<Carrier>(['TCP', 'TLS'])('a process with a pool over %s', (carrier) => {
  test('ends by itself, at once, when nothing but idle connections and the timers of the pool are left', async () => {
    await using silent = await startSilent(carrier);
    await using program = silent.run('idle');
    await program.line(/^ready$/);
    const readyAt = performance.now();
    expect(await program.exit, program.output).toBe(0);
    // Its idle time is ten minutes: what ends it is that nobody holds it. The bound has room for the end of a process on a machine at work.
    expect(performance.now() - readyAt).toBeLessThan(2000);
  }, 30_000);

  test('goes on with `ref: true`', async () => {
    await using silent = await startSilent(carrier);
    await using program = silent.run('held');
    await program.line(/^ready$/);
    expect(await endsWithin(program, 1000)).toBe(false);
    // The timer of the pool holds it, too: that is what the option says.
    await program.stop();
  }, 30_000);

  test('does not end while a call of acquire waits for a lease', async () => {
    await using silent = await startSilent(carrier);
    await using program = silent.run('waiting');
    await program.line(/^ready$/);
    expect(await endsWithin(program, 1000)).toBe(false);
    for (const socket of silent.sockets) await socket.send(new Uint8Array([1]));
    expect(await program.exit, program.output).toBe(0);
    expect(program.output).toBe('ready\ngot it\n');
  }, 30_000);

  test('does not end before a closing pool has said goodbye', async () => {
    await using silent = await startSilent(carrier);
    await using program = silent.run('goodbye');
    expect(await program.exit, program.output).toBe(0);
    expect(program.output).toBe('said\nclosed\n');
    expect(silent.sockets[0]?.stats.bytesReceived).toBe(4);
  }, 30_000);

  test('does not end while a call of acquire waits for its dial', async () => {
    await using silent = await startSilent(carrier);
    await using program = silent.run('dialling');
    await program.line(/^ready$/);
    expect(await endsWithin(program, 1000)).toBe(false);
    for (const socket of silent.sockets) await socket.send(new Uint8Array([1]));
    expect(await program.exit, program.output).toBe(0);
    expect(program.output).toBe('ready\ngot it\n');
  }, 30_000);
});

test('a process does not end while a call of acquire waits for the next dial after one that failed: it gets its answer', async () => {
  await using silent = await startSilent('TCP');
  await using program = silent.run('backoff');
  expect(await program.exit, program.output).toBe(0);
  expect(program.output).toBe('got ERR_SOCK_REFUSED after 1\ngot ERR_SOCK_REFUSED after 2\ngot ERR_SOCK_REFUSED after 3\n');
}, 30_000);

test('a process does not end while prewarm() waits until the others may be dialled', async () => {
  await using silent = await startSilent('TCP');
  await using program = silent.run('prewarm');
  expect(await program.exit, program.output).toBe(0);
  expect(program.output).toBe('opened 3\n');
}, 30_000);
