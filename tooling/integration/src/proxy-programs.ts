import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { SpawnedPeer } from '@sock/testkit';
import { connect } from '@sock/io';
import { onTestFinished } from 'vitest';
import { freePort } from './free-port.ts';
import { startProgram } from './started-program.ts';

/** A proxy that somebody else wrote, and where it listens. */
export interface ProxyProgram extends AsyncDisposable {
  readonly port: number;
}

/** SOCKS5; with a user and a password only, if they are given. */
export async function microsocks(user?: string, password?: string): Promise<ProxyProgram> {
  const credentials = user === undefined || password === undefined ? [] : ['-u', user, '-P', password];
  return await listening((port) => startProgram('microsocks', ['-i', '127.0.0.1', '-p', String(port), ...credentials]));
}

/** HTTP CONNECT; `more` are lines of its configuration. */
export async function tinyproxy(...more: readonly string[]): Promise<ProxyProgram> {
  return await listening((port) => startProgram('tinyproxy', ['-d', '-c', file('tinyproxy.conf', `Port ${port}\nListen 127.0.0.1\nTimeout 30\nMaxClients 20\n${more.join('\n')}\n`)]));
}

/** `sections` gets the port; what listens there is what the test talks to. */
export async function haproxy(sections: (port: number) => string): Promise<ProxyProgram> {
  const defaults = 'defaults\n  timeout connect 5s\n  timeout client 10s\n  timeout server 10s\n';
  // What it takes for the trial it would pass on to the test; so that one has a port of its own, which opens at the same moment.
  const trial = (port: number): string => `listen trial\n  mode http\n  bind 127.0.0.1:${port}\n  http-request return status 200\n`;
  const port = await freePort();
  const program = await listening((other) => startProgram('haproxy', ['-db', '-f', file('haproxy.cfg', `${defaults}${sections(port)}\n${trial(other)}`)]));
  return { ...program, port };
}

/** A file of this test. */
export function file(name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'sock-proxy-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** None of them says when it listens: it does once a connection is taken. */
async function listening(start: (port: number) => SpawnedPeer): Promise<ProxyProgram> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const peer = start(port);
    if (await takes(port, peer)) return { port, [Symbol.asyncDispose]: () => peer.stop() };
    await peer.stop();
    // Somebody else may have been faster to take the port.
    if (attempt === 3) throw new Error(`it does not listen: ${peer.output}`);
  }
}

async function takes(port: number, peer: SpawnedPeer): Promise<boolean> {
  for (let tries = 0; tries < 200; tries += 1) {
    try {
      (await connect({ host: '127.0.0.1', port })).destroy();
      return true;
    } catch {
      // Not yet, or never.
      if ((await Promise.race([peer.exit, setTimeout(25, 'runs')])) !== 'runs') return false;
    }
  }
  return false;
}
