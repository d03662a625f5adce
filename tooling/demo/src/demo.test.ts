import { once } from 'node:events';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { leakGuard, pattern } from '@sock/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { demo } from './demo.ts';
import type { Peer, StartPeer } from './peer.ts';
import { startServers } from './servers.ts';

leakGuard();

let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sock-demo-'));
  file = join(folder, 'sent.bin');
  await writeFile(file, pattern(700_001));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** The servers in this very process. */
const startHere: StartPeer = async (order) => {
  const servers = await startServers(order);
  return { ports: servers.ports, lost: new AbortController().signal, close: servers.close };
};

async function play(startPeer: StartPeer, path = file, signal = new AbortController().signal): Promise<{ equal: boolean; text: string }> {
  const lines: string[] = [];
  const equal = await demo(
    { file: path, connections: 2 },
    { startPeer, print: (line) => lines.push(line), progress: { write: () => undefined }, signal },
  );
  return { equal, text: lines.join('\n') };
}

/** Stands before one of the ports and changes one byte of what the client sends, in the middle of the file. */
function spoiled(port: 'plain' | 'tls'): StartPeer {
  return async (order) => {
    const peer: Peer = await startHere(order);
    const proxy = createServer({ allowHalfOpen: true }, (client) => {
      const server = connect({ port: peer.ports[port], host: '127.0.0.1', allowHalfOpen: true });
      for (const [socket, other] of [[client, server], [server, client]] as const) {
        // A reset goes on as a reset: it may have taken the alert along, and an end in its place would be a lie of the proxy.
        socket.on('error', () => void other.resetAndDestroy()).on('close', () => void other.destroy());
      }
      client.pipe(flipAt(350_000)).pipe(server);
      server.pipe(client);
    });
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    const close = async (): Promise<void> => {
      await peer.close();
      await once(proxy.close(), 'close');
    };
    return { ...peer, ports: { ...peer.ports, [port]: (proxy.address() as AddressInfo).port }, close };
  };
}

function flipAt(position: number): Transform {
  let passed = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const index = position - passed;
      const byte = chunk[index];
      if (byte !== undefined) chunk[index] = byte ^ 1;
      passed += chunk.length;
      done(null, chunk);
    },
  });
}

it('one changed byte on the way up is found, and the demo says where', async () => {
  const { equal, text } = await play(spoiled('plain'));
  expect(equal).toBe(false);
  expect(text).toMatch(/✗ 2 of 8 transfers did not arrive whole; SHA-256 of the file is [0-9a-f]{64}/);
  expect(text).toMatch(/TCP, up, connection 1 of 2: SHA-256 of what arrived is [0-9a-f]{64}/);
  expect(text).not.toContain('MB/s');
});

it('one changed byte under TLS ends the demo with a typed error', async () => {
  await expect(play(spoiled('tls'))).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_SOCK_/) });
});

it('a file that becomes shorter under way is named as the reason', async () => {
  const shrinking = join(folder, 'shrinking.bin');
  await writeFile(shrinking, pattern(700_001));
  const startPeer: StartPeer = async (order) => {
    await truncate(shrinking, 5);
    return await startHere(order);
  };
  await expect(play(startPeer, shrinking)).rejects.toThrow(`${shrinking} was changed while it was sent`);
});

it('an interrupt before the first connection leaves nothing open', async () => {
  const stop = new AbortController();
  const startPeer: StartPeer = async (order) => {
    stop.abort(new Error('enough'));
    return await startHere(order);
  };
  await expect(play(startPeer, file, stop.signal)).rejects.toThrow('enough');
});

it('a server that dies is named as the reason', async () => {
  const lost = new AbortController();
  const startPeer: StartPeer = async (order) => {
    const peer = await startHere(order);
    setImmediate(() => lost.abort(new Error('the server process has died (SIGKILL)')));
    return { ...peer, lost: lost.signal };
  };
  await expect(play(startPeer)).rejects.toThrow('the server process has died (SIGKILL)');
});
