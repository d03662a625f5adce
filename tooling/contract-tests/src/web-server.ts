import type { Socket } from '@sock/core';
import { upgradeListener } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import { listen } from '@sock/io';
import type { Authorities, ServerContext } from '@sock/tls-context';
import { createServerContext, TLS_INFO } from '@sock/tls-context';
import type { ApiPeer, ApiServer } from './web-kit.ts';

/** The certificate of the servers of these runs, and who has signed it. */
export interface WebCertificate {
  readonly server: ServerContext;
  readonly ca: Authorities;
}

export function webCertificate(): WebCertificate {
  const { chain, key, ca } = createAuthority().issue({ names: ['localhost'] });
  return { server: createServerContext({ cert: chain, key, alpn: ['kit/1'] }), ca };
}

/** A server for the kit, of this repository's own. */
export async function serveFor(secureTransport: 'off' | 'on' | 'starttls', { server }: WebCertificate): Promise<ApiServer> {
  const plain = await listen('127.0.0.1:0');
  const port = 'port' in plain.endpoint ? plain.endpoint.port : 0;
  const listener = secureTransport === 'on' ? upgradeListener(plain, server) : plain;
  return {
    address: `localhost:${port}`,
    port,
    accept: async () => peerOf(await listener.accept(), secureTransport === 'starttls' ? server : undefined),
    close: () => listener.close(),
  };
}

function peerOf(socket: Socket, server: ServerContext | undefined): ApiPeer {
  return {
    recv: () => socket.recv(),
    send: (bytes) => socket.sendv([bytes]).then(() => socket.flush()),
    shutdown: () => socket.shutdown(),
    destroy: () => socket.destroy(),
    serverName: socket.get(TLS_INFO)?.serverName,
    ...(server === undefined ? {} : { upgrade: async () => peerOf(await socket.upgrade(server), undefined) }),
  };
}
