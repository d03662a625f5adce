import { constants } from 'node:crypto';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import type { AddressInfo, Socket as NetSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tls from 'node:tls';
import type { Socket, UpgradedListener } from '@sock/core';
import { upgradeConnector, upgradeListener } from '@sock/core';
import { memoryPair } from '@sock/core/memory';
import { createAuthority } from '@sock/dev-certs';
import { listen, tcp } from '@sock/io';
import { bytes, leakGuard, rejection, sniffingProxy, spawnPeer, text } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import type { ClientContextOptions } from '../context/client-context.ts';
import { createClientContext } from '../context/client-context.ts';
import type { ServerContextOptions } from '../context/server-context.ts';
import { createServerContext } from '../context/server-context.ts';
import { readClientHello } from '../hello/client-hello.ts';
import type { TlsInfo } from '../info.ts';
import { TLS_INFO } from '../info.ts';
import { systemStore } from '../material/trust-stores.ts';
import { ocspCheck } from '../revocation/ocsp-check.ts';
import { stapler } from '../revocation/stapler.ts';
import type { TlsCapabilities } from './tls-capabilities.ts';
import { tlsCapabilities } from './tls-capabilities.ts';

leakGuard();

const authority = createAuthority();
const middle = authority.issueIntermediate();
const issued = middle.issue({ names: ['localhost'] });
const stranger = createAuthority().issue({ usage: 'client', commonName: 'stranger' });

/** What each entry is about, tried out: whether it can be done. The answer of the table itself is never asked for here. */
const EXPERIMENTS: Readonly<Record<keyof TlsCapabilities, () => Promise<boolean>>> = {
  anyTransport: async () => {
    const [left, right] = memoryPair();
    const outer = await both(left, right);
    const inner = await both(outer.client, outer.server);
    await inner.server.send(bytes('hi'));
    const said = text(await inner.client.recvExactly(2, { timeout: '5s' }));
    for (const one of [inner.client, inner.server, outer.client, outer.server]) one.destroy();
    return said === 'hi';
  },
  chainVerdict: async () => {
    const untrusted = (await rejection<Error & { code: string }>(visit({}, { ca: createAuthority().ca }))).code;
    return untrusted === 'ERR_SOCK_TLS_UNKNOWN_ISSUER' && (await visit()).client.verified;
  },
  clientHelloChoice: async () => {
    const seen: (string | undefined)[] = [];
    await visit({ onClientHello: ({ serverName }) => void seen.push(serverName) });
    return seen.join() === 'localhost';
  },
  cipherSuiteChoice: async () => (await visit({}, { ciphers: ['TLS_CHACHA20_POLY1305_SHA256'], minVersion: 'TLSv1.3' })).client.cipher === 'TLS_CHACHA20_POLY1305_SHA256',
  groupChoice: async () => (await hello({ groups: ['P-384'] })).groups.join() === '24',
  signatureAlgorithmChoice: async () => (await hello({ signatureAlgorithms: ['ecdsa_secp256r1_sha256'] })).signatureSchemes.join() === String(0x0403),
  postQuantumGroups: async () => (await hello()).groups[0] === 0x11ec,
  clientSessions: async () => (await resumed({}, {})).client,
  serverTickets: async () => (await resumed({}, { maxVersion: 'TLSv1.2' })).server,
  serverSessionIds: async () => (await resumed({ sessions: { tickets: false } }, { maxVersion: 'TLSv1.2' })).server,
  serverStapling: async () => {
    const staple = stapler({ response: middle.ocspResponse({ certificate: issued }) });
    const sent = await spokenByOpenssl({ staple }, ['-status'], /OCSP response: no response|OCSP Response Status: successful/);
    staple.close();
    return sent[0].includes('successful');
  },
  clientStapling: async () => {
    const staple = stapler({ response: middle.ocspResponse({ certificate: issued }) });
    const { client } = await visit({ staple }, { ocsp: ocspCheck({ policy: 'hard' }) });
    staple.close();
    return client.verification.find(({ step }) => step === 'ocsp')?.outcome === 'ok';
  },
  exportKeyingMaterial: async () => {
    const { keys } = await visit();
    return keys[0].length === 32 && Buffer.compare(...keys) === 0;
  },
  systemStore: async () => {
    // With a file that is named in the environment, `ca: 'system'` works everywhere; by itself the runtime can or cannot.
    const folder = await mkdtemp(join(tmpdir(), 'sock-capabilities-'));
    await writeFile(join(folder, 'ca.pem'), authority.ca);
    expect(systemStore('ca', { SSL_CERT_FILE: join(folder, 'ca.pem') })).toHaveLength(1);
    await rm(folder, { recursive: true });
    try {
      return systemStore('ca', {}, []).length > 0;
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_MATERIAL' });
      return false;
    }
  },
  closeNotifyDetection: async () => (await endOf('with close_notify')) !== (await endOf('without')),
  alertOnRefusedCertificate: async () => {
    const mutual: Partial<ServerContextOptions> = { ca: authority.ca };
    // Without a certificate there is an alert: the twin.
    expect((await spokenByOpenssl(mutual, [], /alert (?:certificate required|number \d+)/))[0]).toContain('alert');
    const folder = await mkdtemp(join(tmpdir(), 'sock-capabilities-'));
    await writeFile(join(folder, 'stranger.pem'), stranger.chain + stranger.key);
    const words = await spokenUntilEnd(mutual, ['-cert', join(folder, 'stranger.pem')]);
    await rm(folder, { recursive: true });
    expect(words).toContain('BEGIN CERTIFICATE');
    return /alert/.test(words);
  },
  keyUpdate: async () => {
    // A peer's update is answered: `K` of s_client sends one and asks for one.
    await serving({}, async (listener, port) => {
      await using peer = spawnPeer('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'localhost', '-tls1_3', '-msg']);
      const server = await listener.accept({ timeout: '5s' });
      await peer.line(/read R BLOCK|Verify return code/);
      peer.write('K\n');
      await peer.line(/>>> .*KeyUpdate/);
      peer.write('new keys\n');
      expect(text(await server.recvExactly(9, { timeout: '5s' }))).toBe('new keys\n');
      await server.send(bytes('answer\n'));
      await peer.line(/answer/);
      expect(peer.output).toMatch(/<<< .*KeyUpdate/);
      server.destroy();
    });
    return namesOfTls().some((name) => /key_?update/i.test(name));
  },
  earlyData: async () => (await resumed({}, {})).types.includes(42),
  encryptedClientHello: async () => {
    const { types, serverName } = await hello();
    expect(serverName).toBe('localhost');
    return types.includes(0xfe0d);
  },
  certificateCompression: async () => (await hello()).types.includes(27),
  certificateTransparency: async () => (await hello()).types.includes(18),
  rawPublicKeys: async () => (await hello()).types.includes(20),
  kernelTls: () => Promise.resolve([...namesOfTls(), ...Object.keys(fs)].some((name) => /ktls|sendfile|splice/i.test(name))),
  dtls: () => Promise.resolve([...builtinModules, ...namesOfTls()].some((name) => /dtls/i.test(name))),
};

describe('each capability is as an experiment finds it', () => {
  test.each(Object.entries(EXPERIMENTS))('%s', async (name, experiment) => {
    const { available } = tlsCapabilities()[name as keyof TlsCapabilities];
    expect(await experiment()).toBe(available);
  });
});

test('each capability says why, in a sentence of its own', () => {
  const all = tlsCapabilities();
  expect(Object.keys(all).toSorted()).toEqual(Object.keys(EXPERIMENTS).toSorted());
  for (const { available, reason } of Object.values(all)) expect(reason.length).toBeGreaterThan(available ? 10 : 25);
});

interface Visit { readonly client: TlsInfo; readonly server: TlsInfo; readonly keys: readonly [Uint8Array, Uint8Array] }

/** One listener for `use`; whoever was let in is the caller's. */
async function serving<T>(options: Partial<ServerContextOptions>, use: (listener: UpgradedListener, port: number) => Promise<T>): Promise<T> {
  const context = createServerContext({ cert: issued.chain, key: issued.key, ...options });
  const listener = upgradeListener(await listen({ host: '127.0.0.1', port: 0 }), context, { onUpgradeError: () => {} });
  try {
    return await use(listener, (listener.endpoint as { port: number }).port);
  } finally {
    await listener.close();
  }
}

/** A connection of our client to our server, over which some bytes went. */
async function visitAt(listener: UpgradedListener, port: number, context: ReturnType<typeof createClientContext>): Promise<Visit> {
  const near = await upgradeConnector(tcp(), context).connect({ host: 'localhost', port }, { timeout: '5s' });
  const far = await listener.accept({ timeout: '5s' });
  // Tickets of TLS 1.3 come with the first bytes.
  await far.send(bytes('hi'));
  expect(text(await near.recvExactly(2, { timeout: '5s' }))).toBe('hi');
  const [client, server] = [near.get(TLS_INFO) as TlsInfo, far.get(TLS_INFO) as TlsInfo];
  const keys = [client.exportKeyingMaterial(32, 'EXPORTER-test'), server.exportKeyingMaterial(32, 'EXPORTER-test')] as const;
  near.destroy();
  far.destroy();
  return { client, server, keys };
}

const clientContext = (options: Partial<ClientContextOptions> = {}): ReturnType<typeof createClientContext> => createClientContext({ ca: authority.ca, ...options });

function visit(server: Partial<ServerContextOptions> = {}, client: Partial<ClientContextOptions> = {}): Promise<Visit> {
  return serving(server, (listener, port) => visitAt(listener, port, clientContext(client)));
}

interface SeenHello { readonly types: readonly number[]; readonly groups: readonly number[]; readonly signatureSchemes: readonly number[]; readonly serverName: string | undefined }

/** What our client of these options says first, on the wire. */
function hello(options: Partial<ClientContextOptions> = {}): Promise<SeenHello> {
  return serving({}, async (listener, port) => {
    await using proxy = await sniffingProxy({ port });
    await visitAt(listener, proxy.port, clientContext(options));
    return seen(proxy.connections[0]?.up as Buffer);
  });
}

/** Whether the second of two connections resumed the first, as each side says, and the types of the extensions in its hello. */
function resumed(server: Partial<ServerContextOptions>, client: Partial<ClientContextOptions>): Promise<{ client: boolean; server: boolean; types: readonly number[] }> {
  return serving(server, async (listener, port) => {
    await using proxy = await sniffingProxy({ port });
    const context = clientContext(client);
    await visitAt(listener, proxy.port, context);
    const second = await visitAt(listener, proxy.port, context);
    return { client: second.client.resumed, server: second.server.resumed, types: seen(proxy.connections[1]?.up as Buffer).types };
  });
}

/** Reads a hello of one record, and the types of its extensions (RFC 8446, section 4.2). */
function seen(wire: Buffer): SeenHello {
  const message = wire.subarray(5, 5 + wire.readUInt16BE(3));
  const result = readClientHello(message);
  if (result.kind !== 'hello') throw new Error(result.kind);
  const types: number[] = [];
  let at = 4 + 2 + 32;
  at += 1 + message.readUInt8(at);
  at += 2 + message.readUInt16BE(at);
  at += 1 + message.readUInt8(at) + 2;
  for (; at < message.length; at += 4 + message.readUInt16BE(at + 2)) types.push(message.readUInt16BE(at));
  return { types, ...result.hello };
}

async function both(left: Socket, right: Socket): Promise<{ client: Socket; server: Socket }> {
  const [client, server] = await Promise.all([
    left.upgrade(clientContext(), { serverName: 'localhost' }),
    right.upgrade(createServerContext({ cert: issued.chain, key: issued.key })),
  ]);
  return { client, server };
}

/** What s_client prints, as far as `wanted` matches. */
function spokenByOpenssl(server: Partial<ServerContextOptions>, args: readonly string[], wanted: RegExp): Promise<RegExpExecArray> {
  return serving(server, async (_listener, port) => {
    await using peer = spawnPeer('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'localhost', ...args]);
    return await peer.line(wanted);
  });
}

/** All that s_client prints until the server has ended the connection. */
function spokenUntilEnd(server: Partial<ServerContextOptions>, args: readonly string[]): Promise<string> {
  return serving(server, async (_listener, port) => {
    await using peer = spawnPeer('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'localhost', ...args]);
    await peer.exit;
    return peer.output;
  });
}

/** What our client sees at the end of a connection, which the server ends by TLS, or by a FIN alone. */
async function endOf(how: 'with close_notify' | 'without'): Promise<string> {
  const server = tls.createServer({ cert: issued.chain, key: issued.key, allowHalfOpen: true }, (socket) => {
    socket.write('hi');
    socket.once('data', () => (how === 'without' ? raw.end() : socket.end()));
    socket.on('error', () => {});
  });
  let raw: NetSocket;
  server.on('connection', (socket) => void (raw = socket));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const near = await upgradeConnector(tcp(), clientContext()).connect({ host: 'localhost', port: (server.address() as AddressInfo).port }, { timeout: '5s' });
  await near.recvExactly(2, { timeout: '5s' });
  await near.send(bytes('end'));
  const end = await near.recv({ timeout: '5s' }).then((got) => `got ${String(got)}`, (error: Error) => error.message);
  near.destroy();
  server.close();
  await once(server, 'close');
  return end;
}

/** The names of all that node:tls has, of its sockets and of what is below them. */
function namesOfTls(): string[] {
  return [...Object.keys(tls), ...Object.getOwnPropertyNames(tls.TLSSocket.prototype), ...Object.keys(constants)];
}
