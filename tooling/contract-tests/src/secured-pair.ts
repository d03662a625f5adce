import type { Socket } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import type { TlsVersion } from '@sock/tls-context';
import { createClientContext, createServerContext, TLS_INFO } from '@sock/tls-context';
import { expect } from 'vitest';
import type { MakePlain } from './plain-pair.ts';
import { asPair } from './plain-pair.ts';
import type { MakePair } from './socket-pair.ts';

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
    return asPair(a, b, below);
  };
}
