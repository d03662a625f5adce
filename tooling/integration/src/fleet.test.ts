import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Socket } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import { connect } from '@sock/io';
import type { ClientContext, TlsVersion } from '@sock/tls-context';
import { createClientContext, TLS_INFO } from '@sock/tls-context';
import { describe, expect, onTestFinished, test } from 'vitest';

const authority = createAuthority();
const served = authority.issue({ names: ['fleet.test'] });
const worker = authority.issue({ usage: 'client', commonName: 'worker' });

interface FleetServer { readonly port: number; next(): Promise<string> }

/** Starts a server in a process of its own. */
async function start(ticketSecret: string, ca: string | undefined): Promise<FleetServer> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('programs/fleet-server.mjs', import.meta.url))], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill());
  child.stdin.end(JSON.stringify({ cert: served.chain, key: served.key, ca, ticketSecret }));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  const [, port] = (await next()).split(' ');
  return { port: Number(port), next };
}

/**
 * One connection, which takes the first byte, so that tickets arrive. The session is kept under the port that was dialled, so that servers of
 * a fleet stand behind one name and port for a client; here each has a port of its own, and a store that knows one key stands in for that.
 */
async function visit(context: ClientContext, { port }: FleetServer): Promise<boolean | undefined> {
  const plain = await connect({ host: '127.0.0.1', port });
  const socket: Socket = await plain.upgrade(context, { serverName: 'fleet.test' });
  await socket.recvExactly(1, { timeout: '5s' });
  const resumed = socket.get(TLS_INFO)?.resumed;
  socket.destroy();
  return resumed;
}

function oneStore(version: TlsVersion, withCertificate: boolean): ClientContext {
  const kept: unknown[] = [];
  return createClientContext({
    ca: authority.ca, minVersion: version, maxVersion: version,
    ...(withCertificate ? { cert: worker.chain, key: worker.key } : {}),
    sessions: { store: { take: () => (version === 'TLSv1.3' ? kept.pop() : kept.at(-1)) as never, put: (_key, session) => void kept.push(session), forget: () => void kept.splice(0) } },
  });
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('%s', (version) => {
  test.each([['without', false], ['with', true]] as const)('two server processes that share a ticket secret resume each other\'s sessions, %s client certificates; a third with another does not', async (_how, mutual) => {
    const secret = randomBytes(32).toString('hex');
    const ca = mutual ? authority.ca : undefined;
    const [first, second, third] = await Promise.all([start(secret, ca), start(secret, ca), start(randomBytes(32).toString('hex'), ca)]);
    const context = oneStore(version, mutual);
    const who = mutual ? 'CN=worker' : 'nobody';
    expect([await visit(context, first), await first.next()]).toEqual([false, `resumed false ${who}`]);
    expect([await visit(context, second), await second.next()]).toEqual([true, `resumed true ${who}`]);
    expect([await visit(context, first), await first.next()]).toEqual([true, `resumed true ${who}`]);
    expect([await visit(context, third), await third.next()]).toEqual([false, `resumed false ${who}`]);
  });
});
