import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Endpoint, TcpEndpoint } from '@sock/core';
import { upgradeListener } from '@sock/core';
import { listen } from '@sock/io';
import { createServerContext } from '@sock/tls-context';
import { createNodeServer } from './node-server.ts';
import type { PeerOrder, PeerPorts } from './peer-messages.ts';
import { serve } from './sock-server.ts';
import { SourceFile } from './source-file.ts';

/** The three servers, as long as they run. */
export interface Servers {
  readonly ports: PeerPorts;
  close(): Promise<void>;
}

/** Starts a plain and a TLS listener of ours and a plain node:tls server, each on a free port of loopback. */
export async function startServers({ chain, key, path }: PeerOrder): Promise<Servers> {
  const file = await SourceFile.open(path);
  const plain = await listen('127.0.0.1:0');
  const tls = upgradeListener(await listen('127.0.0.1:0'), createServerContext({ cert: chain, key }));
  const nodeTls = createNodeServer(chain, key, file);
  await once(nodeTls.listen(0, '127.0.0.1'), 'listening');
  void serve(plain, file);
  void serve(tls, file);
  return {
    ports: { plain: portOf(plain.endpoint), tls: portOf(tls.endpoint), nodeTls: (nodeTls.address() as AddressInfo).port },
    close: async () => {
      nodeTls.close();
      await Promise.all([plain.close(), tls.close()]);
      await file.close();
    },
  };
}

function portOf(endpoint: Endpoint): number {
  return (endpoint as TcpEndpoint).port;
}
