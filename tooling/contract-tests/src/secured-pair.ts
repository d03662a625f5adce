import type { Socket, SocketLimitsInput } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import { connect, listen } from '@sock/io';
import type { TlsVersion } from '@sock/tls-context';
import { createClientContext, createServerContext, TLS_INFO } from '@sock/tls-context';
import { expect } from 'vitest';
import type { MakePair } from './socket-pair.ts';

/** Two plain sockets, the one that dialled first. */
export type PlainPair = readonly [Socket, Socket];

/** Makes the pair that TLS is put on. */
export type MakePlain = (limits: SocketLimitsInput | undefined) => Promise<PlainPair>;

/** Dials a listener of its own on `target`. */
export async function plainPair(target: string, limits: SocketLimitsInput | undefined): Promise<PlainPair> {
  await using listener = await listen(target, limits);
  return await Promise.all([connect(listener.endpoint, limits), listener.accept()]);
}

/** TLS of one version on what `plain` makes, `layers` times over. */
export function secured(version: TlsVersion, plain: MakePlain, layers = 1): MakePair {
  const { chain, key, ca } = createAuthority().issue({ names: ['localhost'] });
  const server = createServerContext({ cert: chain, key });
  const client = createClientContext({ ca, minVersion: version, maxVersion: version });
  return async (limits) => {
    const below: Socket[] = [];
    let [a, b] = await plain(limits);
    for (let layer = 0; layer < layers; layer += 1) {
      below.push(a, b);
      [a, b] = await Promise.all([a.upgrade(client, { serverName: 'localhost' }), b.upgrade(server)]);
    }
    expect(a.get(TLS_INFO)?.protocol).toBe(version);
    return {
      a,
      b,
      cleanup: async () => {
        a.destroy();
        b.destroy();
        await Promise.all([a, b, ...below].map((socket) => socket.closed));
      },
    };
  };
}
