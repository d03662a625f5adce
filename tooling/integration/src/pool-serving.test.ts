import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import type { Endpoint, Socket } from '@sock/core';
import { upgradeConnector, upgradeListener } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import { listen, tcp } from '@sock/io';
import type { Connection, Handler, RegistryOptions, Server } from '@sock/pool/registry';
import { createRegistry, serve } from '@sock/pool/registry';
import { bytes, leakGuard, sniffingProxy, text, until } from '@sock/testkit';
import { createClientContext, createServerContext, TLS_INFO } from '@sock/tls-context';
import { describe, expect, test } from 'vitest';

leakGuard();

const authority = createAuthority();
const leaf = authority.issue({ names: ['localhost'] });
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
type Version = (typeof VERSIONS)[number];

const dialPlain = ({ port }: { readonly port: number }): Promise<Socket> => tcp().connect({ host: '127.0.0.1', port });
const dialSecure = ({ port }: { readonly port: number }, version: Version = 'TLSv1.3'): Promise<Socket> =>
  upgradeConnector(tcp(), createClientContext({ ca: authority.ca, serverName: 'localhost', minVersion: version, maxVersion: version })).connect({ host: '127.0.0.1', port });
const portOf = ({ endpoint }: { readonly endpoint: Endpoint }): { readonly port: number } => ({ port: (endpoint as { port: number }).port });

const echo: Handler<undefined> = async ({ socket }) => {
  for await (const chunk of socket) {
    if (text(chunk) === 'fail') throw new Error('as it was told');
    await socket.send(chunk);
  }
};

/** A plain and a TLS listener before one registry, and all that went wrong. */
async function startBoth(handler: Handler<undefined> = echo, options: RegistryOptions = {}) {
  const faults: string[] = [];
  const strangers: string[] = [];
  const registry = createRegistry(options);
  const onError = (error: unknown, { stage }: { readonly stage: string }): void => void faults.push(`${stage}: ${(error as Error).message}`);
  const over = upgradeListener(await listen('127.0.0.1:0'), createServerContext({ cert: leaf.chain, key: leaf.key }), {
    timeout: '5s', onUpgradeError: (error) => void strangers.push((error as { code: string }).code),
  });
  const plain: Server = serve(await listen('127.0.0.1:0'), handler, { registry, onError });
  const secure: Server = serve(over, handler, { registry, onError });
  return { plain, secure, registry, faults, strangers, close: () => Promise.all([plain.close({ timeout: 0 }), secure.close({ timeout: 0 })]) };
}

async function answers(socket: Socket, word: string): Promise<boolean> {
  await socket.send(bytes(word));
  return text(await socket.recvExactly(bytes(word).length, { timeout: '5s' })) === word;
}

/** Until the end of the stream, whatever the end is. */
async function untilEnd(socket: Socket): Promise<'end' | 'broken'> {
  try {
    while ((await socket.recv({ timeout: '20s' })) !== null);
    return 'end';
  } catch {
    return 'broken';
  }
}

test('a handler that fails, a client that speaks no TLS and one that leaves in the middle of it cost nobody else anything, on either port', async () => {
  const { plain, secure, registry, faults, strangers, close } = await startBoth();
  const good = [await dialPlain(portOf(plain)), await dialSecure(portOf(secure)), await dialSecure(portOf(secure), 'TLSv1.2')];
  for (const failing of [await dialPlain(portOf(plain)), await dialSecure(portOf(secure))]) {
    await failing.send(bytes('fail'));
    await untilEnd(failing);
    failing.destroy();
  }
  const http = connectPlain(portOf(secure).port, '127.0.0.1').on('error', () => {});
  http.write('GET / HTTP/1.1\r\n\r\n');
  http.resume();
  await once(http, 'close');
  const quitter = await dialPlain(portOf(secure));
  await quitter.send(Uint8Array.from([0x16, 3, 1]));
  quitter.destroy();
  await until(() => strangers.length === 2, 'both are told');
  expect(strangers.every((code) => code.startsWith('ERR_SOCK_'))).toBe(true);
  expect(faults).toEqual(['handler: as it was told', 'handler: as it was told']);
  for (const socket of good) expect(await answers(socket, 'still here')).toBe(true);
  expect([plain.stats.accepted, secure.stats.accepted, plain.stats.handlerErrors, secure.stats.handlerErrors]).toEqual([2, 3, 1, 1]);
  expect([...registry].map(({ socket }) => socket.get(TLS_INFO)?.protocol ?? 'plain').toSorted()).toEqual(['TLSv1.2', 'TLSv1.3', 'plain']);
  // One message to all, whatever they speak.
  const { sent } = await registry.broadcast(bytes('to all'));
  expect(sent).toHaveLength(3);
  for (const socket of good) expect(text(await socket.recvExactly(6))).toBe('to all');
  for (const socket of good) socket.destroy();
  await close();
}, 30_000);

test('a drain lets those go who are silent, waits for work, and for nobody longer than it was told', async () => {
  const work: { end: () => void } = { end: () => {} };
  const handler = async (connection: Connection): Promise<void> => {
    for await (const chunk of connection.socket) {
      if (text(chunk) === 'flood') void connection.socket.send(new Uint8Array(32 * 1024 * 1024)).catch(() => {});
      if (text(chunk) !== 'work') continue;
      const end = connection.begin();
      await new Promise<void>((resolve) => (work.end = resolve));
      await connection.socket.send(bytes('done'));
      end();
    }
  };
  const { plain, secure, registry } = await startBoth(handler, { closeTimeout: '1s' });
  const silent: Socket[] = [];
  for (let index = 0; index < 50; index += 1) silent.push(await dialPlain(portOf(plain)), await dialSecure(portOf(secure)));
  const [working, deaf] = [await dialSecure(portOf(secure)), connectPlain(portOf(plain).port, '127.0.0.1')];
  await working.send(bytes('work'));
  // It asks for much, and reads nothing: what was sent to it can never be written.
  deaf.on('error', () => {}).pause();
  deaf.write('flood');
  await until(() => registry.size === 102 && [...registry].filter(({ busy }) => busy).length === 1, 'all are there, and one is at work');
  await until(() => [...registry].some(({ out }) => out.buffered > 0), 'bytes wait for the deaf one');
  const startedAt = performance.now();
  const told = { over: false };
  const drains = Promise.all([plain.drain({ timeout: '3s' }), secure.drain({ timeout: '3s' })]).finally(() => (told.over = true));
  expect(await Promise.all(silent.map(untilEnd))).toEqual(silent.map(() => 'end'));
  expect(told.over, 'it waits for the one at work').toBe(false);
  for (const socket of silent) socket.destroy();
  work.end();
  expect(text(await working.recvExactly(4))).toBe('done');
  expect(await untilEnd(working)).toBe('end');
  expect(told.over, 'and for the deaf one').toBe(false);
  const [ofPlain, ofSecure] = await drains;
  const drainedMs = performance.now() - startedAt;
  expect([ofPlain.finished, ofPlain.forced.length, ofSecure.finished, ofSecure.forced.length]).toEqual([50, 1, 51, 0]);
  // The deaf one alone had the whole time.
  expect(drainedMs).toBeGreaterThanOrEqual(2990);
  expect(drainedMs).toBeLessThan(10_000);
  expect([plain.state, secure.state, registry.size]).toEqual(['stopped', 'stopped', 0]);
  working.destroy();
  deaf.destroy();
  await once(deaf, 'close');
}, 30_000);

describe.each(VERSIONS)('the close of a connection over %s', (version) => {
  test('stands on the wire as TLS first and TCP then: a close_notify, and behind it the FIN', async () => {
    const { plain, secure, close } = await startBoth();
    await using proxy = await sniffingProxy(portOf(secure));
    const client = await dialSecure(proxy, version);
    const seen = await proxy.next();
    expect(await answers(client, 'hello')).toBe(true);
    expect(seen.ended('down')).toBe(false);
    const draining = secure.drain({ timeout: '5s' });
    expect(await untilEnd(client)).toBe('end');
    await client.close();
    expect(await draining).toMatchObject({ finished: 1, forced: [] });
    await until(() => seen.ended('down'), 'the server has ended');
    expect(recordsOf(seen.down).at(-1)).toEqual(closeNotify(version));
    // The answer may come to a socket that is gone, and its FIN be lost behind that.
    const [type, length] = closeNotify(version);
    await until(() => recordsOf(seen.up).at(-1)?.join() === `${type},${length}`, 'the client has answered with its own');
    await plain.close();
    await close();
  }, 30_000);

  test('is a break where the handler has failed: no close_notify that would make what came look whole', async () => {
    const { plain, secure, close, faults } = await startBoth();
    await using proxy = await sniffingProxy(portOf(secure));
    const client = await dialSecure(proxy, version);
    // With that, the tickets of TLS 1.3 are read: libuv tells of a reset behind unread bytes as of an end.
    expect(await answers(client, 'hello')).toBe(true);
    await client.send(bytes('fail'));
    expect(await untilEnd(client)).toBe('broken');
    const seen = await proxy.next();
    expect(faults).toEqual(['handler: as it was told']);
    expect([recordsOf(seen.down).at(-1), seen.ended('down')]).toEqual([[23, expect.any(Number)], false]);
    expect(recordsOf(seen.down).at(-1)).not.toEqual(closeNotify(version));
    client.destroy();
    await plain.close();
    await close();
  }, 30_000);

  test('does not wait for a peer that never answers the close_notify, and holds up nobody behind it', async () => {
    const { plain, secure, close } = await startBoth(echo, { closeTimeout: '8s' });
    await using proxy = await sniffingProxy(portOf(secure));
    const mute = await dialSecure(proxy, version);
    const others = await Promise.all(Array.from({ length: 20 }, () => dialSecure(portOf(secure), version)));
    for (const socket of [mute, ...others]) expect(await answers(socket, 'hello')).toBe(true);
    const seen = await proxy.next();
    // Nothing of what it says arrives any more: neither its close_notify nor its FIN.
    seen.stall('up');
    const startedAt = performance.now();
    const draining = secure.drain({ timeout: '10s' });
    expect(await Promise.all(others.map(untilEnd))).toEqual(others.map(() => 'end'));
    await Promise.all(others.map((socket) => socket.close()));
    await draining;
    const drainedMs = performance.now() - startedAt;
    // Neither the time for a close nor that of the drain was used up.
    expect(drainedMs).toBeLessThan(7000);
    // It was told all the same, and in the right order.
    expect(recordsOf(seen.down).at(-1)).toEqual(closeNotify(version));
    mute.destroy();
    await plain.close();
    await close();
  }, 30_000);
});

/** The records of one direction: type and length. */
function recordsOf(stream: Buffer): [number, number][] {
  const records: [number, number][] = [];
  for (let at = 0; at + 5 <= stream.length; at += 5 + stream.readUInt16BE(at + 3)) records.push([stream[at] as number, stream.readUInt16BE(at + 3)]);
  return records;
}

/** An alert, which has two bytes: open as such under TLS 1.2 (with the nonce and the tag of AES-GCM); under TLS 1.3 with its type and a tag within an application record. */
function closeNotify(version: Version): [number, number] {
  return version === 'TLSv1.2' ? [21, 2 + 8 + 16] : [23, 2 + 1 + 16];
}
