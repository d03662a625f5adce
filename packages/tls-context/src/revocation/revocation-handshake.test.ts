import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Socket } from '@sock/core';
import { upgradeConnector, upgradeListener } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import { listen, tcp } from '@sock/io';
import { leakGuard, rejection, until } from '@sock/testkit';
import { expect, test } from 'vitest';
import type { ClientContextOptions } from '../context/client-context.ts';
import { createClientContext } from '../context/client-context.ts';
import type { ServerContextOptions } from '../context/server-context.ts';
import { createServerContext } from '../context/server-context.ts';
import { TLS_INFO } from '../info.ts';
import { crlCheck } from './crl-check.ts';
import { ocspCheck } from './ocsp-check.ts';
import { stapler } from './stapler.ts';

leakGuard();

const root = createAuthority({ name: 'Root' });
const middle = root.issueIntermediate({ name: 'Middle' });
const host = middle.issue({ names: ['a.test'], mustStaple: true });
const worker = middle.issue({ usage: 'client', commonName: 'worker' });
const lists = [middle.crl().pem, root.crl().pem];

/** One connection of a client to a server, both by real TLS, for `use`. */
async function between<T>(server: Partial<ServerContextOptions>, client: Partial<ClientContextOptions>, use: (dial: () => Promise<Socket>, refused: readonly Error[]) => Promise<T>): Promise<T> {
  const refused: Error[] = [];
  const context = createServerContext({ cert: host.chain, key: host.key, ...server });
  const listener = upgradeListener(await listen('127.0.0.1:0'), context, { onUpgradeError: (error) => refused.push(error as Error) });
  const connector = upgradeConnector(tcp(), createClientContext({ ca: root.ca, serverName: 'a.test', ...client }));
  const sockets: Socket[] = [];
  const serving = (async () => {
    for await (const socket of listener) {
      sockets.push(socket);
      await socket.send(Buffer.from('x'));
    }
  })().catch(() => {});
  try {
    return await use(async () => {
      const socket = await connector.connect(listener.endpoint);
      sockets.push(socket);
      if ((await socket.recv()) === null) throw new Error('the server ended the connection');
      return socket;
    }, refused);
  } finally {
    for (const socket of sockets) socket.destroy();
    await listener.close();
    await serving;
  }
}

const stepOf = (socket: Socket, step: string): string | undefined => socket.get(TLS_INFO)?.verification.find((one) => one.step === step)?.outcome;

test('a server staples a response that it was given, and a client that demands one takes it, resumed too', async () => {
  const staple = stapler({ response: middle.ocspResponse({ certificate: host }) });
  await between({ staple }, { ocsp: ocspCheck({ policy: 'hard' }), crl: crlCheck({ lists }) }, async (dial) => {
    const first = await dial();
    expect([stepOf(first, 'ocsp'), stepOf(first, 'crl')]).toEqual(['ok', 'ok']);
    const second = await dial();
    expect(second.get(TLS_INFO)?.resumed).toBe(true);
    expect([stepOf(second, 'ocsp'), stepOf(second, 'crl')]).toEqual(['ok', 'ok']);
  });
  staple.close();
});

test('without a staple a certificate that promises one is refused', async () => {
  await between({}, { ocsp: ocspCheck() }, async (dial) => {
    expect(await rejection(dial())).toMatchObject({ code: 'ERR_SOCK_TLS_STAPLE_MISSING', kind: 'verify' });
  });
  await between({}, { ocsp: ocspCheck({ policy: 'soft' }) }, async (dial) => {
    expect(stepOf(await dial(), 'ocsp')).toBe('unknown');
  });
});

test('a client refuses a server that was revoked, and a server a client', async () => {
  const against = (certificate: { serialNumber: string }): string[] => [middle.crl({ revoked: [{ certificate, reason: 'keyCompromise' }] }).pem, lists[1] as string];
  await between({}, { crl: crlCheck({ lists: against(host) }) }, async (dial) => {
    expect(await rejection(dial())).toMatchObject({ code: 'ERR_SOCK_TLS_REVOKED', message: expect.stringMatching(/^the server's certificate "CN=a\.test" at 127\.0\.0\.1:\d+ was revoked/) });
  });
  const mutual = { cert: worker.chain, key: worker.key };
  await between({ ca: root.ca, crl: crlCheck({ lists: against(worker) }) }, mutual, async (dial, refused) => {
    await rejection(dial());
    await until(() => refused.length === 1, 'the server refuses the client');
    expect(refused[0]).toMatchObject({ code: 'ERR_SOCK_TLS_REVOKED', message: expect.stringMatching(/^the client's certificate "CN=worker" at .* was revoked/) });
  });
  await between({ ca: root.ca, crl: crlCheck({ lists }) }, mutual, async (dial) => {
    expect((await dial()).get(TLS_INFO)?.verified).toBe(true);
  });
});

test('a session is not resumed once the lists are other ones', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'resumed-'));
  const file = join(directory, 'lists.pem');
  writeFileSync(file, lists.join(''));
  const crl = crlCheck({ lists: { file }, reload: 0 });
  await between({}, { crl }, async (dial) => {
    await dial();
    expect((await dial()).get(TLS_INFO)?.resumed).toBe(true);
    writeFileSync(file, [middle.crl({ revoked: [{ certificate: host }] }).pem, lists[1]].join(''));
    expect(await rejection(dial())).toMatchObject({ code: 'ERR_SOCK_TLS_REVOKED' });
  });
  rmSync(directory, { recursive: true });
});
