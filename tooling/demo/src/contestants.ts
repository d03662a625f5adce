import { upgradeConnector } from '@sock/core';
import { tcp } from '@sock/io';
import { createClientContext } from '@sock/tls-context';
import type { Contestant } from './link.ts';
import { nodeContestant } from './node-contestant.ts';
import type { PeerPorts } from './peer-messages.ts';
import { sockContestant } from './sock-contestant.ts';

/** Who moves the file, in the order of the table. */
export interface Contestants {
  readonly plain: Contestant;
  readonly tls: Contestant;
  readonly nodeTls: Contestant;
}

/** The first of our default suites, so that node:tls, which prefers AES-256, encrypts alike. */
const CIPHER = 'TLS_AES_128_GCM_SHA256';

export function createContestants({ plain, tls, nodeTls }: PeerPorts, ca: string): Contestants {
  const host = '127.0.0.1';
  // The certificate is for the name: that is what is verified, whatever address is dialled.
  const context = createClientContext({ ca, serverName: 'localhost' });
  return {
    plain: sockContestant('TCP', tcp(), { host, port: plain }),
    tls: sockContestant('TLS', upgradeConnector(tcp(), context), { host, port: tls }),
    nodeTls: nodeContestant({ port: nodeTls, ca, cipher: CIPHER }),
  };
}
