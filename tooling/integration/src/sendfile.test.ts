import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connector, Listener, Socket } from '@sock/core';
import { upgradeConnector, upgradeListener } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import { listen, tcp } from '@sock/io';
import type { SendfileError } from '@sock/io/files';
import { sendfile } from '@sock/io/files';
import { assertSameBytes, leakGuard, pattern, rejection } from '@sock/testkit';
import { createClientContext, createServerContext } from '@sock/tls-context';
import { expect, onTestFinished, test } from 'vitest';

leakGuard();

const authority = createAuthority();
const served = authority.issue({ names: ['localhost'] });
const client = createClientContext({ ca: authority.ca, serverName: 'localhost' });
const server = createServerContext({ cert: served.chain, key: served.key });

test.each(['TCP', 'TLS'] as const)('over %s: connections that break off again and again; the peer tells how much it has, and in the end it has the file', async (carrier) => {
  const folder = await mkdtemp(join(tmpdir(), 'sock-sendfile-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'file');
  // More than the system holds on the way, also at the last break.
  const content = pattern(32_000_000);
  await writeFile(path, content);

  const plain = await listen('127.0.0.1:0');
  const listener: Listener = carrier === 'TCP' ? plain : upgradeListener(plain, server);
  const dial: Connector = carrier === 'TCP' ? tcp() : upgradeConnector(tcp(), client);
  const got = Buffer.alloc(content.length);
  let count = 0;
  let breaks = 0;
  while (count < content.length) {
    const [socket, peer] = await Promise.all([dial.connect(plain.endpoint), listener.accept()]);
    const begin = count;
    // The last one is let through.
    const enough = breaks < 4 ? begin + 1_000_000 * (breaks + 1) : Infinity;
    const sending = sendfile(socket, path, { offset: begin });
    const outcome = breaks < 4 ? rejection<SendfileError>(sending) : sending;
    await receive(peer, enough);
    const told = await outcome;
    if (enough === Infinity) {
      expect(told).toEqual({ bytesSent: content.length - begin, offset: content.length, size: content.length });
    } else {
      expect(told).toMatchObject({ path, bytesMoved: told.offset - begin });
      expect((told as SendfileError).code).toMatch(/^ERR_SOCK_(RESET|CLOSED)$/);
      // Never more has come than it says that was sent.
      expect(count).toBeLessThanOrEqual(told.offset);
      breaks += 1;
    }
    socket.destroy();
    peer.destroy();
  }
  await listener.close();
  expect(breaks).toBe(4);
  assertSameBytes(got, content);

  async function receive(peer: Socket, enough: number): Promise<void> {
    for await (const chunk of peer) {
      got.set(chunk, count);
      count += chunk.length;
      if (count >= enough) return peer.destroy();
      if (count === content.length) return;
    }
  }
});
