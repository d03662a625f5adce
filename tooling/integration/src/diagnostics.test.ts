import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from '@sock/core';
import { isTcpEndpoint, upgradeConnector, upgradeListener } from '@sock/core';
import { listen, tcp } from '@sock/io';
import type { CloseObservation, ConnectObservation, HandshakeObservation, TransferObservation } from '@sock/io/diagnostics';
import { publishDiagnostics } from '@sock/io/diagnostics';
import { bytes, leakGuard, rejection, text } from '@sock/testkit';
import { createClientContext, createServerContext, TLS_INFO } from '@sock/tls-context';
import { afterEach, expect, test } from 'vitest';
import { certificatesOfFile } from './matrix.ts';

// What a program with TLS shows on the channels. `@sock/core` and `@sock/io` name no TLS: they hand out the upgraded socket.

const certificates = certificatesOfFile();
leakGuard();

const undo: (() => void)[] = [];
afterEach(() => {
  for (const each of undo.splice(0)) each();
});

function heard<M>(name: string): M[] {
  const messages: M[] = [];
  const listener = (message: unknown): void => void messages.push(message as M);
  subscribe(name, listener);
  undo.push(() => unsubscribe(name, listener));
  return messages;
}

async function served(version: 'TLSv1.2' | 'TLSv1.3', trusted: boolean): Promise<{ dial: () => Promise<Socket>; accept: () => Promise<Socket>; close: () => Promise<void> }> {
  const { ca, server } = certificates('EC');
  const listener = upgradeListener(await listen('127.0.0.1:0'), createServerContext({ cert: server.chain, key: server.key }));
  const connector = upgradeConnector(tcp(), createClientContext({ ...(trusted ? { ca } : {}), minVersion: version, maxVersion: version }));
  const port = isTcpEndpoint(listener.endpoint) ? listener.endpoint.port : 0;
  return { dial: () => connector.connect({ host: 'localhost', port }), accept: () => listener.accept(), close: () => listener.close() };
}

test.each(['TLSv1.2', 'TLSv1.3'] as const)('%s: handshakes of both sides are published, and a subscriber asks the socket for protocol and cipher', async (version) => {
  const { dial, accept, close } = await served(version, true);
  const dials = heard<ConnectObservation>('tracing:sock:connect:asyncEnd');
  const handshakes = heard<HandshakeObservation>('tracing:sock:handshake:asyncEnd');
  const sends = heard<TransferObservation>('tracing:sock:send:end');
  const receives = heard<TransferObservation>('tracing:sock:recv:asyncEnd');
  const closes = heard<CloseObservation>('tracing:sock:close:end');
  undo.push(publishDiagnostics());
  const [client, server] = await Promise.all([dial(), accept()]);
  expect(handshakes.map(({ layer, code }) => [layer, code])).toEqual([['tls', undefined], ['tls', undefined]]);
  for (const { socket, durationMs } of handshakes) {
    expect(socket?.get(TLS_INFO)).toMatchObject({ protocol: version, cipher: expect.stringMatching(/^TLS_|^ECDHE/) });
    expect(durationMs).toBeGreaterThan(0);
  }
  expect(new Set(handshakes.map(({ socket }) => socket))).toEqual(new Set([client, server]));
  // The dial is the connection below: its socket is the plain one, and has handed it on.
  expect(dials).toHaveLength(1);
  expect(dials[0]?.socket).not.toBe(client);
  await client.send(bytes('hello'));
  expect(text(await server.recvExactly(5))).toBe('hello');
  // Bytes of the program: no record, no handshake.
  expect(sends).toMatchObject([{ bytes: 5, socket: client }]);
  expect(receives).toMatchObject([{ bytes: 5, socket: server }]);
  await Promise.all([client.close(), server.close(), close()]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(new Set(closes.map(({ socket }) => socket))).toEqual(new Set([client, server]));
  expect(closes).toHaveLength(2);
});

test('a handshake that fails is published with its code, and then the close of the connection', async () => {
  const { dial, close } = await served('TLSv1.3', false);
  const handshakes = heard<HandshakeObservation>('tracing:sock:handshake:error');
  const closes = heard<CloseObservation>('tracing:sock:close:end');
  undo.push(publishDiagnostics());
  const error = await rejection(dial());
  expect(handshakes.find(({ error: told }) => told === error)).toMatchObject({ code: error.code, layer: 'tls', socket: undefined, endpoint: { host: 'localhost' } });
  await close();
  await expect.poll(() => closes.find(({ error: told }) => told === error)).toMatchObject({ code: error.code, reason: { how: 'error' } });
});

test('over TLS too, what awaits a socket goes on in the context in which it called', async () => {
  const store = new AsyncLocalStorage<string>();
  const { dial, accept, close } = await served('TLSv1.3', true);
  const [client, server] = await store.run('dialling', () => Promise.all([dial(), accept()]));
  const seen: (string | undefined)[] = [];
  const receiving = store.run('receiver', async () => {
    await server.recv();
    seen.push(store.getStore());
    for await (const chunk of server) seen.push(`${store.getStore()} ${text(chunk)}`);
    seen.push(store.getStore());
  });
  await store.run('sender', async () => await client.send(bytes('one')));
  await expect.poll(() => seen.length).toBe(1);
  await store.run('another', async () => await client.send(bytes('two')));
  await store.run('another', async () => await client.shutdown());
  await receiving;
  expect(seen).toEqual(['receiver', 'receiver two', 'receiver']);
  await Promise.all([client.close(), server.close(), close()]);
});
