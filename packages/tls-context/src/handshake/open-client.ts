import type { Duplex } from 'node:stream';
import type { ClientEngine } from '../context/client-engine.ts';
import type { Identity } from '../verify/expected-name.ts';
import { startClient } from './node-tls.ts';
import type { Opening } from './opening.ts';
import { peerChain } from './peer.ts';

/** Starts a client's handshake. */
export function openClient(stream: Duplex, { secureContext, alpn, rules }: ClientEngine, identity: Identity | undefined): Opening {
  const asksForStaple = rules.ocsp?.asksForStaple === true;
  const name = identity?.kind === 'name' ? identity.text : undefined;
  const tls = startClient(stream, { secureContext, alpn, name, asksForStaple });
  let staple: Uint8Array | undefined;
  if (asksForStaple) tls.once('OCSPResponse', (response: Buffer | null | undefined) => void (staple = response ?? undefined));
  if (rules.danger?.keyLog !== undefined) tls.on('keylog', rules.danger.keyLog);
  return { tls, rules, identity, shown: () => ({ chain: peerChain(tls), staple }) };
}
