import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SpawnedPeer } from '@sock/testkit';
import { onTestFinished } from 'vitest';
import type { Certificates } from './certificates.ts';
import { freePort } from './free-port.ts';
import { startProgram } from './started-program.ts';

/** A `redis-server` of this test. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  readonly peer: SpawnedPeer;
}

/** Runs one on loopback that keeps nothing; over TLS alone when it gets certificates. */
export async function startRedis({ certificates, args = [] }: { readonly certificates?: Certificates; readonly args?: readonly string[] } = {}): Promise<RedisServer> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'sock-redis-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const listening = certificates === undefined ? ['--port', String(port)] : [
    '--port', '0', '--tls-port', String(port), '--tls-cert-file', certificates.file('server.pem'), '--tls-key-file', certificates.file('server.key'),
    '--tls-ca-cert-file', certificates.file('ca.pem'), '--tls-auth-clients', 'no',
  ];
  const peer = startProgram('redis-server', ['--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no', ...listening, ...args]);
  await peer.line(/Ready to accept connections/);
  return { port, peer, [Symbol.asyncDispose]: () => peer.stop() };
}
