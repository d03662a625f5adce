import type { Duplex } from 'node:stream';
import type { ServerEngine } from '../context/server-engine.ts';
import { startServer } from './node-tls.ts';
import type { Opening } from './opening.ts';
import { peerChain } from './peer.ts';

/** Starts a server's handshake. */
export function openServer(stream: Duplex, { secureContext, alpn, rules }: ServerEngine): Opening {
  const { mode } = rules;
  const tls = startServer(stream, { secureContext, alpn, asks: mode !== 'none', required: mode === 'require' && rules.danger === undefined });
  if (rules.danger?.keyLog !== undefined) tls.on('keylog', rules.danger.keyLog);
  return { tls, rules, identity: undefined, shown: () => ({ chain: peerChain(tls), staple: undefined }) };
}
